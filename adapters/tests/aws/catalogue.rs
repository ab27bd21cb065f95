//! The catalogue in a table.

use super::account::{chance, clients, name};
use adapters::aws::catalogue::DynamoCatalogue;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use schemas::{api::product::Product, money::Amount};
use std::{collections::HashSet, sync::Arc};
use workflows::{
    ports::{Catalogue, CatalogueCopy},
    steps::upkeep::publish_catalogue::{Published, publish_catalogue},
};

async fn empty() -> DynamoCatalogue {
    let clients = clients().await;
    let table = name("catalogue");
    let mut request = clients.dynamo_db.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in [("catalogue", KeyType::Hash), ("sku", KeyType::Range)] {
        let key = KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().unwrap();
        let text = AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S);
        request = request.key_schema(key).attribute_definitions(text.build().unwrap());
    }
    request.send().await.unwrap();
    DynamoCatalogue::new(clients.dynamo_db, table, chance())
}

fn product(sku: String, amount: i64) -> Product {
    let price = Amount { amount, currency: "EUR".parse().unwrap() };
    Product { sku, name: "Tea".to_owned(), price, tax_rate_bp: 700, price_includes_tax: false, available: 3 }
}

#[tokio::test]
async fn products_are_listed_by_sku_page_by_page_and_none_twice() {
    let catalogue = empty().await;
    let mut products: Vec<Product> = (0..60).map(|n| product(format!("SKU-{n:02}"), n)).collect();
    products.reverse();
    catalogue.put(&products).await.unwrap();
    products.reverse();
    let mut listed = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = catalogue.products(cursor.as_deref(), 20).await.unwrap();
        assert!(page.items.len() <= 20);
        listed.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, products);
    assert_eq!(catalogue.products(Some(""), 60).await.unwrap().next_cursor, None);
}

#[tokio::test]
async fn a_product_is_put_over_an_earlier_one_and_the_last_of_a_call_counts() {
    let catalogue = empty().await;
    assert_eq!(catalogue.product("TEA").await.unwrap(), None);
    catalogue.put(&[product("TEA".to_owned(), 1)]).await.unwrap();
    catalogue.put(&[product("TEA".to_owned(), 2), product("TEA".to_owned(), 3)]).await.unwrap();
    assert_eq!(catalogue.product("TEA").await.unwrap(), Some(product("TEA".to_owned(), 3)));
}

#[tokio::test]
async fn removed_products_are_gone_and_what_was_never_there_may_be_removed() {
    let catalogue = empty().await;
    let products: Vec<Product> = (0..60).map(|n| product(format!("SKU-{n:02}"), n)).collect();
    catalogue.put(&products).await.unwrap();
    let mut skus: Vec<String> = products.iter().skip(1).map(|product| product.sku.clone()).collect();
    skus.extend(["NONE".to_owned(), "SKU-59".to_owned()]);
    catalogue.remove(&skus).await.unwrap();
    assert_eq!(catalogue.products(None, 100).await.unwrap().items, products[..1]);
}

#[tokio::test]
async fn a_copy_becomes_equal_whatever_letters_skus_have_and_is_left_alone_once_it_is() {
    let (original, copy) = (empty().await, empty().await);
    // By their bytes; a dictionary has another order, and so has an encoding of two bytes a letter.
    let sold = ["A", "B", "B-1", "a", "\u{e4}", "\u{ff5e}", "\u{1f375}"].map(|sku| product(sku.to_owned(), 1));
    original.put(&sold).await.unwrap();
    copy.put(&["A", "C", "b", "\u{ff5e}"].map(|sku| product(sku.to_owned(), 1))).await.unwrap();
    assert_eq!(
        publish_catalogue(&original, &copy).await.unwrap(),
        Published { put: 5, removed: 2, ..Published::default() }
    );
    assert_eq!(copy.products(None, 10).await.unwrap().items, sold);
    assert_eq!(publish_catalogue(&original, &copy).await.unwrap(), Published::default());
}

#[tokio::test]
async fn acceptance_is_told_of_what_the_copy_does_not_have_yet() {
    let (original, copy) = (empty().await, empty().await);
    let skus: Vec<String> = (0..150).map(|n| format!("SKU-{n:03}")).collect();
    let products: Vec<Product> = skus.iter().map(|sku| product(sku.clone(), 1)).collect();
    copy.put(&products[..120]).await.unwrap();
    original.put(&products[120..140]).await.unwrap();
    let sorted = |known: HashSet<String>| {
        let mut known: Vec<String> = known.into_iter().collect();
        known.sort_unstable();
        known
    };
    let twice = [skus.clone(), skus.clone()].concat();
    assert_eq!(sorted(copy.known(&twice).await.unwrap()), skus[..120]);
    let copy = copy.and_ask(Arc::new(original));
    assert_eq!(sorted(copy.known(&twice).await.unwrap()), skus[..140]);
}
