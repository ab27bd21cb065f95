//! Catalogue files as shops have them: barcodes for SKUs, samples that cost nothing, rows of other programs; imported by the
//! real program, and bought over HTTP.

use crate::{
    sending::Open,
    support::{
        order,
        server::{command, printed},
    },
};
use reqwest::StatusCode;
use serde_json::Value;
use std::{fs, time::Duration};

const HEADER: &str = "sku,name,price,currency,tax_rate,stock";
const SETTLED: Duration = Duration::from_secs(60);

impl Open {
    /// A catalogue file of these rows.
    pub(crate) fn file(&self, rows: &str) -> String {
        let path = self.shop.dir.path().join("goods.csv");
        fs::write(&path, format!("{HEADER}\n{rows}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// EAN-13, ISBN-13, UPC-A, GTIN-14: several are what a card of their length looks like.
pub(crate) const BARCODES: [&str; 10] = [
    "4006381310062",
    "9783161480027",
    "9791034304455",
    "4012345678901",
    "4222222222222",
    "012345678905",
    "00012345600012",
    "30569309025904",
    "36227206271667",
    "4242424242424242",
];

#[tokio::test]
async fn a_barcode_is_imported_listed_found_and_bought_like_any_other_sku() {
    let open = Open::new().await;
    let rows: Vec<_> =
        BARCODES.iter().map(|barcode| format!("{barcode},Fineliner {barcode},1.50,EUR,19,100")).collect();
    let said = printed(&open.shop, &["catalog", "import", &open.file(&rows.join("\n"))]);
    assert!(said.contains("10 products imported, 1000 units booked in, 0 row(s) skipped"), "{said}");
    let mut ids = Vec::new();
    for barcode in BARCODES {
        let product = open.get("/v1/products/{sku}", &format!("/v1/products/{barcode}")).await;
        assert_eq!(product.status, StatusCode::OK, "{}", product.text);
        let found = open.get("/v1/search", &format!("/v1/search?q={barcode}")).await;
        assert!(found.text.contains(barcode), "{barcode}: {}", found.text);
        ids.push(open.accepted(barcode, &order(&[(barcode, 2), ("TEA", 1)], "pm_card_visa")).await);
    }
    open.shop.settled(&ids, SETTLED).await;
    for (id, barcode) in ids.into_iter().zip(BARCODES) {
        let shown = open.shown(id).await;
        assert_eq!((&shown["status"], &shown["lines"][0]["sku"]), (&Value::from("confirmed"), &Value::from(barcode)));
    }
    open.shop.audit().await;
}

#[tokio::test]
async fn what_costs_nothing_in_a_file_asks_nobody_for_money() {
    let open = Open::new().await;
    let samples = "SAMPLE,A sample,0,EUR,19,100\nSAMPLE-2,Another,0.00,EUR,0,100\nSAMPLE-3,A third,-0.00,EUR,7,100";
    printed(&open.shop, &["catalog", "import", &open.file(samples)]);
    let mut ids = Vec::new();
    for sku in ["SAMPLE", "SAMPLE-2", "SAMPLE-3"] {
        for method in ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "unknown"] {
            ids.push(open.accepted(sku, &order(&[(sku, 1)], method)).await);
        }
    }
    let paid =
        open.accepted("a sample and a tea", &order(&[("SAMPLE", 1), ("TEA", 1)], "pm_card_chargeDeclined")).await;
    open.shop.settled(&ids, SETTLED).await;
    open.shop.settled(&[paid], SETTLED).await;
    for id in ids {
        assert_eq!(open.shown(id).await["status"], "confirmed");
    }
    assert_eq!(open.shown(paid).await["reason"], "payment_declined");
    let asked = "select count(*) from payments p join orders o on o.id = p.order_id where o.total = 0";
    assert_eq!(open.shop.count(asked).await, 0);
    open.shop.audit().await;
}

#[tokio::test]
async fn a_file_with_rows_that_cannot_be_meant_imports_none_and_names_each() {
    let open = Open::new().await;
    let before = open.shop.count("select count(*) from products").await;
    let rows = [
        ("GOOD,Tea,1,EUR,19,1", ""),
        ("A\u{200b},Tea,1,EUR,19,1", "sku contains U+200B"),
        ("B,\"A \\\"cup\\\"\",1,EUR,19,1", "name has something behind its closing quote"),
        ("C,Tea,1.234,KWD,5,1", "currency has more decimals"),
        ("D,Tea,1,UK,19,1", "currency must be an active ISO 4217"),
        ("E,Tea,1,AAA,19,1", "currency must be an active ISO 4217"),
        ("F,Tea,11.900,EUR,19,1", "price may mean 11.90 or 11900"),
        ("G,\u{feff},1,EUR,19,1", "name is empty"),
        ("GOOD,Tea,1,EUR,19,1", "sku stands already on line 2"),
        (",,,,,", ""),
        ("H,Tea,1999.50,JPY,10,1", "price has more decimals than JPY"),
        ("4242424242424242,A barcode,1.00,EUR,19.0000,100.0", ""),
    ];
    let text: Vec<_> = rows.iter().map(|(row, _)| *row).collect();
    let output = command(&open.shop, &["catalog", "import", &open.file(&text.join("\n"))]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for ((row, problem), line) in rows.iter().zip(2..) {
        let named = told.contains(&format!("line {line}: {problem}"));
        assert_eq!(named, !problem.is_empty(), "{row}: {told}");
    }
    assert_eq!(open.shop.count("select count(*) from products").await, before);
    let said = printed(&open.shop, &["catalog", "import", "--skip-bad", &open.file(&text.join("\n"))]);
    assert!(said.contains("2 products imported, 101 units booked in, 9 row(s) skipped"), "{said}");
}

#[tokio::test]
async fn of_many_bad_rows_the_first_are_listed_and_the_others_counted() {
    let open = Open::new().await;
    for (bad, listed, rest) in
        [(50, 50, None), (51, 50, Some("and 1 more bad")), (10_050, 50, Some("and 10000 more bad"))]
    {
        let rows: Vec<_> = (0..bad).map(|row| format!("S-{row},Tea,none,EUR,19,1")).collect();
        let output = command(&open.shop, &["catalog", "import", &open.file(&rows.join("\n"))]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.lines().filter(|line| line.contains(": line ")).count(), listed, "{bad}");
        assert!(told.contains(&format!("{bad} bad row(s), nothing was imported")));
        assert_eq!(told.contains("more bad"), rest.is_some(), "{bad}");
        assert!(rest.is_none_or(|rest| told.contains(rest)), "{bad}");
    }
}
