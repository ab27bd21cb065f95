//! Who may ask what.

use crate::world::*;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use handlers::{
    api::{App, EdgeKey, PollingNotifier, openapi_document, router},
    token::{Identity, Role, TokenKey},
};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;
use tower::ServiceExt;

/// Every path that needs a token.
const GUARDED: [(&str, &str); 9] = [
    ("POST", "/v1/orders"),
    ("GET", "/v1/orders"),
    ("GET", "/v1/orders/0192f0c1-0000-7000-8000-000000000000"),
    ("POST", "/v1/orders/0192f0c1-0000-7000-8000-000000000000/cancel"),
    ("GET", "/v1/orders/0192f0c1-0000-7000-8000-000000000000/invoice"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/TEA"),
    ("GET", "/v1/search?q=tea"),
    ("GET", "/v1/support/orders?q=tea"),
];

/// What everybody may ask.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

#[test]
fn every_path_that_is_documented_is_guarded_or_open_to_everybody() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let asked = path.replace("{id}", "0192f0c1-0000-7000-8000-000000000000").replace("{sku}", "TEA");
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let is_guarded = GUARDED.iter().any(|guarded| {
                let (of, path) = *guarded;
                of == method && path.split('?').next() == Some(asked.as_str())
            });
            assert_ne!(is_guarded, OPEN.contains(&path.as_str()), "{method} {path}");
        }
    }
}

fn request(method: &str, path: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told() {
    let alice = Identity { sub: "alice".into(), role: Role::Customer, warehouse: None };
    let key = TokenKey::from_bytes(SECRET).unwrap();
    let expired = key.sign(&alice, NOW - Duration::hours(2), Duration::hours(1)).unwrap();
    let forged = TokenKey::from_bytes(&[7; 32]).unwrap().sign(&alice, NOW, Duration::hours(1)).unwrap();
    let good = token("alice");
    let payload = good.split('.').nth(1).unwrap();
    let none = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT"}"#));
    for (method, path) in GUARDED {
        let answer = World::new().ask(request(method, path, None)).await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"));
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"sluice\"");
        for bad in [
            format!("Bearer {expired}"),
            format!("Bearer {forged}"),
            format!("Bearer {none}"),
            format!("Basic {good}"),
            good.clone(),
            "Bearer".into(),
            "Bearer garbage".into(),
        ] {
            let answer = World::new().ask(request(method, path, Some(&bad))).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {bad}");
            assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
            assert!(!String::from_utf8_lossy(&answer.body).contains(payload));
        }
    }
}

#[tokio::test]
async fn only_who_has_a_token_of_ours_is_told_which_claim_is_wrong() {
    let exp = NOW.unix_timestamp() + 60;
    let claims = serde_json::json!({"sub": "alice", "role": "admin", "iss": "sluice", "aud": "sluice", "exp": exp});
    let another: &[u8] = b"another key of thirty-two bytes!";
    for (key, said) in [(another, "is not one of this installation"), (SECRET, "`role` must be customer")] {
        let key = jsonwebtoken::EncodingKey::from_secret(key);
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        let answer = World::new().ask(request("GET", "/v1/products", Some(&format!("Bearer {token}")))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        assert!(answer.json()["detail"].as_str().unwrap().contains(said), "{said}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_is_told_so() {
    let world = World::new();
    for (name, method, path) in [
        ("warehouse", "POST", "/v1/orders"),
        ("support", "POST", "/v1/orders"),
        ("warehouse", "GET", "/v1/orders"),
        ("warehouse", "GET", "/v1/orders/0192f0c1-0000-7000-8000-000000000000"),
        ("warehouse", "GET", "/v1/orders/0192f0c1-0000-7000-8000-000000000000/invoice"),
        ("warehouse", "POST", "/v1/orders/0192f0c1-0000-7000-8000-000000000000/cancel"),
        ("warehouse", "GET", "/v1/support/orders?q=x"),
        ("alice", "GET", "/v1/support/orders?q=x"),
    ] {
        let answer = world.ask(request(method, path, Some(&format!("bearer {}", token(name))))).await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::FORBIDDEN, "forbidden"), "{name} {path}");
    }
    for name in ["alice", "support", "warehouse"] {
        assert_eq!(world.get("/v1/products", name).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn another_s_order_is_like_one_that_does_not_exist() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let theirs = id.to_string();
    for stored in [false, true] {
        if stored {
            world.store(id, workflows::order::State::Confirmed);
        }
        for (method, rest) in [("GET", ""), ("GET", "/invoice"), ("POST", "/cancel")] {
            let mut answers = Vec::new();
            for id in [theirs.as_str(), "0192f0c1-ffff-7000-8000-000000000000", "not-an-id", "%ff"] {
                let mut request =
                    request(method, &format!("/v1/orders/{id}{rest}"), Some(&format!("Bearer {}", token("bob"))));
                request.headers_mut().insert("x-request-id", "same".parse().unwrap());
                let answer = world.ask(request).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND);
                answers.push((answer.headers, answer.body));
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]));
        }
    }
    assert!(world.sent().is_empty());
    assert_eq!(world.get(&format!("/v1/orders/{theirs}"), "support").await.status, StatusCode::OK);
    assert!(world.get("/v1/orders", "bob").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn whom_the_runtime_has_verified_is_the_caller_whatever_the_token_says() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let path = format!("/v1/orders/{id}");
    for (name, status) in [("alice", StatusCode::OK), ("bob", StatusCode::NOT_FOUND)] {
        for token in [None, Some("Bearer garbage".to_owned()), Some(format!("Bearer {}", token("alice")))] {
            let mut request = request("GET", &path, token.as_deref());
            request.extensions_mut().insert(Identity { sub: name.into(), role: Role::Customer, warehouse: None });
            assert_eq!(world.ask(request).await.status, status, "{name}");
        }
    }
}

#[tokio::test]
async fn without_a_key_no_token_names_anybody() {
    let world = World::new();
    let keyless = || router(App { tokens: None, ..world.app(Arc::new(PollingNotifier)) }).unwrap();
    let good = format!("Bearer {}", token("alice"));
    let answer = ask(keyless(), request("GET", "/v1/products", Some(&good))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    let mut verified = request("GET", "/v1/products", None);
    verified.extensions_mut().insert(Identity { sub: "alice".into(), role: Role::Customer, warehouse: None });
    assert_eq!(ask(keyless(), verified).await.status, StatusCode::OK);
}

#[tokio::test]
async fn with_something_in_front_nobody_comes_another_way() {
    let world = World::new();
    let behind =
        || router(App { edge_key: Some(EdgeKey::from_bytes(SECRET)), ..world.app(Arc::new(PollingNotifier)) }).unwrap();
    let good = format!("Bearer {}", token("alice"));
    for path in ["/v1/products", "/healthz", "/openapi.json", "/nowhere"] {
        for shown in [None, Some("a key for tests, 32 bytes or less"), Some("")] {
            let mut request = request("GET", path, Some(&good));
            if let Some(key) = shown {
                request.headers_mut().insert("x-sluice-edge", key.parse().unwrap());
            }
            // Not as documented: whoever comes this way learns nothing of what is here.
            let response = behind().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
    let mut request = request("GET", "/v1/products", Some(&good));
    request.headers_mut().insert("x-sluice-edge", std::str::from_utf8(SECRET).unwrap().parse().unwrap());
    assert_eq!(ask(behind(), request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn while_a_secret_is_changed_the_one_before_is_good_too() {
    const NEW: &[u8] = b"another key of thirty-two bytes!";
    let world = World::new();
    let changed = || {
        let token_key = TokenKey::from_bytes(NEW).unwrap().after(TokenKey::from_bytes(SECRET).unwrap());
        let edge_key = EdgeKey::from_bytes(NEW).after(EdgeKey::from_bytes(SECRET));
        let app = world.app(Arc::new(PollingNotifier));
        router(App { tokens: Some(Arc::new(token_key)), edge_key: Some(edge_key), ..app }).unwrap()
    };
    let alice = Identity { sub: "alice".into(), role: Role::Customer, warehouse: None };
    let signed = |key: &[u8]| {
        let token = TokenKey::from_bytes(key).unwrap().sign(&alice, NOW, Duration::hours(1)).unwrap();
        format!("Bearer {token}")
    };
    let third: &[u8] = b"a key that nobody here ever knew";
    for (edge, token, status) in [
        (NEW, NEW, StatusCode::OK),
        (SECRET, SECRET, StatusCode::OK),
        (SECRET, NEW, StatusCode::OK),
        (third, NEW, StatusCode::NOT_FOUND),
        (NEW, third, StatusCode::UNAUTHORIZED),
    ] {
        let mut request = request("GET", "/v1/products", Some(&signed(token)));
        request.headers_mut().insert("x-sluice-edge", std::str::from_utf8(edge).unwrap().parse().unwrap());
        assert_eq!(changed().oneshot(request).await.unwrap().status(), status);
    }
}
