//! The scenarios, for any installation that is reached by HTTP and has the tests' catalogue: four SKUs that are never
//! short, and one that is.

use adapters::system::{SystemClock, SystemIds};
use futures_util::future::join_all;
use handlers::token::{Identity, Role, TokenKey};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{any::Any, collections::HashSet, time::Duration};
use workflows::ports::{Clock, Ids};

/// The local AWS takes its time, above all when it starts its functions.
const WITHIN: Duration = Duration::from_secs(90);

/// Makes a test of each scenario, on the installation that the second expression gives, run by what the first names.
macro_rules! each_scenario {
    ($run:path, $target:expr) => {
        $crate::suite::each_scenario! { $run, $target =>
            a_paid_order_is_confirmed_and_invoiced,
            a_declined_order_says_why,
            an_order_that_cannot_be_is_rejected,
            an_order_as_large_as_a_body_may_be_goes_its_way,
            a_payment_in_doubt_ends_as_the_provider_has_it,
            a_provider_in_trouble_delays_an_order_only,
            one_key_makes_one_order,
            whoever_waits_is_told_the_decision,
            bad_bodies_are_refused_and_use_no_key,
            what_is_somebody_elses_does_not_exist,
            without_a_good_token_nothing_opens,
            a_confirmed_order_can_be_cancelled_and_a_rejected_one_cannot,
            the_catalogue_can_be_read_and_searched,
            support_finds_orders,
        }
    };
    ($run:path, $target:expr => $($name:ident,)+) => {
        mod scenarios {
            $(#[test]
            fn $name() {
                $run(async { $crate::suite::$name(&$target.await).await });
            })+
        }
    };
}
pub(crate) use each_scenario;

/// An installation, as its users reach it.
pub(crate) struct Target {
    url: String,
    key: TokenKey,
    http: reqwest::Client,
    /// What it runs on.
    _keeps: Option<Box<dyn Any + Send>>,
}

impl Target {
    pub(crate) fn new(url: String, key: TokenKey, keeps: Option<Box<dyn Any + Send>>) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Self { url, key, http, _keeps: keeps }
    }

    fn token(&self, sub: &str, role: Role) -> String {
        let identity = Identity { sub: sub.to_owned(), role, warehouse: None };
        self.key.sign(&identity, SystemClock.now(), time::Duration::hours(2)).unwrap()
    }

    fn get(&self, customer: &str, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url)).bearer_auth(self.token(customer, Role::Customer))
    }

    fn post(&self, customer: &str, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url)).bearer_auth(self.token(customer, Role::Customer))
    }

    async fn submit(&self, customer: &str, key: &str, order: &Value) -> Response {
        self.post(customer, "/v1/orders").header("Idempotency-Key", key).json(order).send().await.unwrap()
    }

    /// Submits an order under a key of its own; the path where it is.
    pub(crate) async fn accepted(&self, customer: &str, order: &Value) -> String {
        let answer = self.submit(customer, &unique("key"), order).await;
        let location = answer.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::ACCEPTED, "{text}");
        let order: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(order["status"], "submitted");
        let location = location.unwrap();
        assert_eq!(location, format!("/v1/orders/{}", order["id"].as_str().unwrap()));
        location
    }

    async fn order(&self, customer: &str, path: &str) -> Value {
        answered(self.get(customer, path), StatusCode::OK).await
    }

    /// The order once it has come to its end, a confirmed one with its invoice.
    pub(crate) async fn ended(&self, customer: &str, path: &str) -> Value {
        let end = tokio::time::Instant::now() + WITHIN;
        loop {
            let order = self.order(customer, path).await;
            let status = order["status"].as_str().unwrap();
            let ended = match status {
                "confirmed" => order["invoice"].is_object(),
                other => other != "submitted" && other != "reserved",
            };
            if ended {
                return order;
            }
            assert!(tokio::time::Instant::now() < end, "it stays {status}: {order}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The JSON that a request is answered with, which has to be with that status.
async fn answered(request: RequestBuilder, status: StatusCode) -> Value {
    let answer = request.send().await.unwrap();
    let (found, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Requires a problem document of that type.
async fn refused(request: RequestBuilder, status: StatusCode, kind: &str) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{}", answer.status());
    let (found, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["type"], format!("urn:sluice:problem:{kind}"));
    assert_eq!(problem["status"], status.as_u16());
    problem
}

fn unique(what: &str) -> String {
    format!("{what}-{}", SystemIds.order_id().0.simple())
}

fn order(lines: &[(&str, i64)], method: &str) -> Value {
    let lines: Vec<_> = lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    json!({
        "currency": "EUR",
        "lines": lines,
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë Müller", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159",
            "country": "DE"
        },
        "payment": { "method": method }
    })
}

pub(crate) async fn a_paid_order_is_confirmed_and_invoiced(target: &Target) {
    let customer = unique("zoe");
    let path = target.accepted(&customer, &order(&[("TEA", 2), ("CUP", 1), ("TEA", 1)], "pm_card_visa")).await;
    let order = target.ended(&customer, &path).await;
    assert_eq!(order["status"], "confirmed");
    // Four units at 12.50 and 19 % on the whole.
    assert_eq!(order["total"], json!({ "amount": 5_950, "currency": "EUR" }));
    assert_eq!(order["payment"]["status"], "authorized");
    assert_eq!(order["lines"].as_array().unwrap().len(), 3);

    let invoice = target.get(&customer, order["invoice"]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(invoice.status(), StatusCode::OK);
    assert_eq!(invoice.headers()[header::CONTENT_TYPE], "application/pdf");
    let number = order["invoice"]["number"].as_str().unwrap();
    assert!(invoice.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().contains(number));
    let pdf = invoice.bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.windows(5).any(|bytes| bytes == b"%%EOF"));

    let read = target.get(&customer, &path).send().await.unwrap();
    let etag = read.headers()[header::ETAG].clone();
    let again = target.get(&customer, &path).header(header::IF_NONE_MATCH, etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let listed = target.order(&customer, "/v1/orders?status=confirmed&limit=5").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], order["id"]);
}

pub(crate) async fn a_declined_order_says_why(target: &Target) {
    let customer = unique("max");
    let methods = [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_nobody_issued", "resource_missing"),
    ];
    let paths =
        join_all(methods.map(|(method, _)| async { target.accepted(&customer, &order(&[("TEA", 1)], method)).await }));
    for ((method, code), path) in methods.into_iter().zip(paths.await) {
        let order = target.ended(&customer, &path).await;
        assert_eq!((&order["status"], &order["reason"]), (&json!("rejected"), &json!("payment_declined")), "{method}");
        assert_eq!(order["detail"], code, "{method}");
        refused(target.get(&customer, &format!("{path}/invoice")), StatusCode::NOT_FOUND, "no-invoice").await;
    }
}

pub(crate) async fn an_order_that_cannot_be_is_rejected(target: &Target) {
    let customer = unique("ida");
    let mut shown_another_price = order(&[("TEA", 1)], "pm_card_visa");
    shown_another_price["expected_total"] = json!({ "amount": 1, "currency": "EUR" });
    let mut in_dollars = order(&[("TEA", 1)], "pm_card_visa");
    in_dollars["currency"] = json!("USD");
    let orders = [
        (order(&[("TEA", 1), ("NO-SUCH-SKU", 1)], "pm_card_visa"), "unknown_sku"),
        (order(&[("TEA", 1), ("HOT", 1)], "pm_card_visa"), "out_of_stock"),
        (shown_another_price, "price_changed"),
        (in_dollars, "currency_mismatch"),
    ];
    for (order, reason) in orders {
        let path = target.accepted(&customer, &order).await;
        let order = target.ended(&customer, &path).await;
        assert_eq!((&order["status"], &order["reason"]), (&json!("rejected"), &json!(reason)));
        assert_eq!(order["payment"], Value::Null, "{reason}");
    }
}

pub(crate) async fn an_order_as_large_as_a_body_may_be_goes_its_way(target: &Target) {
    let customer = unique("big");
    // Three bytes a character: more than a queue's message holds on AWS, and less than the API's limit.
    let lines: Vec<_> =
        (0..1_000).map(|n| json!({ "sku": format!("{}{n:04}", "茶".repeat(60)), "quantity": 1 })).collect();
    let mut large = order(&[], "pm_card_visa");
    large["lines"] = json!(lines);
    assert!(large.to_string().len() > 200 * 1024);
    let path = target.accepted(&customer, &large).await;
    let order = target.ended(&customer, &path).await;
    assert_eq!((&order["status"], &order["reason"]), (&json!("rejected"), &json!("unknown_sku")));
    assert_eq!(order["lines"].as_array().unwrap().len(), 1_000);
}

pub(crate) async fn a_payment_in_doubt_ends_as_the_provider_has_it(target: &Target) {
    let customer = unique("eva");
    let charged = target.accepted(&customer, &order(&[("POT", 1)], "pm_sandbox_timeout_charged")).await;
    let lost = target.accepted(&customer, &order(&[("POT", 1)], "pm_sandbox_timeout_lost")).await;
    let charged = target.ended(&customer, &charged).await;
    assert_eq!((&charged["status"], &charged["payment"]["status"]), (&json!("confirmed"), &json!("authorized")));
    let lost = target.ended(&customer, &lost).await;
    assert_eq!((&lost["status"], &lost["reason"]), (&json!("rejected"), &json!("payment_unavailable")));
}

pub(crate) async fn a_provider_in_trouble_delays_an_order_only(target: &Target) {
    let customer = unique("leo");
    let flaky = target.accepted(&customer, &order(&[("TIN", 1)], "pm_sandbox_flaky")).await;
    let slow = target.accepted(&customer, &order(&[("TIN", 1)], "pm_sandbox_slow")).await;
    for path in [flaky, slow] {
        assert_eq!(target.ended(&customer, &path).await["status"], "confirmed", "{path}");
    }
}

pub(crate) async fn one_key_makes_one_order(target: &Target) {
    let (customer, key) = (unique("ann"), unique("cart"));
    let body = order(&[("TEA", 1)], "pm_card_visa");
    let answers = join_all((0..5).map(|_| target.submit(&customer, &key, &body))).await;
    let (mut ids, mut replayed) = (HashSet::new(), 0);
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        replayed += usize::from(answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true"));
        ids.insert(answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!((ids.len(), replayed), (1, 4));
    let path = format!("/v1/orders/{}", ids.into_iter().next().unwrap());
    target.ended(&customer, &path).await;
    let again = target.submit(&customer, &key, &body).await;
    assert_eq!(again.headers()[header::LOCATION], *path);
    assert_eq!(target.order(&customer, "/v1/orders").await["items"].as_array().unwrap().len(), 1);

    let other = target.post(&customer, "/v1/orders").header("Idempotency-Key", &key);
    let other = other.json(&order(&[("TEA", 2)], "pm_card_visa"));
    refused(other, StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused").await;
    let without = target.post(&customer, "/v1/orders").json(&body);
    refused(without, StatusCode::BAD_REQUEST, "invalid-idempotency-key").await;
    // Keys are each customer's own.
    let neighbour = target.submit(&unique("ben"), &key, &body).await;
    assert!(neighbour.headers().get("idempotency-replayed").is_none());
    assert_ne!(neighbour.headers()[header::LOCATION], *path);
}

pub(crate) async fn whoever_waits_is_told_the_decision(target: &Target) {
    let customer = unique("kim");
    let request =
        target.post(&customer, "/v1/orders").header("Idempotency-Key", unique("key")).header("Prefer", "wait=20");
    let answer = request.json(&order(&[("CUP", 1)], "pm_card_visa")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["preference-applied"], "wait=20");
    assert_eq!(answer.json::<Value>().await.unwrap()["status"], "confirmed");
}

pub(crate) async fn bad_bodies_are_refused_and_use_no_key(target: &Target) {
    const CARD: &str = "4242 4242 4242 4242";
    let (customer, key) = (unique("bad"), unique("key"));
    let changed = |change: fn(&mut Value)| {
        let mut body = order(&[("TEA", 1)], "pm_card_visa");
        change(&mut body);
        body.to_string().into_bytes()
    };
    let send = |body: Vec<u8>, kind: &str| {
        let request = target.post(&customer, "/v1/orders").header("Idempotency-Key", &key);
        request.header(header::CONTENT_TYPE, kind).body(body)
    };
    let bodies: [(&str, Vec<u8>); 9] = [
        ("no JSON", b"order please".to_vec()),
        ("nothing", Vec::new()),
        ("invalid UTF-8", [b"{\"currency\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat()),
        ("an unknown field", changed(|o| o["coupon"] = json!("X"))),
        ("half a unit", changed(|o| o["lines"][0]["quantity"] = json!(0.5))),
        ("an unknown currency", changed(|o| o["currency"] = json!("EUX"))),
        ("a NUL", changed(|o| o["shipping_address"]["name"] = json!("Zoe\u{0}"))),
        ("a card number in the address", changed(|o| o["shipping_address"]["line2"] = json!(CARD))),
        ("a card number as the method", changed(|o| o["payment"]["method"] = json!("4242424242424242"))),
    ];
    for (what, body) in bodies {
        let problem = refused(send(body, "application/json"), StatusCode::BAD_REQUEST, "invalid-body").await;
        assert!(!problem.to_string().contains("4242"), "{what}: {problem}");
    }
    let pointed = refused(
        send(changed(|o| o["lines"][0]["quantity"] = json!(0)), "application/json"),
        StatusCode::BAD_REQUEST,
        "invalid-body",
    );
    assert_eq!(pointed.await["errors"][0]["pointer"], "/lines/0/quantity");
    let large = changed(|o| o["email"] = json!("x".repeat(300_000)));
    refused(send(large, "application/json"), StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").await;
    let form = send(b"a=b".to_vec(), "application/x-www-form-urlencoded");
    refused(form, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type").await;
    assert!(target.order(&customer, "/v1/orders").await["items"].as_array().unwrap().is_empty());
    let good = target.submit(&customer, &key, &order(&[("TEA", 1)], "pm_card_visa")).await;
    assert_eq!((good.status(), good.headers().get("idempotency-replayed")), (StatusCode::ACCEPTED, None));
}

pub(crate) async fn what_is_somebody_elses_does_not_exist(target: &Target) {
    let (zoe, mallory) = (unique("zoe"), unique("mallory"));
    let path = target.accepted(&zoe, &order(&[("TEA", 1)], "pm_card_visa")).await;
    target.ended(&zoe, &path).await;
    for suffix in ["", "/invoice"] {
        refused(target.get(&mallory, &format!("{path}{suffix}")), StatusCode::NOT_FOUND, "not-found").await;
    }
    refused(target.post(&mallory, &format!("{path}/cancel")), StatusCode::NOT_FOUND, "not-found").await;
    refused(target.get(&zoe, "/v1/orders/no-id"), StatusCode::NOT_FOUND, "not-found").await;
    refused(target.get(&zoe, "/v1/nothing"), StatusCode::NOT_FOUND, "not-found").await;
    assert_eq!(target.order(&zoe, &path).await["status"], "confirmed");
}

pub(crate) async fn without_a_good_token_nothing_opens(target: &Target) {
    let url = format!("{}/v1/orders", target.url);
    refused(target.http.get(&url), StatusCode::UNAUTHORIZED, "unauthorized").await;
    refused(target.http.get(&url).bearer_auth("x.y.z"), StatusCode::UNAUTHORIZED, "unauthorized").await;
    let other = TokenKey::from_bytes(&[7; 32]).unwrap();
    let zoe = Identity { sub: "zoe".to_owned(), role: Role::Customer, warehouse: None };
    let forged = other.sign(&zoe, SystemClock.now(), time::Duration::hours(1)).unwrap();
    refused(target.http.get(&url).bearer_auth(forged), StatusCode::UNAUTHORIZED, "unauthorized").await;
    let yesterday = SystemClock.now() - time::Duration::days(1);
    let expired = target.key.sign(&zoe, yesterday, time::Duration::hours(1)).unwrap();
    refused(target.http.get(&url).bearer_auth(expired), StatusCode::UNAUTHORIZED, "unauthorized").await;
    refused(target.get("zoe", "/v1/support/orders?q=zoe"), StatusCode::FORBIDDEN, "forbidden").await;
}

pub(crate) async fn a_confirmed_order_can_be_cancelled_and_a_rejected_one_cannot(target: &Target) {
    let customer = unique("tom");
    let path = target.accepted(&customer, &order(&[("TIN", 1)], "pm_card_visa")).await;
    assert_eq!(target.ended(&customer, &path).await["status"], "confirmed");
    answered(target.post(&customer, &format!("{path}/cancel")), StatusCode::ACCEPTED).await;
    let end = tokio::time::Instant::now() + WITHIN;
    loop {
        let order = target.order(&customer, &path).await;
        if (order["status"].as_str(), order["payment"]["status"].as_str()) == (Some("cancelled"), Some("voided")) {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "{order}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let declined = target.accepted(&customer, &order(&[("TIN", 1)], "pm_card_chargeDeclined")).await;
    assert_eq!(target.ended(&customer, &declined).await["status"], "rejected");
    refused(target.post(&customer, &format!("{declined}/cancel")), StatusCode::CONFLICT, "cannot-cancel").await;
}

pub(crate) async fn the_catalogue_can_be_read_and_searched(target: &Target) {
    let page = target.order("zoe", "/v1/products?limit=2").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = format!("/v1/products?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_ne!(target.order("zoe", &next).await["items"][0]["sku"], page["items"][0]["sku"]);
    let tea = target.order("zoe", "/v1/products/TEA").await;
    assert_eq!(tea["price"], json!({ "amount": 1_250, "currency": "EUR" }));
    let found = target.order("zoe", "/v1/search?q=tae%20for").await;
    assert_eq!(found["items"][0]["sku"], "TEA");
    refused(target.get("zoe", "/v1/products/NONE"), StatusCode::NOT_FOUND, "not-found").await;
    refused(target.get("zoe", "/v1/products?limit=0"), StatusCode::BAD_REQUEST, "invalid-parameter").await;
}

pub(crate) async fn support_finds_orders(target: &Target) {
    let customer = unique("uma");
    let mut body = order(&[("TEA", 1)], "pm_card_visa");
    body["email"] = json!(format!("{customer}@example.com"));
    let path = target.accepted(&customer, &body).await;
    target.ended(&customer, &path).await;
    let end = tokio::time::Instant::now() + WITHIN;
    loop {
        let url = format!("{}/v1/support/orders?q={customer}@example.com", target.url);
        let request = target.http.get(url).bearer_auth(target.token("sue", Role::Support));
        let found = answered(request, StatusCode::OK).await;
        if found["items"][0]["status"] == "confirmed" {
            assert!(path.ends_with(found["items"][0]["id"].as_str().unwrap()));
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{found}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
