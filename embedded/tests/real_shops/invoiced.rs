//! What comes of all that in the end: an invoice in the name of whoever sells, which is an electronic invoice whatever was sold
//! to whomever; and a seller who would make none is not taken.

use crate::{
    files::BARCODES,
    hard_texts::NAUGHTY,
    orders::{NUMBERS_OF_A_LIFE, WITHOUT_CODES},
    rules::findings,
    searching::{NAMES, book, products, sku},
    sending::{Open, changed, to},
    support::{
        Shop, order,
        run::{begun_with, ended},
        server::{Server, printed},
    },
};
use adapters::system::SystemClock;
use serde_json::{Value, json};
use std::{fs, time::Duration};
use workflows::{billing::TimeZone, ports::Clock};

const SETTLED: Duration = Duration::from_secs(90);
/// Enough for pages of them; all books are in nobody's invoice.
const BOOKS: u32 = 20;
const SPECIMEN: &str = "SPECIMEN: this is no invoice";

/// A seller in Berlin with some members given another value, or, by null, taken away.
fn seller(changes: &Value) -> String {
    let mut seller = json!({
        "name": "Tea GmbH", "line1": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
        "vat_id": "DE136695976", "email": "billing@tea.example"
    });
    seller.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    seller.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    seller.to_string()
}

/// EN 16931 BR-CO-26, BR-S-02, BR-CO-09, BR-CL-14.
#[tokio::test]
async fn a_seller_whose_invoices_would_be_wrong_is_not_started_for() {
    let shop = Shop::open(0).await;
    for (changes, named) in [
        (json!({ "vat_id": null }), "vat_id is missing"),
        (json!({ "vat_id": null, "tax_number": "27/123/45678" }), "vat_id is missing"),
        (json!({ "vat_id": "136695976" }), "vat_id must begin"),
        (json!({ "vat_id": "DE12" }), "vat_id is none of DE"),
        (json!({ "country": "Germany" }), "country must be"),
        (json!({ "country": "UK" }), "country must be"),
        (json!({ "name": "" }), "name must be a text"),
        (json!({ "line2": " " }), "line2 must be a text"),
        (json!({ "postal_code": null }), "postal_code is missing"),
        (json!({ "line1": null }), "missing field `line1`"),
        (json!({ "vatid": "DE136695976" }), "unknown field `vatid`"),
    ] {
        let seller = seller(&changes);
        let settings = [("SLUICE_LISTEN", "127.0.0.1:0"), ("SLUICE_SELLER", seller.as_str())];
        let (code, said) = ended(begun_with(shop.dir.path(), Some(&shop.url), &["serve"], &settings)).await;
        assert_eq!(code, Some(2), "{changes}: {said}");
        assert!(said.contains("SLUICE_SELLER") && said.contains(named), "{changes}: {said}");
    }
}

/// Whatever real shops sell and their buyers write, few of it to an order.
fn orders() -> Vec<Value> {
    let texts =
        NUMBERS_OF_A_LIFE.iter().chain(NAUGHTY.iter().map(|(_, text)| text)).chain(NAMES.iter().map(|(name, _)| name));
    let texts: Vec<&str> = texts.copied().collect();
    let written = texts.chunks(3).map(|some| {
        changed(|order| {
            for (field, text) in ["name", "line1", "line2"].iter().zip(some) {
                order["shipping_address"][*field] = json!(text);
            }
        })
    });
    let sent = WITHOUT_CODES.iter().map(|country| to(country, None));
    let products: Vec<String> = (0..products().len()).map(sku).chain((0..BOOKS).map(|n| format!("BOOK-{n}"))).collect();
    let listed = products.iter().map(String::as_str).chain(BARCODES).chain(["SAMPLE", "TEA"]);
    let everything: Vec<(&str, i64)> = listed.zip((1..=7).cycle()).collect();
    let sold = [order(&everything, "pm_card_visa"), order(&[("SAMPLE", 3)], "pm_card_chargeDeclined")];
    written.chain(sent).chain(sold).collect()
}

/// An amount of euros as an invoice has it.
fn euros(amount: &Value) -> String {
    let cents = amount.as_i64().unwrap();
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The zones are 25 hours apart, so that at no moment it is the same day in both, nor in both the day of UTC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_real_shops_send_is_invoiced_by_the_rules_and_by_the_day_of_whoever_sells() {
    let mut open = Open::new().await;
    let mut rows = products();
    rows.extend((0..BOOKS).map(book));
    rows.extend(BARCODES.iter().map(|barcode| format!("{barcode},Fineliner {barcode},1.50,EUR,19,1000")));
    rows.push("SAMPLE,A sample,-0.00,EUR,19,1000".to_owned());
    printed(&open.shop, &["catalog", "import", &open.file(&rows.join("\n"))]);
    let folder = tempfile::tempdir().unwrap();
    let one = || vec![changed(|_| ())];
    let (berlin, greek) = (seller(&json!({})), seller(&json!({ "vat_id": "EL123456789", "country": "GR" })));
    let small = json!({ "vat_id": null, "tax_number": "27/123/45678", "legal_id": "HRB 12345 B" });
    let small = seller(&small);
    let mut made = Vec::new();
    for (seller, zone, orders, says, says_not) in [
        (None, "UTC", one(), vec![SPECIMEN], vec!["DE136695976"]),
        (Some(&berlin), "Pacific/Kiritimati", orders(), vec![r#"schemeID="VA">DE136695976<"#], vec![SPECIMEN]),
        (
            Some(&small),
            "Pacific/Pago_Pago",
            one(),
            vec![r#"schemeID="FC">27/123/45678<"#, "<ram:SpecifiedLegalOrganization><ram:ID>HRB 12345 B</ram:ID>"],
            vec![SPECIMEN, r#"schemeID="VA""#],
        ),
        (Some(&greek), "Europe/Athens", one(), vec![r#"schemeID="VA">EL123456789<"#], vec![SPECIMEN]),
    ] {
        assert!(open.server.terminate(Duration::from_secs(20)).await.success());
        let settings: Vec<_> = seller.map(|seller| ("SLUICE_SELLER", seller.as_str())).into_iter().collect();
        open.server = Server::start_with(&open.shop, &[&settings[..], &[("SLUICE_TIME_ZONE", zone)]].concat()).await;
        let time_zone: TimeZone = zone.parse().unwrap();
        let mut days = vec![time_zone.date(SystemClock.now())];
        let mut ids = Vec::new();
        for order in &orders {
            ids.push(open.accepted(&order.to_string(), order).await);
        }
        open.shop.settled(&ids, SETTLED).await;
        days.push(time_zone.date(SystemClock.now()));
        for id in ids {
            open.invoice(id, folder.path(), &id.to_string()).await;
            made.push((open.shown(id).await, days.clone(), says.clone(), says_not.clone()));
        }
    }
    open.shop.audit().await;

    let found = findings(folder.path());
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (shown, days, says, says_not) in made {
        let xml = fs::read_to_string(folder.path().join(format!("{}.xml", shown["id"].as_str().unwrap()))).unwrap();
        let (number, total) = (shown["invoice"]["number"].as_str().unwrap(), euros(&shown["total"]["amount"]));
        let is_dated = |day: &time::Date| {
            let date = day.to_string().replace('-', "");
            xml.contains(&format!(r#"<ram:IssueDateTime><udt:DateTimeString format="102">{date}<"#))
                && number.starts_with(&format!("{}-", day.year()))
        };
        assert!(days.iter().any(is_dated), "{number} of {days:?}: {xml}");
        // Nobody has been charged yet, and nothing is less than nothing.
        for right in [
            format!("<rsm:ExchangedDocument><ram:ID>{number}</ram:ID>"),
            format!("<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount>"),
            format!("<ram:DuePayableAmount>{total}</ram:DuePayableAmount>"),
        ] {
            assert!(xml.contains(&right), "no {right}: {xml}");
        }
        for word in says {
            assert!(xml.contains(word), "no {word}: {xml}");
        }
        for word in says_not.into_iter().chain(["TotalPrepaidAmount", "-0.00"]) {
            assert!(!xml.contains(word), "{word}: {xml}");
        }
    }
}
