//! Submitting: what is accepted, once for a key, and how long a caller waits.

use crate::world::*;
use axum::{body::Body, http::StatusCode};
use handlers::api::AnswerBy;
use serde_json::json;
use std::{sync::atomic::Ordering, time::Duration};
use testing::Fault;
use workflows::order::State;

fn reserved() -> State {
    State::Reserved { until: NOW }
}

#[tokio::test]
async fn an_accepted_order_is_shown_as_submitted() {
    let world = World::new();
    let answer = world.ask(submission("alice", "k1", order().to_string())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let id = id_of(&answer);
    assert_eq!(answer.header("location"), format!("/v1/orders/{id}"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("idempotency-replayed"), "");
    let expected = json!({
        "id": id, "status": "submitted", "currency": "EUR", "total": null,
        "lines": [{"sku": "TEA", "quantity": 2}], "payment": null, "shipments": [],
        "created_at": "2026-11-22T10:00:00.123456Z", "updated_at": "2026-11-22T10:00:00.123456Z"
    });
    assert_eq!(answer.json(), expected);
    let read = world.get(answer.header("location"), "alice").await;
    assert_eq!((read.status, read.json()), (StatusCode::OK, expected));
}

#[tokio::test]
async fn the_same_key_and_order_get_the_same_answer() {
    let world = World::new();
    let first = world.ask(submission("alice", "k1", order().to_string())).await;
    world.store(id_of(&first), State::Confirmed);
    // However it is spelled.
    let again = world.ask(submission("alice", "\"k1\"", serde_json::to_string_pretty(&order()).unwrap())).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(world.accepted(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_order_is_refused() {
    let world = World::new();
    let first = world.ask(submission("alice", "k1", order().to_string())).await;
    let mut other = order();
    other["lines"][0]["quantity"] = json!(3);
    let answer = world.ask(submission("alice", "k1", other.to_string())).await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
    let again = world.ask(submission("alice", "k1", order().to_string())).await;
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn the_same_key_of_another_customer_is_another_key() {
    let world = World::new();
    let alice = world.ask(submission("alice", "k1", order().to_string())).await;
    let bob = world.ask(submission("bob", "k1", order().to_string())).await;
    assert_eq!(bob.header("idempotency-replayed"), "");
    assert_ne!(id_of(&alice), id_of(&bob));
}

#[tokio::test]
async fn a_refused_body_does_not_use_its_key_up() {
    let world = World::new();
    let refused = world.ask(submission("alice", "k1", "{}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let accepted = world.ask(submission("alice", "k1", order().to_string())).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_with_one_key_make_one_order() {
    let world = World::new();
    let router = world.router();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        tasks.spawn(ask(router.clone(), submission("alice", "k1", order().to_string())));
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|a| a.status == StatusCode::ACCEPTED && a.body == answers[0].body));
    assert_eq!(answers.iter().filter(|a| a.header("idempotency-replayed") == "true").count(), 19);
    assert_eq!(world.accepted(), 1);
}

#[tokio::test]
async fn a_missing_or_malformed_key_is_refused() {
    let world = World::new();
    let mut without = submission("alice", "k1", order().to_string());
    without.headers_mut().remove("idempotency-key");
    let answer = world.ask(without).await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-idempotency-key"));
    for key in ["", "\"\"", "a b", "4242424242424242", &"k".repeat(256)] {
        let answer = world.ask(submission("alice", key, order().to_string())).await;
        assert_eq!(answer.slug(), "invalid-idempotency-key", "{key}");
    }
    assert_eq!(world.accepted(), 0);
}

#[tokio::test]
async fn an_intake_that_is_away_is_said_and_nothing_is_promised() {
    let world = World::new();
    world.shop.faults.always("intake.accept", Fault::Away);
    let answer = world.ask(submission("alice", "k1", order().to_string())).await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!String::from_utf8_lossy(&answer.body).contains("plug"), "causes are for the log");
}

#[tokio::test]
async fn the_trace_context_of_a_request_is_kept_if_it_is_valid() {
    let world = World::new();
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (key, sent, kept) in [("k1", good, Some(good)), ("k2", "nonsense", None)] {
        let mut request = submission("alice", key, order().to_string());
        request.headers_mut().insert("traceparent", sent.parse().unwrap());
        world.ask(request).await;
        let shop = world.shop.contents();
        assert_eq!(shop.submissions[&("alice".into(), key.into())].order.traceparent.as_deref(), kept);
    }
}

fn patient(key: &str, prefer: &str) -> axum::http::Request<Body> {
    let mut request = submission("alice", key, order().to_string());
    request.headers_mut().insert("prefer", prefer.parse().unwrap());
    request
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_waited_for_is_the_answer() {
    let world = World::new();
    let deciding = async {
        while world.accepted() == 0 {
            tokio::task::yield_now().await;
        }
        let id = world.first_accepted();
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.store(id, reserved());
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.store(id, State::Confirmed);
    };
    let started = tokio::time::Instant::now();
    let (answer, ()) = tokio::join!(world.ask(patient("k1", "respond-async, wait=10")), deciding);
    assert_eq!(started.elapsed(), Duration::from_secs(4));
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["status"], "confirmed");
    assert_eq!(answer.header("preference-applied"), "wait=10");
    assert_eq!(answer.header("location"), format!("/v1/orders/{}", id_of(&answer)));
    // A repeated key waits too, and says that it was known.
    let again = world.ask(patient("k1", "wait=10")).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::OK, "true"));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_after_twenty_seconds_at_most() {
    for (key, prefer, seconds) in [("k1", "wait=3", 3), ("k2", "wait=900", 20), ("k3", "wait=soon", 0)] {
        for router in [World::new().router(), World::new().polling_router()] {
            let started = tokio::time::Instant::now();
            let answer = ask(router, patient(key, prefer)).await;
            assert_eq!((answer.status, started.elapsed().as_secs()), (StatusCode::ACCEPTED, seconds), "{prefer}");
            assert_eq!(answer.json()["status"], "submitted");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_patience_ends_the_answer_is_the_order_as_it_stands() {
    let world = World::new();
    let reserving = async {
        while world.accepted() == 0 {
            tokio::task::yield_now().await;
        }
        let id = world.first_accepted();
        world.store(id, reserved());
    };
    let (answer, ()) = tokio::join!(world.ask(patient("k1", "wait=3")), reserving);
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::ACCEPTED, "1"));
    assert_eq!((answer.json()["status"].as_str(), answer.header("preference-applied")), (Some("reserved"), "wait=3"));
    let read = world.get(answer.header("location"), "alice").await;
    assert_eq!(read.json(), answer.json());
    let again = world.ask(patient("k1", "wait=3")).await;
    assert_eq!((again.status, again.json()["status"].as_str()), (StatusCode::ACCEPTED, Some("reserved")));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_before_the_runtime_ends_the_request() {
    for router in [World::new().router(), World::new().polling_router()] {
        let started = tokio::time::Instant::now();
        let mut request = patient("k1", "wait=20");
        request.extensions_mut().insert(AnswerBy(started + Duration::from_secs(7)));
        let answer = ask(router, request).await;
        assert_eq!((answer.status, started.elapsed().as_secs()), (StatusCode::ACCEPTED, 7));
        assert_eq!(answer.header("preference-applied"), "wait=7");
    }
}

#[tokio::test(start_paused = true)]
async fn who_looks_again_finds_the_decision_too() {
    let world = World::new();
    let deciding = async {
        while world.accepted() == 0 {
            tokio::task::yield_now().await;
        }
        let id = world.first_accepted();
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.store(id, State::Confirmed);
    };
    let (answer, ()) = tokio::join!(ask(world.polling_router(), patient("k1", "wait=10")), deciding);
    assert_eq!((answer.status, answer.json()["status"].as_str()), (StatusCode::OK, Some("confirmed")));
}

#[tokio::test(start_paused = true)]
async fn an_order_database_that_is_down_costs_no_order() {
    let world = World::new();
    world.loses_its_database();
    let answer = world.ask(patient("k1", "wait=2")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(world.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_decision_costs_one_look_however_long_it_takes() {
    let world = World::new();
    let deciding = async {
        while world.accepted() == 0 {
            tokio::task::yield_now().await;
        }
        let id = world.first_accepted();
        tokio::time::sleep(Duration::from_secs(9)).await;
        world.store(id, State::Confirmed);
    };
    let (answer, ()) = tokio::join!(world.ask(patient("k1", "wait=10")), deciding);
    assert_eq!((answer.status, world.looks()), (StatusCode::OK, 1));
}

#[tokio::test(start_paused = true)]
async fn where_too_many_wait_the_answer_comes_at_once() {
    let world = World::new();
    world.crowded.store(true, Ordering::SeqCst);
    let started = tokio::time::Instant::now();
    let answer = world.ask(patient("k1", "wait=10")).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (StatusCode::ACCEPTED, ""));
    let mut request = get(answer.header("location"), "alice");
    request.headers_mut().insert("prefer", "wait=10".parse().unwrap());
    let answer = world.ask(request).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (StatusCode::OK, ""));
    assert_eq!(started.elapsed(), Duration::ZERO);
}
