//! The HTTP API: one router for both runtimes. It knows ports only; what stands behind them, and what runs it, is not
//! its business.

mod acceptances;
mod actor;
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
mod submit;
mod support;
mod trace_context;
mod wait_for_decision;

pub use acceptances::Acceptances;
pub use actor::TRAIL;
pub use edge::EdgeKey;
pub use metrics::{FromThisMachine, Metrics};
pub use openapi::document as openapi_document;
pub use prefer::AnswerBy;
pub use problem::Kind as ProblemKind;
pub use reads::Reads;
pub use wait_for_decision::{DecisionNotifier, PollingNotifier};

use crate::{
    ports::{NotWired, Ports},
    token::Tokens,
};
use axum::{
    Router,
    extract::FromRef,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use problem::{Kind, Refusal};
use serde::Serialize;
use std::sync::Arc;
use workflows::ports::{Documents, Ids, Intake, InvoiceReader, Queue, Readiness};

/// What the API needs.
#[derive(Clone)]
pub struct App {
    /// What the order database stands behind, and the rest.
    pub ports: Arc<Ports>,
    /// Takes orders in, and has those that are not stored yet.
    pub intake: Arc<dyn Intake>,
    /// Reads which invoice a document is.
    pub reader: Arc<dyn InvoiceReader>,
    /// Gives ids to orders and requests.
    pub ids: Arc<dyn Ids>,
    /// Tells when to look at an order again.
    pub decision_notifier: Arc<dyn DecisionNotifier>,
    /// The places for orders on their way in.
    pub acceptances: Acceptances,
    /// The places for those who read.
    pub reads: Reads,
    /// Tells whether requests can be served.
    pub readiness: Arc<dyn Readiness>,
    /// Verifies bearer tokens, unless the runtime alone says who calls.
    pub tokens: Option<Arc<dyn Tokens>>,
    /// What every request must show, if nobody may come but through what stands in front.
    pub edge_key: Option<EdgeKey>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// What the routes besides the acceptance of orders need on top: a function that only accepts reaches none of it.
#[derive(Clone)]
struct Answering {
    app: App,
    /// Takes the messages that cancel, and those that have an invoice printed again.
    queue: Arc<dyn Queue>,
    /// Keeps the invoices.
    documents: Arc<dyn Documents>,
}

impl Answering {
    fn of(app: App) -> Result<Self, NotWired> {
        Ok(Self { queue: app.ports.queue()?, documents: app.ports.documents()?, app })
    }
}

impl FromRef<Answering> for App {
    fn from_ref(answering: &Answering) -> Self {
        answering.app.clone()
    }
}

/// The paths, once: the router, the labels of the metrics and a test of the OpenAPI document hold on to them.
pub(crate) mod routes {
    /// Each path, and the list of all.
    macro_rules! routes {
        ($($name:ident = $path:literal,)+) => {
            $(pub(crate) const $name: &str = $path;)+

            pub(crate) const ALL: &[&str] = &[$($name),+];
        };
    }

    routes! {
        ORDERS = "/v1/orders",
        ORDER = "/v1/orders/{id}",
        CANCEL = "/v1/orders/{id}/cancel",
        INVOICE = "/v1/orders/{id}/invoice",
        PRODUCTS = "/v1/products",
        PRODUCT = "/v1/products/{sku}",
        SEARCH = "/v1/search",
        SUPPORT_ORDERS = "/v1/support/orders",
        HEALTH = "/healthz",
        READY = "/readyz",
        METRICS = "/metrics",
        OPENAPI = "/openapi.json",
    }
}

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

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// What is somebody's own may be kept by them alone, and asked for again with its ETag.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A body as JSON.
fn json(body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| Refusal::unwritten("the answer", &error))?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, PRIVATE)], bytes).into_response())
}
