//! The catalogue as buyers read it, in a DynamoDB table, so that a crowd of readers does not reach the order database.
//! It is a copy: what is charged and what can be reserved is decided by the database, and a product is as fresh as its
//! last `put`, which `publish-catalogue` does once a minute.
//!
//! All products share one partition key, so that they can be listed by SKU; DynamoDB splits such a collection by its
//! sort key once it is read or written a lot.

use super::{
    batch_send::{Call, Failure, alone, send_all},
    chunks::Limits,
    failures::Asked,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue::{self, Bool, N, S},
        DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest,
    },
};
use schemas::{
    api::product::{Product, ProductPage},
    money::Amount,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use workflows::ports::{Catalogue, CatalogueCopy, Chance, Unavailable};

/// 25 items a call. Its 16 MB are out of reach: a product has less than a kilobyte.
const LIMITS: Limits = Limits { entries: 25, bytes: usize::MAX };
const PUT: Call = Call { what: "catalogue.put", limits: LIMITS };
const REMOVE: Call = Call { what: "catalogue.remove", limits: LIMITS };
/// The lookup of SKUs, and the most keys that a call of it takes.
const KNOWN: &str = "catalogue.known";
const KEYS: usize = 100;
/// The partition key of every product.
const PRODUCTS: &str = "products";

type Item = HashMap<String, AttributeValue>;

/// The catalogue in a table with partition key `catalogue` and sort key `sku`, both text.
#[derive(Clone)]
pub struct DynamoCatalogue {
    client: Client,
    table: String,
    chance: Arc<dyn Chance>,
    /// What this is a copy of, for acceptance.
    original: Option<Arc<dyn Catalogue>>,
}

impl DynamoCatalogue {
    /// The catalogue in that table.
    pub fn new(client: Client, table: impl Into<String>, chance: Arc<dyn Chance>) -> Self {
        Self { client, table: table.into(), chance, original: None }
    }

    /// The same, with the order database's catalogue behind it for the acceptance of orders: what came in within the last
    /// minute is there and not here yet. It is asked for what is not here, and for nothing else.
    #[must_use]
    pub fn and_ask(self, original: Arc<dyn Catalogue>) -> Self {
        Self { original: Some(original), ..self }
    }

    /// Which of so many SKUs, all different, are in the table; and whether the table has answered for all of them.
    async fn found(&self, skus: &[&String]) -> Result<(Vec<String>, bool), Unavailable> {
        let keys = skus.iter().map(|sku| Item::from(key(sku))).collect();
        let asked = KeysAndAttributes::builder().set_keys(Some(keys)).projection_expression("sku").build();
        let asked = asked.map_err(|error| Unavailable::at_fault(KNOWN, error))?;
        let answer = self.client.batch_get_item().request_items(&self.table, asked).send().await.asked(KNOWN)?;
        let is_whole = answer.unprocessed_keys.unwrap_or_default().is_empty();
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        Ok((items.filter_map(|item| text(&item, "sku").map(str::to_owned)).collect(), is_whole))
    }

    /// Writes items, no two of which are of one SKU: a call must not name an item twice.
    async fn write(&self, call: Call, writes: Vec<WriteRequest>) -> Result<(), Unavailable> {
        let send = |writes: Vec<&WriteRequest>| {
            let writes: Vec<WriteRequest> = writes.into_iter().cloned().collect();
            let request = self.client.batch_write_item().request_items(&self.table, writes.clone());
            async move {
                let left = request.send().await.asked(call.what)?.unprocessed_items.unwrap_or_default();
                Ok(not_written(&writes, &left.into_values().flatten().collect::<Vec<_>>()))
            }
        };
        send_all(call, alone(&writes), |_| 0, self.chance.as_ref(), send).await
    }

    /// Up to `limit` products from after `cursor`, and where to go on from if there may be more. DynamoDB reads at most
    /// 1 MB a call, so a page may have fewer.
    async fn query(&self, cursor: Option<&str>, limit: i32) -> Result<(Vec<Product>, Option<String>), Unavailable> {
        let start = cursor.map(|sku| key(sku).into());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("catalogue = :products")
            .expression_attribute_values(":products", S(PRODUCTS.to_owned()))
            .set_exclusive_start_key(start)
            .limit(limit);
        let answer = query.send().await.asked("catalogue.products")?;
        let products = answer.items().iter().filter_map(read).collect();
        let last = answer.last_evaluated_key().and_then(|key| text(key, "sku")).map(str::to_owned);
        Ok((products, last))
    }
}

#[async_trait]
impl Catalogue for DynamoCatalogue {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(sku).into()));
        Ok(get.send().await.asked("catalogue.product")?.item.as_ref().and_then(read))
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let different: Vec<&String> = skus.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let (mut known, mut is_whole) = (HashSet::new(), true);
        for some in different.chunks(KEYS) {
            let (found, all) = self.found(some).await?;
            known.extend(found);
            is_whole &= all;
        }
        let missed: Vec<String> = different.into_iter().filter(|sku| !known.contains(*sku)).cloned().collect();
        match &self.original {
            Some(original) if !missed.is_empty() => known.extend(original.known(&missed).await?),
            None if !is_whole => return Err(Unavailable::because(KNOWN, "the table is read too fast")),
            Some(_) | None => {}
        }
        Ok(known)
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

#[async_trait]
impl CatalogueCopy for DynamoCatalogue {
    async fn put(&self, products: &[Product]) -> Result<(), Unavailable> {
        let latest: BTreeMap<&str, &Product> = products.iter().map(|product| (product.sku.as_str(), product)).collect();
        let writes = latest.into_values().map(put_of).collect::<Result<Vec<_>, _>>()?;
        self.write(PUT, writes).await
    }

    async fn remove(&self, skus: &[String]) -> Result<(), Unavailable> {
        let skus: BTreeSet<&String> = skus.iter().collect();
        let writes = skus.into_iter().map(|sku| removal_of(sku)).collect::<Result<Vec<_>, _>>()?;
        self.write(REMOVE, writes).await
    }
}

fn put_of(product: &Product) -> Result<WriteRequest, Unavailable> {
    let put = PutRequest::builder().set_item(Some(item_of(product))).build();
    let put = put.map_err(|error| Unavailable::at_fault(PUT.what, error))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn removal_of(sku: &str) -> Result<WriteRequest, Unavailable> {
    let removal = DeleteRequest::builder().set_key(Some(key(sku).into())).build();
    let removal = removal.map_err(|error| Unavailable::at_fault(REMOVE.what, error))?;
    Ok(WriteRequest::builder().delete_request(removal).build())
}

fn key(sku: &str) -> [(String, AttributeValue); 2] {
    [("catalogue".to_owned(), S(PRODUCTS.to_owned())), ("sku".to_owned(), S(sku.to_owned()))]
}

fn item_of(product: &Product) -> Item {
    let Product { sku, name, price, tax_rate_bp, price_includes_tax, available } = product;
    let facts = [
        ("name".to_owned(), S(name.clone())),
        ("price".to_owned(), N(price.amount.to_string())),
        ("currency".to_owned(), S(price.currency.code().to_owned())),
        ("tax_rate_bp".to_owned(), N(tax_rate_bp.to_string())),
        ("available".to_owned(), N(available.to_string())),
    ];
    // Most do not; an earlier release knows no such attribute.
    let gross = price_includes_tax.then(|| ("price_includes_tax".to_owned(), Bool(true)));
    key(sku).into_iter().chain(facts).chain(gross).collect()
}

/// The product of an item. One that cannot be read is as good as none: whoever compares this copy puts it there again.
fn read(item: &Item) -> Option<Product> {
    let product = product_of(item);
    if product.is_none() {
        tracing::warn!(sku = text(item, "sku"), "an item of the catalogue cannot be read");
    }
    product
}

fn product_of(item: &Item) -> Option<Product> {
    Some(Product {
        sku: text(item, "sku")?.to_owned(),
        name: text(item, "name")?.to_owned(),
        price: Amount { amount: number(item, "price")?, currency: text(item, "currency")?.parse().ok()? },
        tax_rate_bp: number(item, "tax_rate_bp")?,
        price_includes_tax: item.get("price_includes_tax").is_some_and(|is| is.as_bool() == Ok(&true)),
        available: number(item, "available")?,
    })
}

fn text<'i>(item: &'i Item, attribute: &str) -> Option<&'i str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

fn number<T: std::str::FromStr>(item: &Item, attribute: &str) -> Option<T> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}

/// The SKU that is put or removed.
fn sku_of(write: &WriteRequest) -> Option<&str> {
    let put = write.put_request().map(PutRequest::item);
    text(put.or_else(|| write.delete_request().map(DeleteRequest::key))?, "sku")
}

/// Which writes are among what a call left undone.
fn not_written(writes: &[WriteRequest], left: &[WriteRequest]) -> Vec<Failure> {
    let left: Vec<&str> = left.iter().filter_map(sku_of).collect();
    let failed = writes.iter().enumerate().filter(|(_, write)| sku_of(write).is_some_and(|sku| left.contains(&sku)));
    failed.map(|(at, _)| Failure { at, away: true, why: "the table is written too fast".to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn product(sku: &str) -> Product {
        let price = Amount { amount: 1_999, currency: "EUR".parse().unwrap() };
        Product {
            sku: sku.to_owned(),
            name: "Tee \"Grün\"".to_owned(),
            price,
            tax_rate_bp: 700,
            price_includes_tax: false,
            available: 3,
        }
    }

    #[test]
    fn a_product_is_read_as_it_was_written() {
        let item = item_of(&product("TEA"));
        assert_eq!(read(&item), Some(product("TEA")));
        for attribute in ["sku", "name", "price", "currency", "tax_rate_bp", "available"] {
            let mut damaged = item.clone();
            damaged.remove(attribute);
            assert_eq!(read(&damaged), None, "{attribute}");
        }
    }

    #[test]
    fn what_a_call_leaves_undone_is_found_by_its_sku() {
        let found = |writes: &[WriteRequest]| -> Vec<_> {
            let left = [writes[1].clone()];
            not_written(writes, &left).into_iter().map(|failure| (failure.at, failure.away)).collect()
        };
        assert_eq!(found(&["A", "B", "C"].map(|sku| put_of(&product(sku)).unwrap())), [(1, true)]);
        assert_eq!(found(&["A", "B", "C"].map(|sku| removal_of(sku).unwrap())), [(1, true)]);
    }
}
