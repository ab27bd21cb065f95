//! An answer's body.

use super::problem::Refusal;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

pub(in crate::api) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// What is somebody's own may be kept by them alone, and asked for again with its ETag.
pub(in crate::api) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A body as JSON.
pub(in crate::api) fn json(body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| Refusal::unwritten("the answer", &error))?;
    Ok(([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, PRIVATE)], bytes).into_response())
}
