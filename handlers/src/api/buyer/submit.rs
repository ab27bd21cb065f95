//! `POST /v1/orders`: accepts an order, once for a key, without touching the order database.

use crate::{
    api::{
        buyer::{found::Found, order_body, wait_for_decision::Wait},
        http::{
            app::App,
            caller::Caller,
            idempotency_key,
            json::{JSON, json},
            prefer::Patience,
            problem::{Kind, Refusal},
            trace_context::traceparent,
        },
    },
    token::Role,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemas::{
    api::{order::Order, order_request::OrderRequest},
    kept::AcceptedOrder,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout_at;
use workflows::{
    order::submitted,
    ports::{Acceptance, Submission},
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Which preference was followed.
pub(in crate::api) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Submit an order.
///
/// The order is accepted for good once this answers 202: it will be confirmed or rejected, and can be read at once. The
/// same key and order get the same answer again, marked `Idempotency-Replayed: true`, for 30 days unless the installation
/// sets it otherwise; the same key with another order is refused with 422. Keys are each caller's own. Nothing is stored
/// under a key for an order that was refused here. `payment.method` is a token of the payment provider, never a card
/// number.
#[utoipa::path(post, path = "/v1/orders", operation_id = "submitOrder", tag = "orders",
    security(("bearerAuth" = [])),
    params(
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 257, example = "4f9d2c8e-checkout-1",
            pattern = r#"^([!#-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#,
            description = "1 to 255 visible ASCII characters that name this order, bare or as a quoted string."),
        ("Prefer" = Option<String>, Header, example = "wait=10",
            description = "`wait=N`: answer when the order is decided, but after N seconds (at most 20) at the latest."),
        ("traceparent" = Option<String>, Header,
            description = "W3C trace context; kept with the order and carried by its events."),
    ),
    request_body(content = OrderRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "`Prefer: wait` was asked for, and the order is decided.", body = Order,
            headers(
                ("Preference-Applied" = String, description = "`wait=N`."),
                ("Idempotency-Replayed" = Option<String>, description = "`true` if the key was known."),
                ("Location" = String, description = "Where the order is."),
            )),
        (status = 202, description = "Accepted: the order as it was submitted, or, if `Prefer: wait` was followed and no \
            decision came in that time, as it stands then.", body = Order,
            headers(
                ("Location" = String, description = "Where the order is."),
                ("Retry-After" = u32, description = "Seconds after which looking again makes sense."),
                ("Idempotency-Replayed" = Option<String>, description = "`true` if the key was known."),
                ("Preference-Applied" = Option<String>, description = "`wait=N`, if that was waited for."),
            )),
    ))]
pub(in crate::api) async fn submit_order(
    State(app): State<App>,
    caller: Caller,
    patience: Patience,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer])?;
    order_body::must_be_json(&headers)?;
    order_body::must_be_plain(&headers)?;
    let bytes = order_body::read(&headers, body).await?;
    let key = idempotency_key::parse(&headers)?;
    // What is read of it takes several times the room of its bytes.
    let room = app.acceptances.room(&caller, bytes.len()).await?;
    let body = order_body::parse(&bytes)?;
    drop(bytes);
    must_be_barcodes(&app, &body.suspects).await?;
    let order = AcceptedOrder {
        id: app.ids.order_id(),
        customer: caller.name().to_owned(),
        accepted_at: app.ports.clock.now(),
        traceparent: traceparent(&headers),
        request: body.request,
    };
    let mut view = submitted(order.id, &order.request, order.accepted_at);
    let fingerprint = Sha256::digest(&body.canonical).into();
    // Listening begins before there is anything to decide, so a new order needs no look before there is word.
    let patience = patience.left();
    let mut wait = Wait::begin(&app, &caller, order.id, patience);
    let replayed = match accept(&app, Submission { order, key, fingerprint }).await? {
        Acceptance::Accepted => {
            app.metrics.accepted.inc();
            false
        }
        Acceptance::Replayed { id, accepted_at } => {
            app.metrics.replayed.inc();
            view = Order { id, created_at: accepted_at, updated_at: accepted_at, ..view };
            wait = Wait::begin(&app, &caller, id, patience);
            true
        }
        Acceptance::KeyReused => return Err(Refusal::of(Kind::IdempotencyKeyReused)),
    };
    drop(room);
    let waits = wait.is_on();
    let found = if waits { decision(&app, &caller, wait, replayed).await } else { None };
    let mut response = match found.as_ref().map(|found| (found.is_decided(), found.view())) {
        Some((true, decided)) => json(&decided)?,
        Some((false, as_it_stands)) => accepted(&as_it_stands)?,
        None => accepted(&view)?,
    };
    if waits {
        response.headers_mut().insert(PREFERENCE_APPLIED, applied(patience));
    }
    let location = HeaderValue::from_str(&format!("/v1/orders/{}", view.id))
        .map_err(|_| Refusal::internal("the order's location is no header"))?;
    response.headers_mut().insert(header::LOCATION, location);
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Of SKUs that would pass for card numbers those are barcodes that the catalogue has: the door keeps the others out, as
/// a refused order keeps its lines.
async fn must_be_barcodes(app: &App, suspects: &[(String, String)]) -> Result<(), Refusal> {
    if suspects.is_empty() {
        return Ok(());
    }
    let skus: BTreeSet<&String> = suspects.iter().map(|(_, sku)| sku).collect();
    let skus: Vec<String> = skus.into_iter().cloned().collect();
    let known = app.ports.catalogue.known(&skus).await?;
    let unknown = suspects.iter().filter(|(_, sku)| !known.contains(sku)).map(|(pointer, _)| pointer.clone());
    let mut unknown = unknown.take(order_body::MOST_POINTERS).peekable();
    if unknown.peek().is_some() { Err(order_body::card_numbers(unknown)) } else { Ok(()) }
}

async fn accept(app: &App, submission: Submission) -> Result<Acceptance, Refusal> {
    let mut outcomes = app.intake.accept(vec![submission]).await?;
    outcomes.pop().ok_or_else(|| Refusal::internal("intake.accept gave no outcome for the order"))
}

/// The order once it is decided, or as it stands when patience ends, if that could be seen. It is accepted whatever becomes
/// of the waiting: a database that is down, or hangs, costs no order.
async fn decision(app: &App, caller: &Caller, wait: Wait, replayed: bool) -> Option<Found> {
    let latest = wait.latest();
    let deciding = async {
        match if replayed { Found::look(app, caller, wait.id()).await.ok() } else { None } {
            Some(found) if found.is_decided() => Ok(found),
            Some(_) | None => wait.decision(app, caller).await,
        }
    };
    timeout_at(latest, deciding).await.ok()?.ok()
}

/// The header that says how long was waited.
pub(in crate::api) fn applied(patience: Duration) -> HeaderValue {
    HeaderValue::from_str(&format!("wait={}", patience.as_secs())).unwrap_or(HeaderValue::from_static("wait"))
}

fn accepted(view: &Order) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(view).map_err(|error| Refusal::unwritten("the order", &error))?;
    let headers = [
        (header::CONTENT_TYPE, JSON),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::RETRY_AFTER, HeaderValue::from_static("1")),
    ];
    Ok((StatusCode::ACCEPTED, headers, body).into_response())
}
