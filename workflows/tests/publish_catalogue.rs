//! Publishing the catalogue: the copy becomes equal to the original, by as few writes as that takes.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests say it in their names, and fail by panicking")]

use proptest::prelude::*;
use schemas::{api::product::Product, money::Amount};
use std::collections::{BTreeMap, BTreeSet};
use testing::{Fault, MemoryCatalogue, samples::product};
use workflows::steps::upkeep::publish_catalogue::{Published, publish_catalogue};

async fn publish(original: &MemoryCatalogue, copy: &MemoryCatalogue) -> Published {
    publish_catalogue(original, copy).await.unwrap()
}

#[tokio::test]
async fn what_is_new_is_put_and_what_is_gone_is_removed() {
    let original = MemoryCatalogue::with(&[product("CUP", 1), product("TEA", 1)]);
    let copy = MemoryCatalogue::with(&[product("POT", 1), product("TEA", 1), product("URN", 1)]);
    assert_eq!(publish(&original, &copy).await, Published { put: 1, removed: 2, ..Published::default() });
    assert_eq!(copy.products(), original.products());
}

#[tokio::test]
async fn whatever_differs_about_a_product_is_put_and_nothing_else() {
    let shown = product("TEA", 3);
    let changed = [
        Product { name: "Finer TEA".to_owned(), ..shown.clone() },
        Product { price: Amount { amount: 2_099, ..shown.price }, ..shown.clone() },
        Product { price: Amount { currency: "USD".parse().unwrap(), ..shown.price }, ..shown.clone() },
        Product { tax_rate_bp: 2_000, ..shown.clone() },
        Product { price_includes_tax: true, ..shown.clone() },
        Product { available: 2, ..shown.clone() },
    ];
    for change in changed {
        let original = MemoryCatalogue::with(&[product("CUP", 1), change.clone(), product("URN", 1)]);
        let copy = MemoryCatalogue::with(&[product("CUP", 1), shown.clone(), product("URN", 1)]);
        assert_eq!(publish(&original, &copy).await, Published { put: 1, removed: 0, ..Published::default() });
        assert_eq!(copy.products(), original.products());
        assert_eq!(copy.writes(), [1]);
    }
}

#[tokio::test]
async fn a_copy_that_is_equal_is_not_written() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let (original, copy) = (MemoryCatalogue::with(&products), MemoryCatalogue::with(&products).in_pages_of(7));
    assert_eq!(publish(&original, &copy).await, Published::default());
    assert!(copy.writes().is_empty());
}

#[tokio::test]
async fn a_large_catalogue_is_written_in_chunks() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let (original, copy) = (MemoryCatalogue::with(&products), MemoryCatalogue::with(&[]));
    assert_eq!(publish(&original, &copy).await, Published { put: 1_200, removed: 0, ..Published::default() });
    assert_eq!(copy.writes(), [500, 500, 200]);
    assert_eq!(
        publish(&MemoryCatalogue::with(&[]), &copy).await,
        Published { put: 0, removed: 1_200, ..Published::default() }
    );
    assert_eq!(copy.products(), []);
}

#[tokio::test]
async fn a_product_that_the_copy_refuses_keeps_no_other_from_being_shown() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let copy = MemoryCatalogue::with(&[]).refusing(|sku| sku == "0007" || sku == "0700");
    let published = publish(&MemoryCatalogue::with(&products), &copy).await;
    let refused: Vec<&str> = published.refused.iter().map(|(sku, _)| sku.as_str()).collect();
    assert_eq!((published.put, refused), (1_198, vec!["0007", "0700"]));
    assert!(published.refused[0].1.contains("too large"));
    assert_eq!(copy.products().len(), 1_198);
}

#[tokio::test]
async fn a_copy_that_refuses_everything_is_not_asked_for_each_product() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let copy = MemoryCatalogue::with(&[]).refusing(|_| true);
    assert!(!publish_catalogue(&MemoryCatalogue::with(&products), &copy).await.unwrap_err().away);
}

#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let original = MemoryCatalogue::with(&["A", "B", "D", "E"].map(|sku| product(sku, 1))).in_pages_of(1);
    let copy = MemoryCatalogue::with(&["B", "C", "F"].map(|sku| product(sku, 2))).in_pages_of(2);
    futures_util::future::join(publish(&original, &copy), publish(&original, &copy)).await;
    assert_eq!(copy.products(), original.products());
}

#[tokio::test]
async fn what_could_not_be_written_is_written_by_the_next_run() {
    let (original, copy) = (MemoryCatalogue::with(&[product("TEA", 1)]), MemoryCatalogue::with(&[product("URN", 1)]));
    copy.faults.always("catalogue.", Fault::Away);
    assert!(publish_catalogue(&original, &copy).await.unwrap_err().away);
    copy.faults.mend();
    assert_eq!(publish(&original, &copy).await, Published { put: 1, removed: 1, ..Published::default() });
    assert_eq!(copy.products(), original.products());
}

#[tokio::test]
async fn nothing_is_removed_if_a_side_does_not_sort_by_bytes() {
    let products = ["A", "B", "C"].map(|sku| product(sku, 1));
    let original = MemoryCatalogue::with(&products).upside_down();
    let copy = MemoryCatalogue::with(&products);
    assert!(!publish_catalogue(&original, &copy).await.unwrap_err().away);
    // Each page is in order, and they are not in order with each other.
    let original = original.in_pages_of(1);
    assert!(!publish_catalogue(&original, &copy).await.unwrap_err().away);
    assert_eq!((copy.products(), copy.writes()), (products.to_vec(), vec![]));
}

fn some_products() -> impl Strategy<Value = BTreeMap<String, i64>> {
    // Bytes, letters and a dictionary order these differently.
    prop::collection::btree_map("[abAB\u{e4}\u{ff5e}\u{1f375}-]{1,2}", 0..2_i64, 0..30)
}

proptest! {
    #[test]
    fn whatever_stood_there_the_copy_is_equal_after_as_many_writes_as_there_were_differences(
        sold in some_products(), shown in some_products(), pages in (1..9_usize, 1..9_usize),
    ) {
        let catalogue = |of: &BTreeMap<String, i64>| {
            MemoryCatalogue::with(&of.iter().map(|(sku, available)| product(sku, *available)).collect::<Vec<_>>())
        };
        let (original, copy) = (catalogue(&sold).in_pages_of(pages.0), catalogue(&shown).in_pages_of(pages.1));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let published = runtime.block_on(publish(&original, &copy));
        prop_assert_eq!(copy.products(), original.products());
        let skus: BTreeSet<&String> = sold.keys().chain(shown.keys()).collect();
        let (kept, gone): (Vec<&String>, Vec<&String>) = skus.into_iter().partition(|sku| sold.contains_key(*sku));
        let put = kept.iter().filter(|sku| sold.get(**sku) != shown.get(**sku)).count();
        prop_assert_eq!(published, Published { put, removed: gone.len(), ..Published::default() });
    }
}
