#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use serde_json::{Value, json};

fn order() -> Value {
    json!({
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 1}],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159", "country": "DE"
        },
        "payment": {"method": "pm_card_visa"}
    })
}

/// The places and rules that a body is refused with.
fn errors(body: &[u8]) -> Vec<(String, String)> {
    match parse(body) {
        Ok(_) => Vec::new(),
        Err(refusal) => {
            let document = refusal.document("r");
            assert_eq!(document.kind, "urn:sluice:problem:invalid-body");
            assert!(!document.errors.is_empty());
            document.errors.into_iter().map(|e| (e.pointer, e.detail)).collect()
        }
    }
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
    let mut body = order();
    change(&mut body);
    errors(body.to_string().as_bytes())
}

fn said(pointer: &str, detail: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), detail.to_owned())]
}

#[test]
fn an_order_is_the_same_however_it_is_spelled() {
    let plain = parse(order().to_string().as_bytes()).unwrap();
    let pretty = serde_json::to_string_pretty(&order()).unwrap().replace("Zoë", "Zo\\u00eb");
    assert_eq!(parse(pretty.as_bytes()).unwrap().canonical, plain.canonical);
}

#[test]
fn a_wrong_type_is_told_by_its_place_and_never_quoted() {
    assert_eq!(
        changed(|o| o["lines"][0]["quantity"] = json!("secret")),
        said("/lines/0/quantity", "must be a whole number from 1 to 1000000")
    );
    assert_eq!(
        changed(|o| o["lines"][0]["quantity"] = json!(1.5)),
        said("/lines/0/quantity", "must be a whole number from 1 to 1000000")
    );
    assert_eq!(
        changed(|o| o["lines"][0]["quantity"] = json!(u64::MAX - 1)),
        said("/lines/0/quantity", "must be a whole number from 1 to 1000000")
    );
    assert_eq!(changed(|o| o["email"] = json!(7)), said("/email", "must be a string"));
    assert_eq!(changed(|o| o["email"] = Value::Null), changed(|o| o["email"] = json!("")), "null is as good as empty");
    assert_eq!(changed(|o| o["lines"] = json!({})), said("/lines", "must be an array"));
    assert_eq!(changed(|o| o["payment"] = json!("secret, expected a secret")), said("/payment", "must be an object"));
    assert_eq!(changed(|o| o["currency"] = json!(5)), said("/currency", "must be a string"));
    assert_eq!(
        changed(|o| o["currency"] = json!("SECRET")),
        said("/currency", "must be an active ISO 4217 currency code in capitals, such as EUR")
    );
}

#[test]
fn missing_unknown_and_repeated_fields_are_named() {
    let missing = changed(|o| {
        o["lines"][0].as_object_mut().unwrap().remove("sku");
    });
    assert_eq!(missing, said("/lines/0/sku", "is required"));
    let missing = changed(|o| {
        o.as_object_mut().unwrap().remove("payment");
    });
    assert_eq!(missing, said("/payment", "is required"));
    assert_eq!(changed(|o| o["lines"][0]["price"] = json!(1)), said("/lines/0/price", "is not known"));
    assert_eq!(
        changed(|o| o["lines"][0]["`, expected \"my secret\""] = json!(1)),
        said("/lines/0", "has a member that is not known")
    );
    let several = changed(|o| {
        o["coupon"] = json!("X");
        o["email"] = json!("nobody");
        o["lines"][0]["quantity"] = json!(0);
    });
    let pointers: Vec<_> = several.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/coupon", "/lines/0/quantity", "/email"]);
    let twice = order().to_string().replacen('{', "{\"currency\":\"EUR\",", 1);
    assert_eq!(errors(twice.as_bytes()), said("/currency", "stands here twice"));
}

#[test]
fn what_is_no_json_is_told_by_line_and_column() {
    assert!(errors("\u{FEFF}{}".as_bytes())[0].1.contains("byte order mark"));
    assert_eq!(errors(b"{\n\"a"), said("", "the body is not valid JSON: see line 2 column 2"));
    for empty in [&b""[..], b" \n"] {
        assert_eq!(errors(empty), said("", "the body is empty: send the order as JSON"));
    }
    assert_eq!(errors(b"\xff{}"), said("", "the body must be UTF-8"));
    let trailing = format!("{} 1", order());
    assert!(errors(trailing.as_bytes())[0].1.starts_with("the body is not valid JSON"));
}

#[test]
fn arrays_are_no_objects_and_depth_is_no_weapon() {
    assert_eq!(changed(|o| o["lines"] = json!([["TEA", 1]])), said("/lines/0", "must be an object"));
    assert_eq!(changed(|o| o["payment"] = json!(["pm_card_visa"])), said("/payment", "must be an object"));
    assert_eq!(changed(|o| o["payment"] = json!([7, 8])), said("/payment", "must be an object"));
    assert_eq!(errors(br#"["EUR", [["TEA", 1]], null, "no", {}, null, 5]"#), said("", "must be an object"));
    let both = changed(|o| {
        o["billing_address"] = json!(["Zoe"]);
        o["email"] = json!("no");
        o["lines"][0]["quantity"] = json!("1");
    });
    let pointers: Vec<_> = both.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/billing_address", "/lines/0/quantity", "/email"]);
    let alone = changed(|o| o["lines"] = json!({"sku": "TEA", "quantity": 1}));
    assert_eq!(alone, said("/lines", "must be an array"));
    let braces = changed(|o| o["shipping_address"]["name"] = json!("[Zoë] \\\"[[[ \"x"));
    assert_eq!(braces, Vec::new());
    for open in ["[", "{\"a\":", "{\"lines\":["] {
        assert!(!errors(open.repeat(20_000).as_bytes()).is_empty());
    }
}

#[test]
fn a_card_number_is_told_by_its_place_wherever_it_hides() {
    let hidden = r"\u0034242 4242-4242 4242";
    let text = order().to_string();
    for (body, pointer) in [
        (text.replace("Zoë", "4242 4242 4242 4242"), "/shipping_address/name"),
        (text.replace("Zoë", hidden), "/shipping_address/name"),
        (text.replace("Zoë", "４２４２.４２４２.４２４２.４２４２"), "/shipping_address/name"),
        (text.replace("zoe@example.com", "4242424242424242@example.com"), "/email"),
        (text.replace("pm_card_visa", "4242424242424242"), "/payment/method"),
        (text.replace("\"quantity\":1", "\"quantity\":5555555555554444"), "/lines/0/quantity"),
        (text.replace("\"quantity\":1", "\"quantity\":1,\"note\":[\"4242-4242-4242-4242\"]"), "/lines/0/note/0"),
        (text.replace("\"quantity\"", "\"4242424242424242\""), "/lines/0"),
        (text.replace("\"quantity\"", &format!("\"{hidden}\"")), "/lines/0"),
    ] {
        let found = errors(body.as_bytes());
        assert_eq!(found.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), [pointer], "{body}");
        assert!(found[0].1.contains("card number") && !found[0].1.contains("4242"), "{found:?}");
    }
}

#[test]
fn other_numbers_of_a_buyers_life_are_no_card_numbers() {
    for line2 in
        ["Tel. +86 138 0013 8002", "IBAN DE89 3704 0044 0532 0130 00", "LT60 1010 0123 4567 8901", "9783161480027"]
    {
        assert_eq!(changed(|o| o["shipping_address"]["line2"] = json!(line2)), [], "{line2}");
    }
    assert_eq!(changed(|o| o["email"] = json!("31415926000004@example.com")), []);
}

#[test]
fn a_sku_that_looks_like_a_card_number_is_left_to_the_catalogue() {
    let parsed = parse(order().to_string().replace("TEA", "4006381310062").as_bytes()).unwrap();
    assert_eq!(parsed.suspects, [("/lines/0/sku".to_owned(), "4006381310062".to_owned())]);
    assert_eq!(parse(order().to_string().replace("TEA", "9783161480027").as_bytes()).unwrap().suspects, []);
    assert_eq!(
        changed(|o| o["lines"][0]["sku"] = json!(4_006_381_310_062_i64)),
        said("/lines/0/sku", "must be a string")
    );
}

#[test]
fn a_postal_code_may_be_missing_where_there_is_none() {
    for (country, needed) in [("HK", false), ("AE", false), ("BS", false), ("IE", false), ("DE", true), ("US", true)] {
        for empty in [None, Some(json!("")), Some(Value::Null), Some(json!(" \u{a0} "))] {
            let found = changed(|o| {
                let address = o["shipping_address"].as_object_mut().unwrap();
                address.insert("country".into(), json!(country));
                match &empty {
                    Some(value) => address.insert("postal_code".into(), value.clone()),
                    None => address.remove("postal_code"),
                };
            });
            let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
            let expected: &[&str] = if needed { &["/shipping_address/postal_code"] } else { &[] };
            assert_eq!(pointers, expected, "{country} {empty:?}");
        }
    }
    let long = changed(|o| o["shipping_address"]["postal_code"] = json!("1".repeat(21)));
    assert_eq!(long, said("/shipping_address/postal_code", "must be at most 20 characters"));
    let long = changed(|o| o["shipping_address"]["line2"] = json!("x".repeat(201)));
    assert_eq!(long, said("/shipping_address/line2", "must be at most 200 characters"));
}

#[test]
fn a_country_is_one_that_iso_has_assigned_and_a_usual_mistake_is_told() {
    let country = |code: &str| changed(|o| o["shipping_address"]["country"] = json!(code));
    for code in ["DE", "GB", "GR", "AX", "TW", "PS"] {
        assert_eq!(country(code), [], "{code}");
    }
    for (code, hint) in
        [("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("XK", "Kosovo"), ("ZZ", ""), ("EU", ""), ("de", "capitals")]
    {
        let found = country(code);
        assert_eq!(found.len(), 1, "{code}");
        assert_eq!(found[0].0, "/shipping_address/country");
        assert!(found[0].1.contains(hint) && (!hint.is_empty() || !found[0].1.contains(';')), "{code}: {found:?}");
    }
    let billing = changed(|o| {
        o["billing_address"] = o["shipping_address"].clone();
        o["billing_address"]["country"] = json!("UK");
    });
    assert_eq!(billing[0].0, "/billing_address/country");
}

#[test]
fn a_whole_number_is_the_same_with_a_point() {
    let plain = parse(order().to_string().as_bytes()).unwrap();
    for number in ["1.0", "1e0", "10e-1", "1.00"] {
        let body = order().to_string().replace("\"quantity\":1", &format!("\"quantity\":{number}"));
        assert_eq!(parse(body.as_bytes()).unwrap().canonical, plain.canonical, "{number}");
    }
    assert_eq!(changed(|o| o["lines"][0]["quantity"] = json!(0.5))[0].0, "/lines/0/quantity");
}

#[test]
fn what_is_sent_empty_is_absent() {
    let plain = parse(order().to_string().as_bytes()).unwrap();
    for (pointer, empty) in [
        ("/shipping_address/line2", json!("")),
        ("/shipping_address/line2", json!(" ")),
        ("/shipping_address/line2", Value::Null),
        ("/billing_address", Value::Null),
        ("/billing_address", json!({})),
        ("/billing_address", json!({"name": ""})),
        ("/billing_address", json!({"line2": null, "postal_code": " "})),
        ("/expected_total", Value::Null),
    ] {
        let mut body = order();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = empty.clone();
        assert_eq!(parse(body.to_string().as_bytes()).unwrap().request, plain.request, "{pointer} {empty}");
    }
}

/// Keys live for 30 days, over releases: what was written down for a body then is what it is held against.
#[test]
fn a_body_is_written_anew_as_release_0_1_0_wrote_it() {
    let mut body = order();
    body["shipping_address"]["line2"] = json!("");
    let written = r#"{"currency":"EUR","lines":[{"sku":"TEA","quantity":1}],"email":"zoe@example.com","shipping_address":{"name":"Zoë","line1":"Lange Straße 12","line2":"","city":"Hannover","postal_code":"30159","country":"DE"},"payment":{"method":"pm_card_visa"}}"#;
    assert_eq!(parse(body.to_string().as_bytes()).unwrap().canonical, written.as_bytes());
}

#[test]
fn control_characters_are_refused_in_every_field() {
    for pointer in
        ["/lines/0/sku", "/email", "/shipping_address/name", "/shipping_address/postal_code", "/payment/method"]
    {
        let found = changed(|o| *o.pointer_mut(pointer).unwrap() = json!("a\u{0}b"));
        assert_eq!(found.iter().map(|(p, _)| p.as_str()).collect::<Vec<_>>(), [pointer]);
    }
}

#[test]
fn only_json_in_utf_8_is_taken() {
    let kind = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
        must_be_json(&headers).is_ok()
    };
    for good in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "application/json; charset=utf8",
        "application/json;Charset=\"UTF8\"",
    ] {
        assert!(kind(good), "{good}");
    }
    for bad in [
        "text/json",
        "",
        "application/json; charset=latin1",
        "application/json; charset=utf-16",
        "application/json; charset=utf_8",
        "application/json; charset=",
        "application/jsonx",
        "application/problem+json",
    ] {
        assert!(!kind(bad), "{bad}");
    }
    assert!(must_be_json(&HeaderMap::new()).is_err());
}

#[test]
fn only_a_body_without_a_coding_is_taken() {
    let coded = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(value));
        }
        must_be_plain(&headers).is_err()
    };
    assert!(!coded(&[]));
    for good in [&["identity"][..], &["Identity"], &[""], &["identity, identity"]] {
        assert!(!coded(good), "{good:?}");
    }
    for bad in [&["gzip"][..], &["br"], &["identity, gzip"], &["identity", "deflate"], &["x"], &["utf-8"]] {
        assert!(coded(bad), "{bad:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_to_its_end() {
    let none = HeaderMap::new();
    assert_eq!(read(&none, Body::from(vec![b' '; LARGEST])).await.unwrap().len(), LARGEST);
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let refusal = read(&none, Body::from_stream(endless)).await.unwrap_err();
    assert_eq!(refusal.kind, Kind::BodyTooLarge);
    let mut long = HeaderMap::new();
    long.insert(header::CONTENT_LENGTH, HeaderValue::from_static("262145"));
    let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(read(&long, never).await.unwrap_err().kind, Kind::BodyTooLarge);
}
