//! Cancelling.

use crate::world::*;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use schemas::{api::order::Reason, ids::OrderId};
use std::{sync::Arc, time::Duration};
use workflows::{order::State, wiring::QueueName};

async fn cancel(world: &Arc<World>, id: OrderId, name: &str) -> Answer {
    let request = Request::post(format!("/v1/orders/{id}/cancel"));
    let request = request.header("authorization", format!("Bearer {}", token(name)));
    world.ask(request.body(Body::empty()).unwrap()).await
}

async fn submitted(world: &Arc<World>) -> OrderId {
    id_of(&world.ask(submission("alice", "k1", order().to_string())).await)
}

/// The orders that queue `cancel` was told of.
fn told(world: &World) -> Vec<OrderId> {
    let sent = world.sent();
    assert!(sent.iter().all(|(queue, m)| *queue == QueueName::Cancel && m.body["order_id"] == m.subject.to_string()));
    sent.iter().map(|(_, message)| OrderId(message.subject)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_order_on_its_way_is_cancelled_however_often_that_is_asked() {
    for state in [None, Some(State::Reserved { until: NOW }), Some(State::Confirmed)] {
        let world = World::new();
        let id = submitted(&world).await;
        if let Some(state) = state {
            world.store(id, state);
        }
        for times in 1..=2 {
            let answer = cancel(&world, id, "alice").await;
            assert_eq!((answer.status, id_of(&answer)), (StatusCode::ACCEPTED, id));
            assert_eq!(told(&world), vec![id; times]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_being_stored_is_called_off_before_it_can_be_paid() {
    let rejected = State::Rejected { reason: Reason::OutOfStock, detail: None };
    for (state, status) in [(State::Reserved { until: NOW }, StatusCode::ACCEPTED), (rejected, StatusCode::CONFLICT)] {
        let world = World::new();
        let id = submitted(&world).await;
        let accepted = status == StatusCode::ACCEPTED;
        let storing = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.store(id, state);
        };
        let (answer, ()) = tokio::join!(cancel(&world, id, "alice"), storing);
        assert_eq!(answer.status, status);
        assert_eq!(world.shop.contents().orders[&id].cancel_requested, accepted);
        // Once, when there is something to be done.
        assert_eq!(told(&world), vec![id; usize::from(accepted)]);
    }
}

/// An order becomes that, whatever was noted of it.
fn becomes(world: &World, id: OrderId, state: State) {
    world.shop.contents().orders.get_mut(&id).unwrap().state = state;
    world.changed.notify_waiters();
}

/// A request for an order that waits: one that reads it, or the same submission again.
fn patient(id: OrderId, submits: bool, prefer: &'static str) -> Request<Body> {
    let mut request = if submits {
        submission("alice", "k1", order().to_string())
    } else {
        get(&format!("/v1/orders/{id}"), "alice")
    };
    request.headers_mut().insert("prefer", prefer.parse().unwrap());
    request
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_not_told_that_an_order_is_confirmed_that_will_be_cancelled() {
    for (submits, polls) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = World::new();
        let router = if polls { world.polling_router() } else { world.router() };
        let id = submitted(&world).await;
        world.store(id, State::Confirmed);
        assert_eq!(cancel(&world, id, "alice").await.status, StatusCode::ACCEPTED);
        let cancelling = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            becomes(&world, id, State::Confirmed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            becomes(&world, id, State::Cancelled);
        };
        let (answer, ()) = tokio::join!(ask(router, patient(id, submits, "wait=10")), cancelling);
        assert_eq!((answer.status, answer.json()["status"].as_str()), (StatusCode::OK, Some("cancelled")));
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_cancellation_is_answered_when_patience_ends() {
    for (submits, status) in [(false, StatusCode::OK), (true, StatusCode::ACCEPTED)] {
        let world = World::new();
        let id = submitted(&world).await;
        world.store(id, State::Confirmed);
        cancel(&world, id, "alice").await;
        assert_eq!(world.ask(patient(id, submits, "wait=1")).await.status, status);
    }
}

#[tokio::test]
async fn a_cancelled_order_is_left_alone() {
    let world = World::new();
    let id = submitted(&world).await;
    world.store(id, State::Cancelled);
    let answer = cancel(&world, id, "support").await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (StatusCode::ACCEPTED, Some("cancelled")));
    assert_eq!(told(&world), []);
}

#[tokio::test]
async fn an_order_that_is_over_cannot_be_cancelled() {
    let world = World::new();
    let id = submitted(&world).await;
    world.store(id, State::Rejected { reason: Reason::OutOfStock, detail: None });
    let answer = cancel(&world, id, "alice").await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::CONFLICT, "cannot-cancel"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("rejected"));
    assert_eq!(told(&world), []);
}
