//! What all routes share: who calls, how much each may have under way, what is read from headers and queries, how an answer
//! and a problem are written. Nothing here knows an order.

pub(in crate::api) mod acceptances;
pub(in crate::api) mod actor;
pub(in crate::api) mod app;
mod authentication;
pub(in crate::api) mod caller;
pub(in crate::api) mod decision_notifier;
pub(in crate::api) mod edge;
pub(in crate::api) mod envelope;
pub(in crate::api) mod etag;
pub(in crate::api) mod idempotency_key;
pub(in crate::api) mod json;
pub(in crate::api) mod metrics;
pub(in crate::api) mod named;
pub(in crate::api) mod places;
pub(in crate::api) mod prefer;
pub(in crate::api) mod problem;
pub(in crate::api) mod query;
pub(in crate::api) mod reads;
pub(crate) mod routes;
pub(in crate::api) mod trace_context;
