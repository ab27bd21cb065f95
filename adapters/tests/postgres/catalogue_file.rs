//! The import of a file: once, however often it is sent; and what was counted takes the place of what was thought.

use super::shop::{Shop, delivery};
use adapters::postgres::catalogue::{
    Delivery,
    file::{CatalogueFile, Contradicted, CurrencyChange, Imported, Promised, Stock},
};
use futures_util::future::join_all;
use schemas::kept::TaxCategory;
use workflows::{
    billing::{TaxTerms, TaxTermsSaid},
    ports::Catalogue,
};

/// All of a file is in, and each product is sold in the currency that it was sold in.
const NOW: Imported = Imported::Now { in_another_currency: Vec::new() };

fn file(deliveries: &[Delivery], content: u8) -> CatalogueFile<'_> {
    CatalogueFile {
        deliveries,
        said: TaxTermsSaid::ALL,
        source: "goods.csv",
        content: [content; 32],
        stock: Stock::Received,
        again: false,
    }
}

impl Shop {
    async fn import_file(&self, file: CatalogueFile<'_>) -> Imported {
        self.catalogue.import_file(file, |_| ()).await.unwrap()
    }

    async fn available(&self, sku: &str) -> i64 {
        self.catalogue.product(sku).await.unwrap().unwrap().available
    }

    /// Its category, its reason, and whether its price includes the tax.
    async fn terms(&self, sku: &str) -> String {
        self.value(&format!(
            "select concat_ws('; ', coalesce(tax_category, '-'), coalesce(tax_exemption_reason, '-'), price_includes_tax)
             from products where sku = '{sku}'"
        ))
        .await
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
    assert_eq!(shop.import_file(file(&goods, 1)).await, NOW);
    for _ in 0..2 {
        let before = shop.import_file(CatalogueFile { source: "copy.csv", ..file(&goods, 1) }).await;
        assert!(matches!(before, Imported::Before { source, .. } if source == "goods.csv"));
    }
    assert_eq!(shop.available("TEA").await, 10);
    assert_eq!(shop.import_file(file(&goods, 2)).await, NOW, "another file with the same rows");
    assert_eq!(shop.import_file(CatalogueFile { again: true, ..file(&goods, 1) }).await, NOW, "it was meant");
    assert_eq!(shop.available("TEA").await, 30);
    assert!(shop.receipts_add_up().await);
}

#[tokio::test]
async fn of_those_who_import_one_file_at_once_one_does() {
    let shop = Shop::empty().await;
    let goods = [delivery("TEA", "Tea", 100, 0, 10)];
    let all = join_all((0..5).map(|_| shop.import_file(file(&goods, 1)))).await;
    assert_eq!(all.iter().filter(|imported| **imported == NOW).count(), 1);
    assert_eq!(shop.available("TEA").await, 10);
}

#[tokio::test]
async fn an_import_that_failed_is_not_taken_for_done() {
    let shop = Shop::empty().await;
    let goods = [delivery("TEA", "Tea", 100, 10_001, 10)];
    assert!(shop.catalogue.import_file(file(&goods, 1), |_| ()).await.is_err());
    let mended = [delivery("TEA", "Tea", 100, 1_000, 10)];
    assert_eq!(shop.import_file(file(&mended, 1)).await, NOW);
}

#[tokio::test]
async fn a_count_takes_the_place_of_what_was_thought_to_be_there() {
    let shop = Shop::open().await;
    shop.reserve(&[&[("TEA", 8)]]).await;
    let goods =
        [delivery("TEA", "Tea", 150, 0, 12), delivery("CUP", "Cup", 1, 0, 1_003), delivery("NEW", "New", 1, 0, 4)];
    let counted = CatalogueFile { stock: Stock::Counted, ..file(&goods, 1) };
    assert_eq!(shop.import_file(counted).await, NOW);
    assert_eq!(shop.available("TEA").await, 4, "12 are there, 8 of them promised");
    assert_eq!((shop.available("CUP").await, shop.available("NEW").await), (1_003, 4));
    let corrected =
        "select array_agg(sku || ' ' || quantity order by sku) from stock_receipts where reason = 'counted'";
    assert_eq!(shop.value::<Vec<String>>(corrected).await, ["CUP 3", "NEW 4", "TEA -988"]);
    assert!(shop.receipts_add_up().await);
    assert_eq!(shop.import_file(counted).await, NOW);
    assert_eq!(shop.value::<i64>("select count(*) from stock_receipts where reason = 'counted'").await, 3, "no news");
    let came = [delivery("TEA", "Tea", 150, 0, 30)];
    assert_eq!(shop.import_file(file(&came, 2)).await, NOW);
    assert_eq!(shop.available("TEA").await, 34);
    assert_eq!(shop.import_file(counted).await, NOW);
    assert_eq!(shop.available("TEA").await, 4, "the same was counted again");
    assert!(shop.receipts_add_up().await);
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

/// Nothing is said of the tax but the rate.
const NOTHING: TaxTermsSaid = TaxTermsSaid { category: false, exemption_reason: false, price_includes_tax: false };

fn gross(sku: &str, price: i64) -> Delivery {
    let tax_terms = TaxTerms { price_includes_tax: true, ..TaxTerms::default() };
    Delivery { tax_terms, ..delivery(sku, sku, price, 1_900, 1) }
}

fn categorised(sku: &str, category: TaxCategory, rate: u32) -> Delivery {
    let tax_terms = TaxTerms { category: Some(category), ..TaxTerms::default() };
    Delivery { tax_terms, ..delivery(sku, sku, 100, rate, 1) }
}

fn exempt(sku: &str) -> Delivery {
    let exemption_reason = Some("Section 4".to_owned());
    let tax_terms = TaxTerms { category: Some(TaxCategory::Exempt), exemption_reason, price_includes_tax: false };
    Delivery { tax_terms, ..delivery(sku, sku, 100, 0, 1) }
}

#[tokio::test]
async fn what_a_file_has_no_column_for_products_keep_and_new_ones_get_the_default() {
    let shop = Shop::empty().await;
    assert_eq!(shop.import_file(file(&[gross("TEA", 1_190), exempt("INK")], 1)).await, NOW);
    let next =
        [delivery("TEA", "Tea", 1_290, 1_900, 5), delivery("INK", "Ink", 110, 0, 5), delivery("NEW", "New", 1, 700, 5)];
    for (content, stock) in [(2, Stock::Received), (3, Stock::Counted)] {
        let without = CatalogueFile { said: NOTHING, stock, ..file(&next, content) };
        assert_eq!(shop.import_file(without).await, NOW);
        assert_eq!(shop.terms("TEA").await, "-; -; t");
        assert_eq!(shop.terms("INK").await, "exempt; Section 4; f");
        assert_eq!(shop.terms("NEW").await, "-; -; f");
    }
    let tea = shop.catalogue.product("TEA").await.unwrap().unwrap();
    assert_eq!((tea.price.amount, tea.price_includes_tax, tea.available), (1_290, true, 5));

    assert_eq!(shop.import_file(file(&next, 4)).await, NOW, "the columns are there, and empty");
    assert_eq!(shop.terms("TEA").await, "-; -; f");
    assert_eq!(shop.terms("INK").await, "-; -; f");
}

#[tokio::test]
async fn each_column_is_kept_by_itself() {
    let shop = Shop::empty().await;
    let plain = |sku: &str| delivery(sku, sku, 100, 0, 0);
    let odd = |sku: &str| {
        let mut odd = exempt(sku);
        odd.tax_terms.price_includes_tax = true;
        odd
    };
    let all = ["CATEGORY", "REASON", "GROSS"].map(odd);
    assert_eq!(shop.import_file(file(&all, 1)).await, NOW);
    for (content, sku, said) in [
        (2, "CATEGORY", TaxTermsSaid { category: true, ..NOTHING }),
        (3, "REASON", TaxTermsSaid { exemption_reason: true, ..NOTHING }),
        (4, "GROSS", TaxTermsSaid { price_includes_tax: true, ..NOTHING }),
    ] {
        let goods = [plain(sku)];
        assert_eq!(shop.import_file(CatalogueFile { said, ..file(&goods, content) }).await, NOW);
    }
    assert_eq!(shop.terms("CATEGORY").await, "-; -; t", "a reason is one for its category only");
    assert_eq!(shop.terms("REASON").await, "exempt; -; t");
    assert_eq!(shop.terms("GROSS").await, "exempt; Section 4; f");

    let mut again = exempt("GROSS");
    again.tax_terms.exemption_reason = None;
    let said = TaxTermsSaid { category: true, ..NOTHING };
    assert_eq!(shop.import_file(CatalogueFile { said, ..file(&[again], 5) }).await, NOW);
    assert_eq!(shop.terms("GROSS").await, "exempt; Section 4; f", "the same category keeps its reason");
}

#[tokio::test]
async fn a_kept_category_that_does_not_go_with_the_new_rate_refuses_the_file_whole() {
    let shop = Shop::empty().await;
    let export = |sku: &str| categorised(sku, TaxCategory::Export, 0);
    assert_eq!(shop.import_file(file(&[exempt("INK"), export("PEN"), gross("TEA", 100)], 1)).await, NOW);
    let next = [
        delivery("TEA", "Dearer Tea", 9_999, 700, 1),
        delivery("PEN", "Pen", 100, 1, 1),
        delivery("INK", "Ink", 100, 1_900, 1),
    ];
    let contradicted = Imported::Contradicted(vec![
        Contradicted { sku: "INK".into(), category: TaxCategory::Exempt, tax_rate_bp: 1_900 },
        Contradicted { sku: "PEN".into(), category: TaxCategory::Export, tax_rate_bp: 1 },
    ]);
    for stock in [Stock::Received, Stock::Counted] {
        let without = CatalogueFile { said: NOTHING, stock, ..file(&next, 2) };
        assert_eq!(shop.import_file(without).await, contradicted);
    }
    let tea = shop.catalogue.product("TEA").await.unwrap().unwrap();
    assert_eq!((tea.price.amount, tea.tax_rate_bp, tea.available), (100, 1_900, 1));
    assert_eq!(shop.import_file(file(&next, 2)).await, NOW, "not taken for done, and the category is said");
    assert_eq!(shop.terms("INK").await, "-; -; f");
    assert!(shop.receipts_add_up().await);
}

#[tokio::test]
async fn a_file_that_says_the_rate_only_moves_a_product_between_standard_and_zero() {
    let shop = Shop::empty().await;
    let goods = [
        categorised("TO-ZERO", TaxCategory::Standard, 1_900),
        categorised("TO-STANDARD", TaxCategory::Zero, 0),
        categorised("DEARER", TaxCategory::Standard, 700),
        categorised("STILL-ZERO", TaxCategory::Zero, 0),
        categorised("ABROAD", TaxCategory::Export, 0),
    ];
    assert_eq!(shop.import_file(file(&goods, 1)).await, NOW);
    let next = [("TO-ZERO", 0), ("TO-STANDARD", 700), ("DEARER", 1_900), ("STILL-ZERO", 0), ("ABROAD", 0)];
    let next = next.map(|(sku, rate)| delivery(sku, sku, 100, rate, 1));
    assert_eq!(shop.import_file(CatalogueFile { said: NOTHING, ..file(&next, 2) }).await, NOW);
    for (sku, terms) in [
        ("TO-ZERO", "-; -; f"),
        ("TO-STANDARD", "-; -; f"),
        ("DEARER", "standard; -; f"),
        ("STILL-ZERO", "zero; -; f"),
        ("ABROAD", "export; -; f"),
    ] {
        assert_eq!(shop.terms(sku).await, terms, "{sku}");
    }
}

#[tokio::test]
async fn a_file_that_sells_products_in_another_currency_says_which() {
    let shop = Shop::open().await;
    let in_pounds = |sku: &str| Delivery { currency: "GBP".parse().unwrap(), ..delivery(sku, sku, 100, 700, 1) };
    let goods = [in_pounds("TEA"), in_pounds("NEW"), delivery("CUP", "Cup", 1, 700, 1), in_pounds("RARE")];
    let change = |sku: &str, before: &str| CurrencyChange { sku: sku.into(), before: before.into(), now: "GBP".into() };
    let told = Imported::Now { in_another_currency: vec![change("RARE", "USD"), change("TEA", "EUR")] };
    assert_eq!(shop.import_file(file(&goods, 1)).await, told);
    assert_eq!(shop.import_file(CatalogueFile { again: true, ..file(&goods, 1) }).await, NOW);
}
