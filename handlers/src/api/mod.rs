//! The HTTP API: one router for both runtimes. It knows ports only; what stands behind them, and what runs it, is not
//! its business.

mod acceptances;
mod actor;
mod app;
mod caller;
mod cancel;
mod card_search;
mod edge;
mod envelope;
mod etag;
mod faults;
mod found;
mod health;
mod idempotency_key;
mod invoice;
mod json;
mod metrics;
mod openapi;
mod order_body;
mod orders;
mod places;
mod pointer;
mod prefer;
mod problem;
mod products;
mod query;
mod reads;
pub(crate) mod routes;
mod submit;
mod support;
mod trace_context;
mod wait_for_decision;

pub use acceptances::Acceptances;
pub use actor::TRAIL;
pub use app::App;
pub use edge::EdgeKey;
pub use metrics::{FromThisMachine, Metrics};
pub use openapi::document as openapi_document;
pub use prefer::AnswerBy;
pub use problem::Kind as ProblemKind;
pub use reads::Reads;
pub use wait_for_decision::{DecisionNotifier, PollingNotifier};

use crate::ports::NotWired;
use app::Answering;
use axum::{
    Router, middleware,
    routing::{get, post},
};
use problem::{Kind, Refusal};

/// The whole API.
///
/// # Errors
/// If it needs what is not reached here.
pub fn router(app: App) -> Result<Router, NotWired> {
    let answering = answering().with_state(Answering::of(app.clone())?);
    Ok(finished(submitting().with_state(app.clone()).merge(answering), app))
}

/// The acceptance of orders alone, where it runs apart from the rest.
pub fn submissions(app: App) -> Router {
    finished(submitting().with_state(app.clone()), app)
}

/// All but the acceptance of orders.
///
/// # Errors
/// If they need what is not reached here.
pub fn besides_submissions(app: App) -> Result<Router, NotWired> {
    Ok(finished(answering().with_state(Answering::of(app.clone())?), app))
}

fn submitting() -> Router<App> {
    Router::new().route(routes::ORDERS, post(submit::submit_order))
}

fn answering() -> Router<Answering> {
    Router::new()
        .route(routes::ORDERS, get(orders::list_orders))
        .route(routes::ORDER, get(orders::get_order))
        .route(routes::CANCEL, post(cancel::cancel_order))
        .route(routes::INVOICE, get(invoice::get_invoice))
        .route(routes::PRODUCTS, get(products::list_products))
        .route(routes::PRODUCT, get(products::get_product))
        .route(routes::SEARCH, get(products::search_products))
        .route(routes::SUPPORT_ORDERS, get(support::search_orders))
        .route(routes::HEALTH, get(health::health))
        .route(routes::READY, get(health::ready))
        .route(routes::METRICS, get(metrics::metrics))
        .route(routes::OPENAPI, get(openapi::openapi))
}

fn finished(routes: Router, app: App) -> Router {
    routes
        .fallback(|| async { Refusal::of(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::of(Kind::MethodNotAllowed) })
        .layer(middleware::from_fn_with_state(app.clone(), edge::only_from_the_front))
        .layer(middleware::from_fn_with_state(app, envelope::envelope))
}
