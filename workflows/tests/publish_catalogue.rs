//! Publishing the catalogue: the copy becomes equal to the original, by as few writes as that takes.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests say it in their names, and fail by panicking")]

use async_trait::async_trait;
use proptest::prelude::*;
use schemas::{
    api::product::{Product, ProductPage},
    money::Amount,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Mutex,
};
use workflows::{
    ports::{Catalogue, CatalogueCopy, Unavailable},
    steps::publish_catalogue::{Published, publish_catalogue},
};

/// A catalogue in memory that gives pages of a size of its own, and counts what is written.
#[derive(Default)]
struct Shelf {
    products: Mutex<BTreeMap<String, Product>>,
    page: Option<usize>,
    /// Gives its products from the last to the first.
    upside_down: bool,
    away: Mutex<bool>,
    /// Which SKUs it does not take.
    refuses: Option<fn(&str) -> bool>,
    /// How many products each call wrote or removed.
    writes: Mutex<Vec<usize>>,
}

impl Shelf {
    fn with(products: &[Product]) -> Self {
        let products = products.iter().map(|product| (product.sku.clone(), product.clone())).collect();
        Self { products: Mutex::new(products), ..Self::default() }
    }

    fn in_pages_of(self, page: usize) -> Self {
        Self { page: Some(page), ..self }
    }

    fn products(&self) -> Vec<Product> {
        self.products.lock().unwrap().values().cloned().collect()
    }

    fn writes(&self) -> Vec<usize> {
        self.writes.lock().unwrap().clone()
    }

    fn written(&self, count: usize) -> Result<(), Unavailable> {
        assert!(count > 0, "a call for nothing");
        if *self.away.lock().unwrap() {
            return Err(Unavailable::because("catalogue", "the plug was pulled"));
        }
        self.writes.lock().unwrap().push(count);
        Ok(())
    }
}

#[async_trait]
impl Catalogue for Shelf {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        Ok(self.products.lock().unwrap().get(sku).cloned())
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let products = self.products.lock().unwrap();
        Ok(skus.iter().filter(|sku| products.contains_key(*sku)).cloned().collect())
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        // Whoever else has something to do does it now.
        tokio::task::yield_now().await;
        let mut rest = self.products();
        if self.upside_down {
            rest.reverse();
        }
        let is_after = |sku: &str, cursor: &str| if self.upside_down { sku < cursor } else { sku > cursor };
        rest.retain(|product| cursor.is_none_or(|cursor| is_after(&product.sku, cursor)));
        let size = self.page.unwrap_or(usize::MAX).min(usize::try_from(limit).unwrap());
        let more = rest.len() > size;
        rest.truncate(size);
        let next_cursor = rest.last().filter(|_| more).map(|product| product.sku.clone());
        Ok(ProductPage { items: rest, next_cursor })
    }
}

#[async_trait]
impl CatalogueCopy for Shelf {
    async fn put(&self, products: &[Product]) -> Result<(), Unavailable> {
        if self.refuses.is_some_and(|refuses| products.iter().any(|product| refuses(&product.sku))) {
            return Err(Unavailable::refused("catalogue.put", "the item is too large"));
        }
        self.written(products.len())?;
        let products = products.iter().map(|product| (product.sku.clone(), product.clone()));
        self.products.lock().unwrap().extend(products);
        Ok(())
    }

    async fn remove(&self, skus: &[String]) -> Result<(), Unavailable> {
        self.written(skus.len())?;
        self.products.lock().unwrap().retain(|sku, _| !skus.contains(sku));
        Ok(())
    }
}

fn product(sku: &str, available: i64) -> Product {
    let price = Amount { amount: 1_999, currency: "EUR".parse().unwrap() };
    Product {
        sku: sku.to_owned(),
        name: format!("Fine {sku}"),
        price,
        tax_rate_bp: 700,
        price_includes_tax: false,
        available,
    }
}

async fn publish(original: &Shelf, copy: &Shelf) -> Published {
    publish_catalogue(original, copy).await.unwrap()
}

#[tokio::test]
async fn what_is_new_is_put_and_what_is_gone_is_removed() {
    let original = Shelf::with(&[product("CUP", 1), product("TEA", 1)]);
    let copy = Shelf::with(&[product("POT", 1), product("TEA", 1), product("URN", 1)]);
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
        let original = Shelf::with(&[product("CUP", 1), change.clone(), product("URN", 1)]);
        let copy = Shelf::with(&[product("CUP", 1), shown.clone(), product("URN", 1)]);
        assert_eq!(publish(&original, &copy).await, Published { put: 1, removed: 0, ..Published::default() });
        assert_eq!(copy.products(), original.products());
        assert_eq!(copy.writes(), [1]);
    }
}

#[tokio::test]
async fn a_copy_that_is_equal_is_not_written() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let (original, copy) = (Shelf::with(&products), Shelf::with(&products).in_pages_of(7));
    assert_eq!(publish(&original, &copy).await, Published::default());
    assert!(copy.writes().is_empty());
}

#[tokio::test]
async fn a_large_catalogue_is_written_in_parts() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let (original, copy) = (Shelf::with(&products), Shelf::default());
    assert_eq!(publish(&original, &copy).await, Published { put: 1_200, removed: 0, ..Published::default() });
    assert_eq!(copy.writes(), [500, 500, 200]);
    assert_eq!(publish(&Shelf::default(), &copy).await, Published { put: 0, removed: 1_200, ..Published::default() });
    assert_eq!(copy.products(), []);
}

#[tokio::test]
async fn a_product_that_the_copy_refuses_keeps_no_other_from_being_shown() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let copy = Shelf { refuses: Some(|sku| sku == "0007" || sku == "0700"), ..Shelf::default() };
    let published = publish(&Shelf::with(&products), &copy).await;
    let refused: Vec<&str> = published.refused.iter().map(|(sku, _)| sku.as_str()).collect();
    assert_eq!((published.put, refused), (1_198, vec!["0007", "0700"]));
    assert!(published.refused[0].1.contains("too large"));
    assert_eq!(copy.products().len(), 1_198);
}

#[tokio::test]
async fn a_copy_that_refuses_everything_is_not_asked_for_each_product() {
    let products: Vec<Product> = (0..1_200).map(|n| product(&format!("{n:04}"), 1)).collect();
    let copy = Shelf { refuses: Some(|_| true), ..Shelf::default() };
    assert!(!publish_catalogue(&Shelf::with(&products), &copy).await.unwrap_err().away);
}

#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let original = Shelf::with(&["A", "B", "D", "E"].map(|sku| product(sku, 1))).in_pages_of(1);
    let copy = Shelf::with(&["B", "C", "F"].map(|sku| product(sku, 2))).in_pages_of(2);
    futures_util::future::join(publish(&original, &copy), publish(&original, &copy)).await;
    assert_eq!(copy.products(), original.products());
}

#[tokio::test]
async fn what_could_not_be_written_is_written_by_the_next_run() {
    let (original, copy) = (Shelf::with(&[product("TEA", 1)]), Shelf::with(&[product("URN", 1)]));
    *copy.away.lock().unwrap() = true;
    assert!(publish_catalogue(&original, &copy).await.unwrap_err().away);
    *copy.away.lock().unwrap() = false;
    assert_eq!(publish(&original, &copy).await, Published { put: 1, removed: 1, ..Published::default() });
    assert_eq!(copy.products(), original.products());
}

#[tokio::test]
async fn nothing_is_removed_if_a_side_does_not_sort_by_bytes() {
    let products = ["A", "B", "C"].map(|sku| product(sku, 1));
    let original = Shelf { upside_down: true, ..Shelf::with(&products) };
    let copy = Shelf::with(&products);
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
        let shelf = |of: &BTreeMap<String, i64>| {
            Shelf::with(&of.iter().map(|(sku, available)| product(sku, *available)).collect::<Vec<_>>())
        };
        let (original, copy) = (shelf(&sold).in_pages_of(pages.0), shelf(&shown).in_pages_of(pages.1));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let published = runtime.block_on(publish(&original, &copy));
        prop_assert_eq!(copy.products(), original.products());
        let skus: BTreeSet<&String> = sold.keys().chain(shown.keys()).collect();
        let (kept, gone): (Vec<&String>, Vec<&String>) = skus.into_iter().partition(|sku| sold.contains_key(*sku));
        let put = kept.iter().filter(|sku| sold.get(**sku) != shown.get(**sku)).count();
        prop_assert_eq!(published, Published { put, removed: gone.len(), ..Published::default() });
    }
}
