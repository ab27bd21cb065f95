//! What a checkout asks for: to submit an order, to see it, to call it off, its invoice.

pub(super) mod cancel;
mod found;
pub(super) mod invoice;
mod order_body;
pub(super) mod orders;
pub(super) mod submit;
mod wait_for_decision;

use super::http::{
    app::{Answering, App},
    routes,
};
use axum::{
    Router,
    routing::{get, post},
};

/// The acceptance of orders, which reaches nothing of the rest.
pub(super) fn submitting() -> Router<App> {
    Router::new().route(routes::ORDERS, post(submit::submit_order))
}

/// The rest.
pub(super) fn answering() -> Router<Answering> {
    Router::new()
        .route(routes::ORDERS, get(orders::list_orders))
        .route(routes::ORDER, get(orders::get_order))
        .route(routes::CANCEL, post(cancel::cancel_order))
        .route(routes::INVOICE, get(invoice::get_invoice))
}
