//! The catalogue as buyers read it, in a DynamoDB table, so that a crowd of readers does not reach the order database.
//! It is a copy: what is charged and what can be reserved is decided by the database, and `available` is as fresh as
//! the last `put`.
//!
//! All products share one partition key, so that they can be listed by SKU; DynamoDB splits such a collection by its
//! sort key once it is read or written a lot.

use super::{
    failures::Asked,
    lanes::{Call, Failure, alone, send_all},
    parts::Limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue::{self, N, S},
        PutRequest, WriteRequest,
    },
};
use schemas::{
    money::Amount,
    product::{Product, ProductPage},
};
use std::collections::{BTreeMap, HashMap};
use workflows::ports::{Catalogue, Unavailable};

/// 25 items a call. Its 16 MB are out of reach: a product has less than a kilobyte.
const PUT: Call = Call { what: "catalogue.put", limits: Limits { entries: 25, bytes: usize::MAX } };
/// The partition key of every product.
const PRODUCTS: &str = "products";

type Item = HashMap<String, AttributeValue>;

/// The catalogue in a table with partition key `catalogue` and sort key `sku`, both text.
#[derive(Clone)]
pub struct DynamoCatalogue {
    client: Client,
    table: String,
}

impl DynamoCatalogue {
    /// The catalogue in that table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Writes products over those of the same SKUs. Of several with one SKU the last counts.
    ///
    /// # Errors
    /// If some were not written; then any part of them may have been.
    pub async fn put(&self, products: &[Product]) -> Result<(), Unavailable> {
        // A call must not name an item twice.
        let latest: BTreeMap<&str, &Product> = products.iter().map(|product| (product.sku.as_str(), product)).collect();
        let products: Vec<&Product> = latest.into_values().collect();
        send_all(PUT, alone(&products), |_| 0, |products| self.call(products)).await
    }

    async fn call(&self, products: Vec<&&Product>) -> Result<Vec<Failure>, Unavailable> {
        let mut writes = Vec::with_capacity(products.len());
        for product in &products {
            let put = PutRequest::builder().set_item(Some(item_of(product))).build();
            let put = put.map_err(|error| Unavailable::refused(PUT.what, error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        let request = self.client.batch_write_item().request_items(&self.table, writes);
        let left = request.send().await.asked(PUT.what)?.unprocessed_items.unwrap_or_default();
        Ok(not_written(&products, &left.into_values().flatten().collect::<Vec<_>>()))
    }

    /// Up to `limit` products from after `cursor`, and where to go on from if there may be more. DynamoDB reads at most
    /// 1 MB a call, so a page may have fewer.
    async fn query(&self, cursor: Option<&str>, limit: i32) -> Result<(Vec<Product>, Option<String>), Unavailable> {
        let start = cursor.map(|sku| key(sku).into_iter().collect());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("catalogue = :products")
            .expression_attribute_values(":products", S(PRODUCTS.to_owned()))
            .set_exclusive_start_key(start)
            .limit(limit);
        let answer = query.send().await.asked("catalogue.products")?;
        let products = answer.items().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let last = answer.last_evaluated_key().and_then(|key| text(key, "sku")).map(str::to_owned);
        Ok((products, last))
    }
}

#[async_trait]
impl Catalogue for DynamoCatalogue {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(sku).into_iter().collect()));
        get.send().await.asked("catalogue.product")?.item.as_ref().map(read).transpose()
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        // An empty cursor is before every SKU, and none at all to DynamoDB.
        let mut after = cursor.filter(|sku| !sku.is_empty()).map(str::to_owned);
        let wanted = usize::try_from(limit).unwrap_or_default();
        let mut items = Vec::new();
        // One more than the page holds, to know whether there is another.
        while items.len() <= wanted {
            let missing = i32::try_from(wanted + 1 - items.len()).unwrap_or(i32::MAX);
            let (found, last) = self.query(after.as_deref(), missing).await?;
            items.extend(found);
            if last.is_none() {
                break;
            }
            after = last;
        }
        let more = items.len() > wanted;
        items.truncate(wanted);
        let next_cursor = if more { items.last().map(|product: &Product| product.sku.clone()) } else { None };
        Ok(ProductPage { items, next_cursor })
    }
}

fn key(sku: &str) -> [(String, AttributeValue); 2] {
    [("catalogue".to_owned(), S(PRODUCTS.to_owned())), ("sku".to_owned(), S(sku.to_owned()))]
}

fn item_of(product: &Product) -> Item {
    let Product { sku, name, price, tax_rate_bp, available } = product;
    let facts = [
        ("name".to_owned(), S(name.clone())),
        ("price".to_owned(), N(price.amount.to_string())),
        ("currency".to_owned(), S(price.currency.code().to_owned())),
        ("tax_rate_bp".to_owned(), N(tax_rate_bp.to_string())),
        ("available".to_owned(), N(available.to_string())),
    ];
    key(sku).into_iter().chain(facts).collect()
}

fn read(item: &Item) -> Result<Product, Unavailable> {
    product_of(item).ok_or_else(|| {
        let sku = text(item, "sku").unwrap_or_default();
        Unavailable::refused("catalogue", format!("the item of {sku:?} is unreadable"))
    })
}

fn product_of(item: &Item) -> Option<Product> {
    Some(Product {
        sku: text(item, "sku")?.to_owned(),
        name: text(item, "name")?.to_owned(),
        price: Amount { amount: number(item, "price")?, currency: text(item, "currency")?.parse().ok()? },
        tax_rate_bp: number(item, "tax_rate_bp")?,
        available: number(item, "available")?,
    })
}

fn text<'i>(item: &'i Item, attribute: &str) -> Option<&'i str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

fn number<T: std::str::FromStr>(item: &Item, attribute: &str) -> Option<T> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}

/// Which products are among what a call left undone.
fn not_written(products: &[&&Product], left: &[WriteRequest]) -> Vec<Failure> {
    let left: Vec<&str> = left.iter().filter_map(|write| text(write.put_request()?.item(), "sku")).collect();
    let failed = products.iter().enumerate().filter(|(_, product)| left.contains(&product.sku.as_str()));
    failed.map(|(at, _)| Failure { at, away: true, why: "the table is written too fast".to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn product(sku: &str) -> Product {
        let price = Amount { amount: 1_999, currency: "EUR".parse().unwrap() };
        Product { sku: sku.to_owned(), name: "Tee \"Grün\"".to_owned(), price, tax_rate_bp: 700, available: 3 }
    }

    #[test]
    fn a_product_is_read_as_it_was_written() {
        let item = item_of(&product("TEA"));
        assert_eq!(read(&item).unwrap(), product("TEA"));
        for attribute in ["sku", "name", "price", "currency", "tax_rate_bp", "available"] {
            let mut damaged = item.clone();
            damaged.remove(attribute);
            assert!(!read(&damaged).unwrap_err().away, "{attribute}");
        }
    }

    #[test]
    fn what_a_call_leaves_undone_is_found_by_its_sku() {
        let (a, b, c) = (product("A"), product("B"), product("C"));
        let put = PutRequest::builder().set_item(Some(item_of(&b))).build().unwrap();
        let left = [WriteRequest::builder().put_request(put).build()];
        let found: Vec<_> = not_written(&[&&a, &&b, &&c], &left).into_iter().map(|f| (f.at, f.away)).collect();
        assert_eq!(found, [(1, true)]);
    }
}
