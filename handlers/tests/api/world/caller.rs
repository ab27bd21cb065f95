//! Whoever calls the API, and checks of every answer what every answer must have.

use super::{NOW, SECRET};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
};
use handlers::{
    api::openapi_document,
    token::{Identity, Role, TokenKey},
};
use http_body_util::BodyExt;
use schemas::ids::OrderId;
use serde_json::{Value, json};
use time::Duration;
use tower::ServiceExt;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The kind of problem that it is.
    pub(crate) fn slug(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.strip_prefix("urn:sluice:problem:").unwrap().to_owned()
    }
}

pub(crate) fn token(name: &str) -> String {
    let role = match name {
        "support" => Role::Support,
        "warehouse" => Role::Warehouse,
        _ => Role::Customer,
    };
    let warehouse = (role == Role::Warehouse).then(|| "W1".to_owned());
    let identity = Identity { sub: name.into(), role, warehouse };
    TokenKey::from_bytes(SECRET).unwrap().sign(&identity, NOW, Duration::hours(1)).unwrap()
}

pub(crate) fn get(path: &str, name: &str) -> Request<Body> {
    let request = Request::get(path).header("authorization", format!("Bearer {}", token(name)));
    request.body(Body::empty()).unwrap()
}

pub(crate) fn order() -> Value {
    json!({
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 2}],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159", "country": "DE"
        },
        "payment": {"method": "pm_card_visa"}
    })
}

/// A good submission, to be changed where a test wants it.
pub(crate) fn submission(name: &str, key: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/orders")
        .header("authorization", format!("Bearer {}", token(name)))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body.into())
        .unwrap()
}

pub(crate) fn id_of(answer: &Answer) -> OrderId {
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

/// Asks, and checks what every answer must have: an id, safe headers, and that the OpenAPI document knows it.
pub(crate) async fn ask(router: Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = Answer { status: parts.status, headers: parts.headers, body };
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let is_problem = answer.header("content-type") == "application/problem+json";
    assert_eq!(is_problem, answer.status.as_u16() >= 400, "{path}");
    if is_problem {
        let document = answer.json();
        assert_eq!(document["request_id"], answer.header("x-request-id"));
        assert_eq!(document["status"], answer.status.as_u16());
        assert!(!document["title"].as_str().unwrap().is_empty());
    }
    check_documented(&method, &path, &answer, is_problem);
    answer
}

fn check_documented(method: &str, path: &str, answer: &Answer, is_problem: bool) {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let same = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let mut parts = template.iter().zip(&path);
        template.len() == path.len() && parts.all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
    };
    let operation = document["paths"].as_object().unwrap().iter().find(|(t, _)| same(t)).map(|(_, item)| &item[method]);
    let Some(operation) = operation.filter(|o| !o.is_null()) else {
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path} is not documented");
        return;
    };
    let response = &operation["responses"][answer.status.as_str()];
    assert!(!response.is_null(), "{method} {path}: {} is not documented", answer.status);
    if is_problem {
        let known = &response["content"]["application/problem+json"]["examples"][answer.slug()];
        assert!(!known.is_null(), "{method} {path}: {} is not documented", answer.slug());
    }
    for name in response["headers"].as_object().unwrap().keys() {
        let optional = matches!(name.as_str(), "Idempotency-Replayed" | "Preference-Applied" | "Retry-After");
        assert!(optional || answer.headers.contains_key(name), "{method} {path}: no {name}");
    }
}
