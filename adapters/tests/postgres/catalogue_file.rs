//! The import of a file: once, however often it is sent; and what was counted takes the place of what was thought.

use super::shop::{Shop, delivery};
use adapters::postgres::{
    catalogue::Delivery,
    catalogue_file::{CatalogueFile, Imported, Promised, Stock},
};
use futures_util::future::join_all;
use workflows::ports::Catalogue;

fn file(deliveries: &[Delivery], content: u8) -> CatalogueFile<'_> {
    CatalogueFile { deliveries, source: "goods.csv", content: [content; 32], stock: Stock::Received, again: false }
}

impl Shop {
    async fn import_file(&self, file: CatalogueFile<'_>) -> Imported {
        self.catalogue.import_file(file, |_| ()).await.unwrap()
    }

    async fn available(&self, sku: &str) -> i64 {
        self.catalogue.product(sku).await.unwrap().unwrap().available
    }

    /// What the audit adds up.
    async fn receipts_add_up(&self) -> bool {
        self.value(
            "select bool_and(s.received = coalesce((select sum(quantity) from stock_receipts r
                                                    where r.sku = s.sku and r.warehouse = s.warehouse), 0))
             from stock s",
        )
        .await
    }
}

#[tokio::test]
async fn a_file_that_comes_again_books_nothing_in() {
    let shop = Shop::empty().await;
    let goods = [delivery("TEA", "Tea", 100, 0, 10)];
    assert_eq!(shop.import_file(file(&goods, 1)).await, Imported::Now);
    for _ in 0..2 {
        let before = shop.import_file(CatalogueFile { source: "copy.csv", ..file(&goods, 1) }).await;
        assert!(matches!(before, Imported::Before { source, .. } if source == "goods.csv"));
    }
    assert_eq!(shop.available("TEA").await, 10);
    assert_eq!(shop.import_file(file(&goods, 2)).await, Imported::Now, "another file with the same rows");
    assert_eq!(shop.import_file(CatalogueFile { again: true, ..file(&goods, 1) }).await, Imported::Now, "it was meant");
    assert_eq!(shop.available("TEA").await, 30);
    assert!(shop.receipts_add_up().await);
}

#[tokio::test]
async fn of_those_who_import_one_file_at_once_one_does() {
    let shop = Shop::empty().await;
    let goods = [delivery("TEA", "Tea", 100, 0, 10)];
    let all = join_all((0..5).map(|_| shop.import_file(file(&goods, 1)))).await;
    assert_eq!(all.iter().filter(|imported| **imported == Imported::Now).count(), 1);
    assert_eq!(shop.available("TEA").await, 10);
}

#[tokio::test]
async fn an_import_that_failed_is_not_taken_for_done() {
    let shop = Shop::empty().await;
    let goods = [delivery("TEA", "Tea", 100, 10_001, 10)];
    assert!(shop.catalogue.import_file(file(&goods, 1), |_| ()).await.is_err());
    let mended = [delivery("TEA", "Tea", 100, 1_000, 10)];
    assert_eq!(shop.import_file(file(&mended, 1)).await, Imported::Now);
}

#[tokio::test]
async fn a_count_takes_the_place_of_what_was_thought_to_be_there() {
    let shop = Shop::open().await;
    shop.reserve(&[&[("TEA", 8)]]).await;
    let goods =
        [delivery("TEA", "Tea", 150, 0, 12), delivery("CUP", "Cup", 1, 0, 1_003), delivery("NEW", "New", 1, 0, 4)];
    let counted = CatalogueFile { stock: Stock::Counted, ..file(&goods, 1) };
    assert_eq!(shop.import_file(counted).await, Imported::Now);
    assert_eq!(shop.available("TEA").await, 4, "12 are there, 8 of them promised");
    assert_eq!((shop.available("CUP").await, shop.available("NEW").await), (1_003, 4));
    let corrected =
        "select array_agg(sku || ' ' || quantity order by sku) from stock_receipts where reason = 'counted'";
    assert_eq!(shop.value::<Vec<String>>(corrected).await, ["CUP 3", "NEW 4", "TEA -988"]);
    assert!(shop.receipts_add_up().await);
    assert!(matches!(shop.import_file(counted).await, Imported::Before { .. }));
    assert_eq!(shop.import_file(CatalogueFile { again: true, ..counted }).await, Imported::Now);
    assert_eq!(shop.value::<i64>("select count(*) from stock_receipts where reason = 'counted'").await, 3, "no news");
}

#[tokio::test]
async fn what_was_shipped_is_not_there_to_be_counted() {
    let shop = Shop::open().await;
    shop.run("update stock set shipped = 600 where sku = 'TEA'").await;
    let goods = [delivery("TEA", "Tea", 100, 0, 390)];
    shop.import_file(CatalogueFile { stock: Stock::Counted, ..file(&goods, 1) }).await;
    assert_eq!(shop.available("TEA").await, 390);
    assert_eq!(shop.value::<i64>("select received from stock where sku = 'TEA'").await, 990);
    assert!(shop.receipts_add_up().await);
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_refused_whole_with_its_sku() {
    let shop = Shop::open().await;
    shop.reserve(&[&[("TEA", 8), ("CUP", 2)]]).await;
    let goods = [delivery("TEA", "Dearer Tea", 9_999, 0, 7), delivery("CUP", "Cup", 1, 0, 2)];
    let counted = CatalogueFile { stock: Stock::Counted, ..file(&goods, 1) };
    let promised = Promised { sku: "TEA".into(), reserved: 8, counted: 7 };
    assert_eq!(shop.import_file(counted).await, Imported::Promised(vec![promised]));
    assert_eq!((shop.available("TEA").await, shop.available("CUP").await), (992, 998));
    assert_eq!(shop.catalogue.product("TEA").await.unwrap().unwrap().price.amount, 1_999);
    assert!(shop.receipts_add_up().await);
}
