//! What every answer has, whatever was asked: a request id, a problem document if it is one, safe headers, one line in
//! the log and a count. A panic in a handler ends here, as a problem like any other.

use super::{
    actor::{Actor, CUSTOMERS, TRAIL},
    app::App,
    idempotency_key::holds_card_number,
    problem::Refusal,
    routes,
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::time::Instant;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Wraps every route, known or not.
pub(in crate::api) async fn envelope(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_of(request.method());
    let route = route_of(request.extensions().get::<MatchedPath>());
    let (request_id, id_header) = request_id(&app, request.headers());
    let (actor, order) = (Actor::default(), order_in(request.uri().path()));
    // What changes something, and what staff look at, is on somebody's account.
    let accountable = !request.method().is_safe() || route.starts_with(routes::STAFF);
    request.extensions_mut().insert(actor.clone());
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Refusal::internal("the handler panicked").into_response(),
    };
    let cause = match response.extensions_mut().remove::<Refusal>() {
        Some(mut refusal) => {
            let cause = refusal.cause.take();
            write_document(&mut response, refusal, &request_id);
            cause
        }
        None => None,
    };
    response.headers_mut().insert(REQUEST_ID, id_header);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    let took = started.elapsed();
    app.metrics.answered(route, method, response.status().as_u16(), took);
    log(method, route, response.status(), took, &request_id, cause.as_deref());
    if accountable && let Some(name) = actor.name() {
        let order = order.or_else(|| location(&response).and_then(order_in)).map(tracing::field::display);
        let status = response.status().as_u16();
        if actor.is_customer() {
            tracing::info!(target: CUSTOMERS, actor = name, method, route, order, status, request_id, "asked");
        } else {
            tracing::info!(target: TRAIL, actor = name, method, route, order, status, request_id, "asked");
        }
    }
    response
}

/// The order that a path names.
fn order_in(path: &str) -> Option<Uuid> {
    path.split('/').find_map(|part| part.parse().ok())
}

fn location(response: &Response) -> Option<&str> {
    response.headers().get(header::LOCATION)?.to_str().ok()
}

/// The caller's id if it is a plain word that can be logged, else a new one.
fn request_id(app: &App, headers: &HeaderMap) -> (String, HeaderValue) {
    let plain = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !holds_card_number(text)
    };
    if let Some(value) = headers.get(REQUEST_ID)
        && let Some(text) = value.to_str().ok().filter(plain)
    {
        return (text.to_owned(), value.clone());
    }
    let id = app.ids.order_id().to_string();
    let value = HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"));
    (id, value)
}

fn write_document(response: &mut Response, refusal: Refusal, request_id: &str) {
    if let Ok(document) = serde_json::to_vec(&refusal.document(request_id)) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        *response.body_mut() = Body::from(document);
    }
}

/// One line, without anything the caller sent but its request id.
fn log(method: &str, route: &str, status: StatusCode, took: Duration, request_id: &str, cause: Option<&str>) {
    let (status, micros) = (status.as_u16(), took.as_micros());
    if status == 500 {
        tracing::error!(method, route, status, micros, request_id, cause, "request failed");
    } else if status > 500 {
        tracing::warn!(method, route, status, micros, request_id, cause, "request not served");
    } else {
        tracing::debug!(method, route, status, micros, request_id, "request");
    }
}

fn route_of(matched: Option<&MatchedPath>) -> &'static str {
    let known = matched.and_then(|path| routes::ALL.iter().find(|route| **route == path.as_str()));
    known.copied().unwrap_or("unknown")
}

/// Methods can be made up, so only the usual ones become labels.
fn method_of(method: &Method) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"];
    USUAL.into_iter().find(|usual| *usual == method.as_str()).unwrap_or("other")
}
