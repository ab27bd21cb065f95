//! Orders as buyers write them: numbers that are no cards and cards that hide, countries without postal codes and codes that
//! are no country's, and fields that were left empty.

use crate::{
    sending::{Open, changed, to},
    support::{id_in, new_id, order},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

const SETTLED: Duration = Duration::from_secs(60);

/// A place, and what writes a text there.
type Place = (&'static str, fn(&mut Value, &str));

/// Where in an order a buyer, or who fills a form for them, may write.
fn places() -> [Place; 4] {
    [
        ("/shipping_address/line2", |order, text| order["shipping_address"]["line2"] = json!(text)),
        ("/shipping_address/name", |order, text| order["shipping_address"]["name"] = json!(text)),
        ("/shipping_address/line1", |order, text| order["shipping_address"]["line1"] = json!(text)),
        ("/billing_address/city", |order, text| {
            order["billing_address"] = order["shipping_address"].clone();
            order["billing_address"]["city"] = json!(text);
        }),
    ]
}

/// PCI DSS 3.5.1; ISO/IEC 7812-1.
#[tokio::test]
async fn a_card_number_is_refused_wherever_and_however_it_is_written_and_leaves_no_trace() {
    let open = Open::new().await;
    for card in [
        "4242.4242.4242.4242",
        "4242  4242  4242  4242",
        "4242\u{a0}4242\u{a0}4242\u{a0}4242",
        "4242/4242/4242/4242",
        "4242_4242_4242_4242",
        "4242, 4242, 4242, 4242",
        "4242\u{2013}4242\u{2013}4242\u{2013}4242",
        "4242 - 4242 - 4242 - 4242",
        "42424242-42424242",
        "36422140-11376949",
        "655647924598600097",
        "４２４２ ４２４２ ４２４２ ４２４２",
        "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
        "4242\u{200b}424242424242",
        "4242424242424242123",
        "00004242424242424242",
        "(4242)(4242)(4242)(4242)",
        "Visa 3782 822463 10005",
    ] {
        for (place, write) in places() {
            let complaints = open.refused(card, &changed(|order| write(order, card))).await;
            assert_eq!(complaints.len(), 1, "{card}: {complaints:?}");
            assert_eq!(complaints[0].0, place, "{card}");
            assert!(complaints[0].1.contains("card number"), "{complaints:?}");
            assert!(!complaints[0].1.contains(card), "{complaints:?}");
        }
    }
    let complaints = open.refused("a SKU", &order(&[("TEA", 1), ("5555555555554444", 1)], "pm_card_visa")).await;
    assert_eq!(complaints[0].0, "/lines/1/sku", "nobody sells it, so it is no barcode");
    let complaints = open.refused("a method", &order(&[("TEA", 1)], "4242424242424242")).await;
    assert_eq!(complaints[0].0, "/payment/method");
    let key = open.submit("card4242424242424242", order(&[("TEA", 1)], "pm_card_visa").to_string()).await;
    assert_eq!(key.status, StatusCode::BAD_REQUEST);
    assert!(!key.text.contains("4242"), "{}", key.text);
    let traces = "select (select count(*) from submissions) + (select count(*) from messages)";
    assert_eq!(open.shop.count(traces).await, 0);
    assert!(!open.server.log().contains("4242"), "a card number was logged");
}

/// What looks like a card number at a glance, and is none.
pub(crate) const NUMBERS_OF_A_LIFE: [&str; 11] = [
    "Tel. +86 138 0013 8002",
    "030 1234567 / 0171 1234567",
    "IBAN DE89 3704 0044 0532 0130 00",
    "61 1090 1014 0000 0712 1981 2874",
    "Számlaszám: 11773016-11111018",
    "CLABE 646180157062641472",
    "CNPJ 11.222.333/0001-81",
    "12-34-56 12345678",
    "52.520008, 13.404954",
    "ISBN 978-3-16-148002-7",
    "Packstation 123, Postnummer 31415926",
];

#[tokio::test]
async fn other_numbers_and_names_of_a_buyers_life_are_taken() {
    let open = Open::new().await;
    let mut ids = Vec::new();
    for text in NUMBERS_OF_A_LIFE {
        for (_, write) in places() {
            ids.push(open.accepted(text, &changed(|order| write(order, text))).await);
        }
    }
    let email = changed(|order| order["email"] = json!("31415926000004@example.com"));
    ids.push(open.accepted("an e-mail address", &email).await);
    open.shop.settled(&ids, SETTLED).await;
    for id in ids {
        assert_eq!(open.shown(id).await["status"], "confirmed");
    }
    open.shop.audit().await;
}

/// Countries whose post insists on no code.
pub(crate) const WITHOUT_CODES: [&str; 6] = ["HK", "AE", "BS", "IE", "QA", "PA"];

/// Universal Postal Union, addressing sheets; EN 16931 has the postal code 0..1 (BT-53, BT-78).
#[tokio::test]
async fn a_country_without_postal_codes_gets_its_order_and_its_invoice() {
    let open = Open::new().await;
    let empty = [None, Some(json!("")), Some(Value::Null), Some(json!(" ")), Some(json!("\u{a0}"))];
    let mut ids = Vec::new();
    for country in WITHOUT_CODES {
        for code in &empty {
            ids.push(open.accepted(country, &to(country, code.clone())).await);
        }
        // Those who write something there all the same are not stopped.
        ids.push(open.accepted(country, &to(country, Some(json!("000000")))).await);
    }
    for country in ["DE", "US", "FR", "JP"] {
        for code in &empty {
            let complaints = open.refused(country, &to(country, code.clone())).await;
            assert_eq!(complaints.len(), 1, "{country} {code:?}: {complaints:?}");
            assert_eq!(complaints[0].0, "/shipping_address/postal_code");
        }
    }
    open.shop.settled(&ids, SETTLED).await;
    for id in ids {
        let shown = open.shown(id).await;
        assert_eq!(shown["status"], "confirmed", "{shown}");
        assert!(shown["invoice"]["number"].is_string(), "{shown}");
    }
}

/// ISO 3166-1; EN 16931 BR-CL-14.
#[tokio::test]
async fn a_code_that_is_no_countrys_is_refused_at_its_field_with_the_right_one() {
    let open = Open::new().await;
    for (code, hint) in [
        ("UK", "GB"),
        ("EL", "GR"),
        ("XK", "Kosovo"),
        ("ZZ", "ISO 3166-1"),
        ("EU", "ISO 3166-1"),
        ("AA", "ISO 3166-1"),
        ("YU", "RS"),
        ("AN", "CW"),
        ("de", "capitals"),
        ("DEU", "alpha-2"),
        ("276", "alpha-2"),
        ("Germany", "alpha-2"),
        ("", "alpha-2"),
    ] {
        let complaints = open.refused(code, &to(code, Some(json!("10115")))).await;
        assert_eq!(complaints.len(), 1, "{code}: {complaints:?}");
        assert_eq!(complaints[0].0, "/shipping_address/country");
        assert!(complaints[0].1.contains(hint), "{code}: {complaints:?}");
        let billed = changed(|order| {
            order["billing_address"] = order["shipping_address"].clone();
            order["billing_address"]["country"] = json!(code);
        });
        assert_eq!(open.refused(code, &billed).await[0].0, "/billing_address/country");
    }
    for code in ["GB", "GR", "RS", "AX", "TW", "PS", "GG"] {
        open.accepted(code, &to(code, Some(json!("10115")))).await;
    }
}

#[tokio::test]
async fn what_was_left_empty_is_the_same_order_as_what_was_left_out() {
    let open = Open::new().await;
    let full = |text: &str| json!({ "name": text, "line1": text, "city": text, "postal_code": text, "country": text });
    let plain = changed(|_| ());
    let same: Vec<(&str, Value)> = vec![
        ("line2 is empty", changed(|order| order["shipping_address"]["line2"] = json!(""))),
        ("line2 is null", changed(|order| order["shipping_address"]["line2"] = Value::Null)),
        ("line2 is blank", changed(|order| order["shipping_address"]["line2"] = json!(" \u{a0}"))),
        ("nothing of line2 is seen", changed(|order| order["shipping_address"]["line2"] = json!("\u{200b}"))),
        ("billing_address is null", changed(|order| order["billing_address"] = Value::Null)),
        ("billing_address is empty", changed(|order| order["billing_address"] = full(""))),
        ("billing_address is blank", changed(|order| order["billing_address"] = full(" "))),
        ("billing_address has no field", changed(|order| order["billing_address"] = json!({}))),
        ("billing_address has some", changed(|order| order["billing_address"] = json!({ "line2": null, "city": "" }))),
        ("expected_total is null", changed(|order| order["expected_total"] = Value::Null)),
    ];
    for (what, other) in &same {
        for (first, second) in [(&plain, other), (other, &plain)] {
            let key = new_id().to_string();
            let (one, two) = (open.submit(&key, first.to_string()).await, open.submit(&key, second.to_string()).await);
            assert_eq!((one.status, two.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED), "{what}: {}", two.text);
            assert!(!one.replayed && two.replayed, "{what}");
            assert_eq!(id_in(&one.text), id_in(&two.text), "{what}");
        }
    }
    let without = to("HK", None);
    for (what, other) in [("empty", to("HK", Some(json!("")))), ("null", to("HK", Some(Value::Null)))] {
        let key = new_id().to_string();
        open.submit(&key, without.to_string()).await;
        assert!(open.submit(&key, other.to_string()).await.replayed, "postal_code is {what}");
    }
    for (what, other) in [
        ("line2", changed(|order| order["shipping_address"]["line2"] = json!("Hof"))),
        ("quantity", order(&[("TEA", 2)], "pm_card_visa")),
        ("billing_address", changed(|order| order["billing_address"] = order["shipping_address"].clone())),
    ] {
        let key = new_id().to_string();
        open.submit(&key, plain.to_string()).await;
        assert_eq!(open.submit(&key, other.to_string()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
}
