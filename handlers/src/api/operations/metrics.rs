//! The counts, for whoever watches.

use crate::{
    api::http::{app::App, caller::Caller, metrics::Whence, problem::Refusal},
    token::Role,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// Metrics in OpenMetrics text, which Prometheus reads.
///
/// They tell how much is sold: whoever asks from another machine needs a token of role `support`.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operations",
    security((), ("bearerAuth" = [])),
    responses((status = 200, description = "OpenMetrics text", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub(in crate::api) async fn metrics(
    State(app): State<App>,
    Whence(near): Whence,
    caller: Result<Caller, Refusal>,
) -> Result<Response, Refusal> {
    const TEXT: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    if !near {
        caller?.must_be(&[Role::Support])?;
    }
    app.reads.pace().await?;
    let text =
        app.metrics.text().map_err(|error| Refusal::internal(format!("the metrics cannot be written: {error}")))?;
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}
