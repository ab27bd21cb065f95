//! The invoices are electronic invoices: whatever shops sell and buyers are called, the XML in the PDF is held against the
//! schema and the rules of EN 16931 by the validator that Factur-X itself uses.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it fetches"
)]

mod documents;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use reqwest::StatusCode;
use rules::findings;
use serde_json::{Value, json};
use std::{fs, process::Command, time::Duration};
use support::{Shop, order};
use uuid::Uuid;

#[test]
fn whatever_is_sold_to_whomever_the_invoice_keeps_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    for (name, document) in documents::good() {
        let pdf = printing::render(&document).unwrap().pdf;
        fs::write(folder.path().join(format!("{name}.pdf")), pdf).unwrap();
    }
    let found = findings(folder.path());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_breaks_the_rules_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let bad = documents::bad();
    for (name, document, _) in &bad {
        let pdf = printing::render(document).unwrap().pdf;
        fs::write(folder.path().join(format!("{name}.pdf")), pdf).unwrap();
    }
    let found = findings(folder.path());
    for (name, _, rule) in bad {
        let told = found.iter().any(|line| line.starts_with(&format!("{name}.pdf\t")) && line.contains(rule));
        assert!(told, "{name} breaks {rule}: {}", found.join("\n"));
    }
}

/// The catalogue of a shop that sells everything that is taxed in an odd way.
const CATALOGUE: &str = "\
sku,name,price,currency,tax_rate,stock,tax_category,tax_exemption_reason,price_includes_tax
STD,Tea & biscuits,12.50,EUR,19,1000,standard,,
LOW,Book,9.99,EUR,7,1000,,,
GROSS,Kettle,4000.00,EUR,19,1000,standard,,true
GROSS-LOW,Honey,9.99,EUR,7,1000,,,true
ZERO,Stamp,0.95,EUR,0,1000,zero,,
EXEMPT,Insurance,25.00,EUR,0,1000,exempt,Article 135(1)(a) of Directive 2006/112/EC,
EXPORT,Teapot for abroad,80.00,EUR,0,1000,export,,
YEN,急須,4800,JPY,10,1000,,,
";

fn lines(skus: &[(&str, i64)]) -> Value {
    order(skus, "pm_card_visa")
}

fn bought_by(name: &str, mut order: Value) -> Value {
    order["shipping_address"]["name"] = json!(name);
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_imports_and_sells_over_http_is_invoiced_by_the_rules() {
    let shop = Shop::open(0).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.csv");
    fs::write(&file, CATALOGUE).unwrap();
    let mut import = Command::new(env!("CARGO_BIN_EXE_sluice"));
    import.args(["catalog", "import"]).arg(&file).env("DATABASE_URL", &shop.url).env("SLUICE_DATA_DIR", folder.path());
    let imported = import.output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));

    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let mut yen = lines(&[("YEN", 3)]);
    yen["currency"] = json!("JPY");
    let mut abroad = lines(&[("EXPORT", 1)]);
    abroad["shipping_address"] = json!({
        "name": "Ana Ortiz", "line1": "Calle 1", "city": "Quito", "postal_code": "170401", "country": "EC" });
    abroad["billing_address"] = lines(&[])["shipping_address"].clone();
    let orders = [
        ("plain", lines(&[("STD", 2)])),
        ("mixed-rates", lines(&[("STD", 3), ("LOW", 1), ("ZERO", 7), ("GROSS-LOW", 3), ("GROSS", 1)])),
        ("gross", lines(&[("GROSS", 1)])),
        ("gross-low", lines(&[("GROSS-LOW", 1)])),
        ("untaxed", lines(&[("ZERO", 1), ("EXEMPT", 2), ("EXPORT", 1)])),
        ("exempt", lines(&[("EXEMPT", 1)])),
        ("export", abroad),
        ("yen", yen),
        ("odd-name", bought_by("吉田 𠮷 & <Söhne> \u{1f381} Mu\u{308}ller", lines(&[("STD", 1)]))),
        ("invisible-name", bought_by("\u{2060}\u{ffff}", lines(&[("STD", 1)]))),
    ];
    let mut accepted: Vec<(&str, Uuid)> = Vec::new();
    for (name, order) in &orders {
        let answer = shop.submit(&url, "zoe", name, order).await.unwrap();
        // A name that nobody can read may as well be refused.
        if *name != "invisible-name" || answer.status() == StatusCode::ACCEPTED {
            assert_eq!(answer.status(), StatusCode::ACCEPTED, "{name}");
            accepted.push((name, support::id_in(&answer.text().await.unwrap())));
        }
    }
    // Where the seller is, it would be sold without the tax that is due.
    let mut at_home = lines(&[("STD", 1), ("EXPORT", 1)]);
    at_home["shipping_address"] = json!({
        "name": "Jo", "line1": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB" });
    let refused = shop.accepted(&url, "zoe", "export-at-home", &at_home).await;
    let ids: Vec<Uuid> = accepted.iter().map(|(_, id)| *id).chain([refused]).collect();
    shop.settled(&ids, Duration::from_secs(60)).await;
    let invoices = tempfile::tempdir().unwrap();
    for (name, id) in accepted {
        let answer = shop.http.get(format!("{url}/v1/orders/{id}/invoice")).bearer_auth(shop.token("zoe"));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        fs::write(invoices.path().join(format!("{name}.pdf")), answer.bytes().await.unwrap()).unwrap();
    }
    shop.audit().await;
    let refused = "select count(*) from orders where status = 'rejected' and reason = 'unknown_sku'
                   and detail = 'EXPORT is sold for export only, which a delivery to GB is not'";
    assert_eq!(shop.count(refused).await, 1);
    let gross = "select total from orders where lines @> '[{\"sku\": \"GROSS\"}]' and jsonb_array_length(lines) = 1";
    assert_eq!(shop.count(gross).await, 400_000, "what was shown is what is paid");
    pipeline.stop().await;
    let found = findings(invoices.path());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
