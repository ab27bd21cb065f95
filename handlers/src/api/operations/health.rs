//! Liveness and readiness: whether the process runs, and whether it can serve.

use crate::api::http::{app::App, json::json, problem::Refusal};
use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

/// One word on how it is.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Health {
    /// `ok` or `ready`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", operation_id = "health", tag = "operations",
    responses((status = 200, description = "It runs.", body = Health)))]
pub(in crate::api) async fn health() -> Result<Response, Refusal> {
    json(&Health { status: "ok" })
}

/// Whether requests can be served.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "operations",
    responses((status = 200, description = "They can.", body = Health)))]
pub(in crate::api) async fn ready(State(app): State<App>) -> Result<Response, Refusal> {
    app.readiness.check().await?;
    json(&Health { status: "ready" })
}
