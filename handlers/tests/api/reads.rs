//! How much a caller may read at once, and that nothing of it keeps an order from being accepted.

use crate::world::*;
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use handlers::api::{FromThisMachine, openapi_document};
use serde_json::Value;
use std::time::Duration;
use tokio::task::JoinSet;
use workflows::order::State;

/// Every request that reads for somebody with a token, as the document lists them; a new one is among them by itself.
fn readings(id: &str) -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    // Metrics are the same for everybody, and paced.
    let operations = paths.iter().filter(|(path, _)| *path != "/metrics").flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
    });
    let guarded = operations.filter(|(_, _, operation)| operation["security"].is_array());
    let readings = guarded.filter(|(_, _, operation)| operation["operationId"] != "submitOrder");
    readings
        .map(|(path, method, operation)| {
            let path = path.replace("{id}", id).replace("{sku}", "TEA");
            let parameters = operation["parameters"].as_array();
            let asks = parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "q"));
            (method.to_uppercase().parse().unwrap(), if asks { format!("{path}?q=tea") } else { path })
        })
        .collect()
}

fn request(method: &Method, path: &str, name: &str) -> Request<Body> {
    let bearer = format!("Bearer {}", token(name));
    Request::builder().method(method).uri(path).header("authorization", bearer).body(Body::empty()).unwrap()
}

/// Has a caller ask so often at once that its places are taken.
async fn take_places(router: &Router, method: &Method, path: &str, name: &str) -> JoinSet<Answer> {
    let mut asking = JoinSet::new();
    for _ in 0..PLACES {
        asking.spawn(ask(router.clone(), request(method, path, name)));
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    asking
}

#[tokio::test(start_paused = true)]
async fn whatever_is_read_is_read_in_places_and_who_finds_none_is_asked_to_come_again() {
    let world = World::new();
    let router = world.router();
    let id = id_of(&ask(router.clone(), submission("alice", "k1", order().to_string())).await);
    world.store(id, State::Confirmed);
    let readings = readings(&id.to_string());
    assert!(readings.len() >= 8, "{readings:?}");
    for (method, path) in readings {
        let (name, other) = if path.starts_with("/v1/support") { ("support", "support") } else { ("alice", "bob") };
        let hanging = world.hang();
        let reading = take_places(&router, &method, &path, name).await;
        let answer = ask(router.clone(), request(&method, &path, name)).await;
        assert_eq!(
            (answer.status, answer.slug().as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "1");
        let others = async { ask(router.clone(), request(&method, &path, other)).await.status };
        let (others, ()) = tokio::join!(others, async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            drop(hanging);
        });
        assert_ne!(others, StatusCode::TOO_MANY_REQUESTS, "{path}");
        for answer in reading.join_all().await {
            assert!(answer.status.is_success() || answer.status == StatusCode::NOT_FOUND, "{path}: {}", answer.status);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_keeps_its_place_until_what_it_asked_for_has_ended() {
    let world = World::new();
    let router = world.router();
    let hanging = world.hang();
    take_places(&router, &Method::GET, "/v1/orders", "alice").await.shutdown().await;
    assert_eq!(ask(router.clone(), get("/v1/orders", "alice")).await.status, StatusCode::TOO_MANY_REQUESTS);
    drop(hanging);
    assert_eq!(ask(router, get("/v1/orders", "alice")).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_accepted_whatever_its_buyer_reads() {
    let world = World::new();
    let router = world.router();
    let _hanging = world.hang();
    let _reading = take_places(&router, &Method::GET, "/v1/orders", "alice").await;
    let started = tokio::time::Instant::now();
    let answer = ask(router, submission("alice", "k1", order().to_string())).await;
    assert_eq!((answer.status, started.elapsed()), (StatusCode::ACCEPTED, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fell_silent_keeps_no_place_for_good() {
    let world = World::new();
    let router = world.router();
    let silent = world.hang();
    let asking = take_places(&router, &Method::GET, "/v1/orders", "alice").await;
    for answer in asking.join_all().await {
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    }
    drop(silent);
    assert_eq!(ask(router, get("/v1/orders", "alice")).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_is_given_without_a_token_is_given_so_often_and_no_oftener() {
    let world = World::new();
    let router = world.router();
    for path in ["/metrics", "/openapi.json"] {
        let started = tokio::time::Instant::now();
        let mut asking = JoinSet::new();
        for _ in 0..20 {
            let mut request = Request::get(path).body(Body::empty()).unwrap();
            request.extensions_mut().insert(FromThisMachine);
            asking.spawn(ask(router.clone(), request));
        }
        assert!(asking.join_all().await.iter().all(|answer| answer.status == StatusCode::OK));
        assert!(started.elapsed() >= Duration::from_millis(180), "twenty in places for two, 20 ms each");
    }
}
