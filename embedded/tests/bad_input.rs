//! Bad input to a real server: each gets the right problem with a request id, and nothing of it is stored or logged.
#![allow(clippy::unwrap_used, clippy::as_conversions, reason = "a test fails by panicking")]

mod support;

use adapters::system::SystemClock;
use reqwest::{Response, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use support::{Shop, order, server::Server};
use workflows::ports::Clock;

const CARD: &str = "4242 4242 4242 4242";

/// Every table that an order could leave a trace in.
const TRACES: &str = "select (select count(*) from submissions) + (select count(*) from orders)
    + (select count(*) from messages) + (select count(*) from order_events) + (select count(*) from executions)
    + (select count(*) from sandbox.payment_intents)";

async fn send(shop: &Shop, server: &Server, body: Vec<u8>, content_type: &str) -> Response {
    let request = shop.http.post(format!("{}/v1/orders", server.url)).bearer_auth(shop.token("zoe"));
    request.header("Idempotency-Key", "bad").header(CONTENT_TYPE, content_type).body(body).send().await.unwrap()
}

async fn is_problem(answer: Response, status: StatusCode, what: &str) {
    assert_eq!(answer.status(), status, "{what}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json", "{what}");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let text = answer.text().await.unwrap();
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["request_id"], Value::String(id), "{what}");
    assert_eq!(problem["status"], status.as_u16(), "{what}");
    assert!(problem["type"].as_str().unwrap().starts_with("urn:sluice:problem:"), "{what}");
    assert!(!text.contains("4242"), "{what}: {text}");
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut body = order(&[("TEA", 1)], "pm_card_visa");
    change(&mut body);
    body.to_string().into_bytes()
}

fn bad_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let line = json!({ "sku": "TEA", "quantity": 1 });
    vec![
        ("no JSON", b"order please".to_vec()),
        ("nothing", Vec::new()),
        ("half a body", b"{\"currency\":\"EUR\"".to_vec()),
        ("a list", b"[]".to_vec()),
        ("wrong type", changed(|o| o["lines"] = json!("TEA"))),
        ("unknown field", changed(|o| o["coupon"] = json!("X"))),
        ("no units", changed(|o| o["lines"][0]["quantity"] = json!(0))),
        ("negative units", changed(|o| o["lines"][0]["quantity"] = json!(-1))),
        ("too many units", changed(|o| o["lines"][0]["quantity"] = json!(1_000_000_000_000_i64))),
        ("half a unit", changed(|o| o["lines"][0]["quantity"] = json!(0.5))),
        ("too many lines", changed(|o| o["lines"] = json!(vec![line; 1_001]))),
        ("deep nesting", [b"{\"lines\":".as_slice(), "[".repeat(50_000).as_bytes()].concat()),
        ("invalid UTF-8", [b"{\"currency\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat()),
        ("a NUL", changed(|o| o["shipping_address"]["name"] = json!("Zoe\u{0}"))),
        ("an unknown currency", changed(|o| o["currency"] = json!("EUX"))),
        ("mixed currencies", changed(|o| o["expected_total"] = json!({ "amount": 1, "currency": "USD" }))),
        ("a card number as the method", changed(|o| o["payment"]["method"] = json!("4242424242424242"))),
        ("a card number in the address", changed(|o| o["shipping_address"]["line2"] = json!(CARD))),
        ("a card number in an unknown field", changed(|o| o["note"] = json!(CARD))),
        ("a card number as a number", changed(|o| o["lines"][0]["quantity"] = json!(4_242_424_242_424_242_i64))),
        ("a card number in what is no JSON", format!("card={CARD}").into_bytes()),
    ]
}

#[tokio::test]
async fn bad_input_is_refused_and_leaves_no_trace() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    for (what, body) in bad_bodies() {
        is_problem(send(&shop, &server, body, "application/json").await, StatusCode::BAD_REQUEST, what).await;
    }
    let large = changed(|o| o["email"] = json!("x".repeat(300_000)));
    is_problem(send(&shop, &server, large, "application/json").await, StatusCode::PAYLOAD_TOO_LARGE, "large").await;
    let form = send(&shop, &server, b"a=b".to_vec(), "application/x-www-form-urlencoded").await;
    is_problem(form, StatusCode::UNSUPPORTED_MEDIA_TYPE, "a form").await;
    let url = format!("{}/v1/orders", server.url);
    let keyless = shop.http.post(&url).bearer_auth(shop.token("zoe")).json(&order(&[("TEA", 1)], "pm_card_visa"));
    is_problem(keyless.send().await.unwrap(), StatusCode::BAD_REQUEST, "no key").await;
    assert_eq!(shop.count(TRACES).await, 0);
    assert!(!server.log().contains("4242"), "a card number was logged");
    // The key was used for nothing, so it is still free.
    shop.accepted(&server.url, "zoe", "bad", &order(&[("TEA", 1)], "pm_card_visa")).await;
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let good = shop.token("zoe");
    let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("{none}.{}.", parts[1]);
    let claims = URL_SAFE_NO_PAD.decode(&parts[1]).unwrap();
    let promoted = String::from_utf8(claims).unwrap().replace("customer", "support");
    parts[1] = URL_SAFE_NO_PAD.encode(promoted);
    let key = runtime::development_key::development_key(shop.dir.path()).unwrap();
    let zoe = handlers::token::Identity { sub: "zoe".into(), role: handlers::token::Role::Customer, warehouse: None };
    let yesterday = SystemClock.now() - time::Duration::days(1);
    let expired = key.sign(&zoe, yesterday, time::Duration::hours(1)).unwrap();
    for (what, token) in
        [("alg none", unsigned), ("forged", parts.join(".")), ("expired", expired), ("garbage", "x".into())]
    {
        let asked = shop.http.get(format!("{}/v1/orders", server.url)).bearer_auth(token).send().await.unwrap();
        assert!(asked.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{what}");
        is_problem(asked, StatusCode::UNAUTHORIZED, what).await;
    }
    let without = shop.http.get(format!("{}/v1/orders", server.url)).send().await.unwrap();
    is_problem(without, StatusCode::UNAUTHORIZED, "no token").await;
}

#[tokio::test]
async fn what_is_somebody_elses_does_not_exist() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let id = shop.accepted(&server.url, "zoe", "mine", &order(&[("TEA", 1)], "pm_card_visa")).await;
    for path in ["", "/invoice"] {
        let url = format!("{}/v1/orders/{id}{path}", server.url);
        let asked = shop.http.get(url).bearer_auth(shop.token("mallory")).send().await.unwrap();
        is_problem(asked, StatusCode::NOT_FOUND, path).await;
    }
    is_problem(shop.cancel(&server.url, "mallory", id).await.unwrap(), StatusCode::NOT_FOUND, "cancel").await;
    assert_ne!(shop.status(id).await, "cancelled");
}
