//! What support staff see.

pub(super) mod orders;

use super::http::{app::Answering, routes};
use axum::{Router, routing::get};

pub(super) fn answering() -> Router<Answering> {
    Router::new().route(routes::SUPPORT_ORDERS, get(orders::search_orders))
}
