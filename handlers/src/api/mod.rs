//! The HTTP API: a folder for each who calls, one router for both runtimes. It knows ports only; what stands behind them, and
//! what runs it, is not its business.

mod buyer;
mod catalogue;
mod http;
mod openapi;
mod operations;
mod support;

pub(crate) use http::routes;
pub use http::{
    acceptances::Acceptances,
    actor::TRAIL,
    app::App,
    decision_notifier::{DecisionNotifier, PollingNotifier},
    edge::EdgeKey,
    metrics::{FromThisMachine, Metrics},
    prefer::AnswerBy,
    problem::Kind as ProblemKind,
    reads::Reads,
};
pub use openapi::document as openapi_document;

use crate::ports::NotWired;
use axum::{Router, middleware, routing::get};
use http::{
    app::Answering,
    edge, envelope,
    problem::{Kind, Refusal},
};

/// The whole API.
///
/// # Errors
/// If it needs what is not reached here.
pub fn router(app: App) -> Result<Router, NotWired> {
    let answering = answering().with_state(Answering::of(app.clone())?);
    Ok(finished(buyer::submitting().with_state(app.clone()).merge(answering), app))
}

/// The acceptance of orders alone, where it runs apart from the rest.
pub fn submissions(app: App) -> Router {
    finished(buyer::submitting().with_state(app.clone()), app)
}

/// All but the acceptance of orders.
///
/// # Errors
/// If they need what is not reached here.
pub fn besides_submissions(app: App) -> Result<Router, NotWired> {
    Ok(finished(answering().with_state(Answering::of(app.clone())?), app))
}

fn answering() -> Router<Answering> {
    Router::new()
        .merge(buyer::answering())
        .merge(catalogue::answering())
        .merge(support::answering())
        .merge(operations::answering())
        .route(routes::OPENAPI, get(openapi::openapi))
}

fn finished(routes: Router, app: App) -> Router {
    routes
        .fallback(|| async { Refusal::of(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::of(Kind::MethodNotAllowed) })
        .layer(middleware::from_fn_with_state(app.edge_key.clone(), edge::only_from_the_front))
        .layer(middleware::from_fn_with_state(app, envelope::envelope))
}
