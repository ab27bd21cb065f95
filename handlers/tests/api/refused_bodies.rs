//! Bodies that are refused, each with the right problem, and nothing of them stored.

use crate::world::*;
use axum::{body::Body, http::StatusCode};
use serde_json::{Value, json};

async fn refused(body: impl Into<Body>) -> Answer {
    let world = World::new();
    let answer = world.ask(submission("alice", "k1", body)).await;
    assert_eq!(world.accepted(), 0);
    answer
}

/// Where and with what words the body is refused.
async fn places(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut body = order();
    change(&mut body);
    let answer = refused(body.to_string()).await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-body"));
    let document = answer.json();
    let errors = document["errors"].as_array().unwrap();
    assert!(errors.iter().all(|e| !e["detail"].as_str().unwrap().is_empty()));
    errors.iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_wrong_field_is_named_by_its_place() {
    assert_eq!(places(|o| o["lines"][0]["quantity"] = json!("two")).await, ["/lines/0/quantity"]);
    for quantity in [0_i64, -1, 1_000_000_000_000, i64::MIN] {
        assert_eq!(places(|o| o["lines"][0]["quantity"] = json!(quantity)).await, ["/lines/0/quantity"]);
    }
    assert_eq!(places(|o| o["lines"] = json!([])).await, ["/lines"]);
    assert_eq!(places(|o| o["lines"] = json!(vec![json!({"sku": "T", "quantity": 1}); 1001])).await, ["/lines"]);
    assert_eq!(places(|o| o["lines"][0]["sku"] = json!("T\u{0}")).await, ["/lines/0/sku"]);
    assert_eq!(places(|o| o["lines"][0]["sku"] = json!("x".repeat(65))).await, ["/lines/0/sku"]);
    assert_eq!(places(|o| o["colour"] = json!("blue")).await, ["/colour"]);
    assert_eq!(places(|o| o["currency"] = json!("XXX")).await, ["/currency"]);
    assert_eq!(places(|o| o["currency"] = json!("eur")).await, ["/currency"]);
    let mixed = |o: &mut Value| o["expected_total"] = json!({"amount": 100, "currency": "USD"});
    assert_eq!(places(mixed).await, ["/expected_total/currency"]);
    assert_eq!(places(|o| o["shipping_address"]["country"] = json!("Germany")).await, ["/shipping_address/country"]);
    assert_eq!(places(|o| o["shipping_address"]["name"] = json!("a\u{0}b")).await, ["/shipping_address/name"]);
    assert_eq!(places(|o| o["email"] = json!("nobody")).await, ["/email"]);
    assert_eq!(places(|o| o["payment"] = json!({})).await, ["/payment/method"]);
    assert_eq!(places(|o| o["payment"]["method"] = json!("4242424242424242")).await, ["/payment/method"]);
}

#[tokio::test]
async fn what_is_no_order_at_all_is_refused() {
    let deep = "[".repeat(100_000);
    let deep_in_place = order().to_string().replace("\"TEA\"", &"[".repeat(1000));
    for body in ["", "null", "[]", "{}", "\"order\"", "{", "not json", &deep, &deep_in_place, "{\"currency\":1e999}"] {
        let answer = refused(body.to_owned()).await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-body"));
    }
    let not_utf8 = order().to_string().into_bytes().into_iter().map(|b| if b == b'T' { 0xff } else { b });
    let answer = refused(not_utf8.collect::<Vec<_>>()).await;
    assert_eq!(answer.json()["errors"][0]["detail"], "the body must be UTF-8");
}

#[tokio::test]
async fn a_thousand_lines_of_one_sku_and_an_empty_second_line_of_the_address_are_an_order() {
    let mut body = order();
    body["shipping_address"]["line2"] = json!("");
    body["lines"] = json!(vec![json!({"sku": "T", "quantity": 1_000_000}); 1000]);
    let answer = World::new().ask(submission("alice", "k1", body.to_string())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_large_body_is_refused_declared_or_not() {
    let mut body = order();
    body["email"] = json!("x".repeat(256 * 1024));
    let text = body.to_string();
    let mut declared = submission("alice", "k1", text.clone());
    declared.headers_mut().insert("content-length", text.len().to_string().parse().unwrap());
    let world = World::new();
    assert_eq!(world.ask(declared).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let chunks = text.into_bytes().chunks(1000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>();
    let chunked = Body::from_stream(futures_util::stream::iter(chunks));
    let answer = world.ask(submission("alice", "k1", chunked)).await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"));
    let broken = futures_util::stream::iter([Ok(vec![b'{']), Err(std::io::Error::other("gone"))]);
    assert_eq!(refused(Body::from_stream(broken)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let world = World::new();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
        let mut request = submission("alice", "k1", order().to_string());
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        let answer = world.ask(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(answer.slug(), "unsupported-media-type");
    }
    let mut good = submission("alice", "k1", order().to_string());
    good.headers_mut().insert("content-type", "application/json; charset=UTF-8".parse().unwrap());
    assert_eq!(world.ask(good).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_would_be_taken_instead_is_said_in_a_header() {
    let world = World::new();
    for (name, value, said, wanted) in [
        ("content-encoding", "gzip", "accept-encoding", "identity"),
        ("content-encoding", "identity, br", "accept-encoding", "identity"),
        ("content-type", "text/plain", "accept", "application/json"),
    ] {
        let mut request = submission("alice", "k1", order().to_string());
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = world.ask(request).await;
        assert_eq!(
            (answer.status, answer.slug().as_str()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
        );
        assert_eq!(answer.header(said), wanted, "{value}");
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty());
    }
    let mut plain = submission("alice", "k1", order().to_string());
    plain.headers_mut().insert("content-encoding", "identity".parse().unwrap());
    plain.headers_mut().insert("content-type", "application/json; charset=utf8".parse().unwrap());
    assert_eq!(world.ask(plain).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_body_with_many_faults_is_mended_once() {
    let mixed = |o: &mut Value| {
        o["currency"] = json!(1);
        o["lines"][0]["quantity"] = json!("two");
        o["shipping_address"].as_object_mut().unwrap().remove("city");
        o["coupon"] = json!("X");
    };
    let mut told = places(mixed).await;
    told.sort();
    assert_eq!(told, ["/coupon", "/currency", "/lines/0/quantity", "/shipping_address/city"]);
}

#[tokio::test]
async fn nothing_of_a_refused_body_is_said_again() {
    let secret = "hunter2-4242 4242 4242 4242";
    for text in [secret, "hunter2", r"hunter2-\u0034242 4242 4242 4242"] {
        for place in
            ["\"EUR\"", "\"TEA\"", "2", "\"lines\"", "\"zoe@example.com\"", "\"Zoë\"", "\"DE\"", "\"pm_card_visa\""]
        {
            let answer = refused(order().to_string().replacen(place, &format!("\"{text}!\\u0000\""), 1)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            let said = String::from_utf8(answer.body.to_vec()).unwrap();
            assert!(!said.contains("hunter2") && !said.contains("4242"), "{place}: {said}");
        }
    }
}

#[tokio::test]
async fn a_barcode_that_the_catalogue_has_can_be_ordered_and_a_card_number_in_its_place_cannot() {
    let world = World::new();
    world.shop.sells(&schemas::api::product::Product {
        sku: "4006381310062".into(),
        name: "Fineliner".into(),
        price: serde_json::from_value(json!({"amount": 100, "currency": "EUR"})).unwrap(),
        tax_rate_bp: 1_900,
        available: 1,
        price_includes_tax: false,
    });
    let ordered = |skus: &[&str]| {
        let mut body = order();
        body["lines"] = skus.iter().map(|sku| json!({"sku": sku, "quantity": 1})).collect();
        submission("alice", "k1", body.to_string())
    };
    let barcode = world.ask(ordered(&["TEA", "4006381310062", "4006381310062"])).await;
    assert_eq!(barcode.status, StatusCode::ACCEPTED);
    for card in ["4242424242424242", "30569309025904", "4222222222222", "x 4242 4242 4242 4242"] {
        let answer = world.ask(ordered(&["TEA", "4006381310062", card])).await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-body"), "{card}");
        assert_eq!(answer.json()["errors"][0]["pointer"], "/lines/2/sku");
        assert!(!String::from_utf8(answer.body.to_vec()).unwrap().contains(card));
    }
    assert_eq!(world.accepted(), 1);
}

#[tokio::test]
async fn an_order_of_barcodes_waits_for_nobody_who_reads() {
    let world = World::new();
    let _reading = world.hang();
    let mut body = order();
    body["lines"] = json!([{"sku": "4242424242424242", "quantity": 1}]);
    let asked = world.ask(submission("alice", "k1", body.to_string()));
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), asked).await.unwrap();
    assert_eq!(answer.slug(), "invalid-body", "nobody sells that");
}

#[tokio::test]
async fn a_card_number_as_the_requests_id_is_not_said_again() {
    let world = World::new();
    for (id, kept) in [("cart-17", true), ("card4242424242424242", false), ("4242-4242-4242-4242", false)] {
        let mut request = submission("alice", "k1", "{}");
        request.headers_mut().insert("x-request-id", id.parse().unwrap());
        let answer = world.ask(request).await;
        assert_eq!(answer.header("x-request-id") == id, kept, "{id}");
        assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    }
}
