//! Cancelling.

use crate::world::*;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use schemas::{ids::OrderId, order::Reason};
use std::sync::Arc;
use workflows::order::State;

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
    let sent = world.sent.lock().unwrap();
    assert!(sent.iter().all(|(queue, m)| queue == "cancel" && m.body["order_id"] == m.subject.to_string()));
    sent.iter().map(|(_, message)| OrderId(message.subject)).collect()
}

#[tokio::test]
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
