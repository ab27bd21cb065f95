//! What whoever runs it asks: whether it runs, whether it can serve, and what was counted.

pub(super) mod health;
pub(super) mod metrics;

use super::http::{app::Answering, routes};
use axum::{Router, routing::get};

pub(super) fn answering() -> Router<Answering> {
    Router::new()
        .route(routes::HEALTH, get(health::health))
        .route(routes::READY, get(health::ready))
        .route(routes::METRICS, get(metrics::metrics))
}
