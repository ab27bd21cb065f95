//! The catalogue: an import is whole or nothing, and buyers see what they can have.

use super::shop::{Shop, delivery};
use adapters::postgres::catalogue::Delivery;
use schemas::api::product::Product;
use std::sync::Mutex;
use workflows::ports::{Catalogue, Search};

#[tokio::test]
async fn an_import_lists_products_books_units_in_and_says_how_far_it_is() {
    let shop = Shop::empty().await;
    let goods: Vec<Delivery> =
        (0..4_500).map(|n| delivery(&format!("S{n:04}"), "Thing", 100 + n, 700, n % 3)).collect();
    let progress = Mutex::new(Vec::new());
    shop.catalogue.import(&goods, "first", |done| progress.lock().unwrap().push(done)).await.unwrap();
    let progress = progress.into_inner().unwrap();
    assert!(progress.is_sorted() && progress.len() > 1, "{progress:?}");
    assert_eq!(progress.last(), Some(&4_500));
    let product = shop.catalogue.product("S0002").await.unwrap().unwrap();
    assert_eq!((product.price.amount, product.price.currency.code(), product.tax_rate_bp), (102, "EUR", 700));
    assert_eq!((product.name.as_str(), product.available), ("Thing", 2));
    assert_eq!(shop.value::<i64>("select sum(quantity)::bigint from stock_receipts").await, 4_500);
    assert_eq!(shop.value::<i64>("select count(*) from stock_receipts").await, 3_000, "none of 0 units");
    assert!(shop.catalogue.product("NONE").await.unwrap().is_none());
}

#[tokio::test]
async fn an_import_with_one_bad_product_imports_nothing() {
    let shop = Shop::empty().await;
    let mut goods: Vec<Delivery> = (0..2_500).map(|n| delivery(&format!("S{n:04}"), "Thing", 100, 700, 1)).collect();
    goods.push(delivery("Z", "Too taxed", 100, 10_001, 1));
    let error = shop.catalogue.import(&goods, "t", |_| ()).await.unwrap_err();
    assert_eq!((error.what, error.away), ("catalogue.import", false));
    assert_eq!(shop.value::<i64>("select count(*) from products").await, 0);
    assert_eq!(shop.value::<i64>("select count(*) from stock_receipts").await, 0);
}

#[tokio::test]
async fn a_second_import_adds_units_and_changes_the_price() {
    let shop = Shop::empty().await;
    shop.catalogue.import(&[delivery("TEA", "Tea", 100, 700, 10)], "first", |_| ()).await.unwrap();
    shop.reserve(&[&[("TEA", 4)]]).await;
    shop.catalogue.import(&[delivery("TEA", "Finer Tea", 120, 2_000, 5)], "second", |_| ()).await.unwrap();
    let product = shop.catalogue.product("TEA").await.unwrap().unwrap();
    assert_eq!((product.price.amount, product.tax_rate_bp, product.name.as_str()), (120, 2_000, "Finer Tea"));
    assert_eq!(product.available, 11, "15 received, 4 held");
    let sources: Vec<String> = shop.value("select array_agg(source order by source) from stock_receipts").await;
    assert_eq!(sources, ["first", "second"]);
}

#[tokio::test]
async fn what_is_available_is_what_is_free_in_all_warehouses() {
    let shop = Shop::open().await;
    shop.run("insert into stock (sku, warehouse, received) values ('TEA', 'second', 50)").await;
    shop.reserve(&[&[("TEA", 8)]]).await;
    assert_eq!(shop.catalogue.product("TEA").await.unwrap().unwrap().available, 1_042);
    shop.run("insert into products select 'NEW', name, currency, price, tax_rate_bp, trigrams, now() from products where sku = 'TEA'").await;
    assert_eq!(shop.catalogue.product("NEW").await.unwrap().unwrap().available, 0, "never received");
}

#[tokio::test]
async fn acceptance_learns_of_all_skus_at_once_which_are_known() {
    let shop = Shop::open().await;
    let asked = ["TEA", "NONE", "CUP", "TEA"].map(str::to_owned);
    let mut known: Vec<String> = shop.catalogue.known(&asked).await.unwrap().into_iter().collect();
    known.sort_unstable();
    assert_eq!(known, ["CUP", "TEA"]);
    assert!(shop.catalogue.known(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn pages_of_products_follow_each_other_by_sku() {
    let shop = Shop::empty().await;
    let skus = ["A", "B", "B-1", "a", "Ä", "чай"];
    let goods: Vec<Delivery> = skus.iter().rev().map(|sku| delivery(sku, "Thing", 100, 700, 1)).collect();
    shop.catalogue.import(&goods, "t", |_| ()).await.unwrap();
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = shop.catalogue.products(cursor.as_deref(), 2).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.into_iter().map(|product| product.sku));
        pages += 1;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, 3, "the last page has no cursor: {seen:?}");
    assert_eq!(seen, skus, "sorted by their bytes");
}

#[tokio::test]
async fn a_product_that_cannot_be_read_is_counted_and_keeps_no_other_back() {
    let shop = Shop::empty().await;
    let goods: Vec<Delivery> = ["A", "B", "C", "D"].iter().map(|sku| delivery(sku, "Thing", 100, 700, 1)).collect();
    shop.catalogue.import(&goods, "t", |_| ()).await.unwrap();
    shop.run("update products set currency = 'DEM' where sku in ('B', 'D')").await;
    let skus = |products: Vec<Product>| products.into_iter().map(|product| product.sku).collect::<Vec<_>>();
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = shop.catalogue.products(cursor.as_deref(), 1).await.unwrap();
        seen.extend(skus(page.items));
        pages += 1;
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (vec!["A".to_owned(), "C".to_owned()], 4), "a page may be short, or empty");
    assert_eq!(shop.database.passed_over.times(), 2);
    let mut found = skus(Search::products(&shop.search, "thing", 10).await.unwrap());
    found.sort();
    assert_eq!(found, ["A", "C"]);
    assert_eq!(shop.database.passed_over.times(), 4);
    assert!(!shop.catalogue.product("B").await.unwrap_err().away, "asked for alone it is no answer to say nothing");
}

#[tokio::test]
async fn more_units_than_a_number_holds_are_as_many_as_it_holds() {
    let shop = Shop::open().await;
    shop.run(
        "insert into stock (sku, warehouse, received)
         select 'TEA', warehouse, 9223372036854775807 from unnest(array['second', 'third']) as warehouse",
    )
    .await;
    assert_eq!(shop.catalogue.product("TEA").await.unwrap().unwrap().available, i64::MAX);
    assert_eq!(shop.catalogue.products(None, 10).await.unwrap().items.len(), 3);
    assert_eq!(Search::products(&shop.search, "earl grey", 1).await.unwrap()[0].available, i64::MAX);
}

#[tokio::test]
async fn an_empty_catalogue_is_an_empty_page() {
    let shop = Shop::empty().await;
    let page = shop.catalogue.products(None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor), (0, None));
}
