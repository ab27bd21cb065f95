//! The HTTP API: one router for both runtimes. It knows ports only; what stands behind them, and what runs it, is not
//! its business.

mod acceptances;
mod actor;
mod caller;
mod cancel;
mod card_search;
mod decisions;
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

pub use acceptances::Acceptances;
pub use actor::TRAIL;
pub use decisions::{Decisions, LookAgain};
pub use edge::EdgeKey;
pub use metrics::{FromThisMachine, Metrics};
pub use openapi::document as openapi_document;
pub use prefer::AnswerBy;
pub use problem::Kind as ProblemKind;
pub use reads::Reads;

use crate::token::Tokens;
use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use problem::{Kind, Refusal};
use serde::Serialize;
use std::sync::Arc;
use workflows::issued::IssuedInvoices;
use workflows::ports::{Catalogue, Clock, Documents, Ids, Intake, InvoiceReader, Orders, Queue, Readiness, Search};

/// What the API needs.
#[derive(Clone)]
pub struct App {
    /// Takes orders in.
    pub intake: Arc<dyn Intake>,
    /// Knows the orders.
    pub orders: Arc<dyn Orders>,
    /// Knows the products.
    pub catalogue: Arc<dyn Catalogue>,
    /// Finds products and orders.
    pub search: Arc<dyn Search>,
    /// Keeps the invoices.
    pub documents: Arc<dyn Documents>,
    /// Knows what was printed of them.
    pub issued: Arc<dyn IssuedInvoices>,
    /// Reads which invoice a document is.
    pub reader: Arc<dyn InvoiceReader>,
    /// Takes the messages that cancel, and those that have an invoice printed again.
    pub queue: Arc<dyn Queue>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives ids to orders and requests.
    pub ids: Arc<dyn Ids>,
    /// Tells when to look at an order again.
    pub decisions: Arc<dyn Decisions>,
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

/// The paths, once: the router, the labels of the metrics and a test of the OpenAPI document hold on to them.
pub(crate) mod routes {
    pub(crate) const ORDERS: &str = "/v1/orders";
    pub(crate) const ORDER: &str = "/v1/orders/{id}";
    pub(crate) const CANCEL: &str = "/v1/orders/{id}/cancel";
    pub(crate) const INVOICE: &str = "/v1/orders/{id}/invoice";
    pub(crate) const PRODUCTS: &str = "/v1/products";
    pub(crate) const PRODUCT: &str = "/v1/products/{sku}";
    pub(crate) const SEARCH: &str = "/v1/search";
    pub(crate) const SUPPORT_ORDERS: &str = "/v1/support/orders";
    pub(crate) const HEALTH: &str = "/healthz";
    pub(crate) const READY: &str = "/readyz";
    pub(crate) const METRICS: &str = "/metrics";
    pub(crate) const OPENAPI: &str = "/openapi.json";

    pub(crate) const ALL: &[&str] =
        &[ORDERS, ORDER, CANCEL, INVOICE, PRODUCTS, PRODUCT, SEARCH, SUPPORT_ORDERS, HEALTH, READY, METRICS, OPENAPI];
}

/// The whole API.
pub fn router(app: App) -> Router {
    finished(submitting().merge(answering()), app)
}

/// The acceptance of orders alone, where it runs apart from the rest.
pub fn submissions(app: App) -> Router {
    finished(submitting(), app)
}

/// All but the acceptance of orders.
pub fn besides_submissions(app: App) -> Router {
    finished(answering(), app)
}

fn submitting() -> Router<App> {
    Router::new().route(routes::ORDERS, post(submit::submit_order))
}

fn answering() -> Router<App> {
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

fn finished(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { Refusal::of(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Refusal::of(Kind::MethodNotAllowed) })
        .layer(middleware::from_fn_with_state(app.clone(), edge::only_from_the_front))
        .layer(middleware::from_fn_with_state(app.clone(), envelope::envelope))
        .with_state(app)
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// What is somebody's own may be kept by them alone, and asked for again with its ETag.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A body as JSON.
fn json(body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| Refusal::unwritten("the answer", &error))?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, PRIVATE)], bytes).into_response())
}
