//! Reading orders: one by its id, and one's own newest first.

use crate::{
    api::{
        buyer::{
            found::Found,
            submit::{PREFERENCE_APPLIED, applied},
            wait_for_decision::Wait,
        },
        http::{
            app::App,
            caller::Caller,
            etag,
            json::{JSON, json},
            named::Named,
            prefer::Patience,
            problem::{Kind, Refusal},
            query::{Params, cursor_of},
        },
    },
    token::Role,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::Response,
};
use schemas::{
    api::order::{Order, OrderPage, Status},
    ids::OrderId,
};
use std::sync::Arc;
use uuid::Uuid;

/// One order.
///
/// It can be read from the moment it was accepted. With `Prefer: wait=N` the answer waits until the order is decided; while
/// very many wait already it does not, and says nothing of the preference.
#[utoipa::path(get, path = "/v1/orders/{id}", operation_id = "getOrder", tag = "orders",
    security(("bearerAuth" = [])),
    params(
        ("id" = Uuid, Path, description = "The order's id."),
        ("If-None-Match" = Option<String>, Header, description = "ETags that the caller has the order of."),
        ("Prefer" = Option<String>, Header, example = "wait=10",
            description = "`wait=N`: answer when the order is decided, but after N seconds (at most 20) at the latest."),
    ),
    responses(
        (status = 200, description = "The order.", body = Order,
            headers(
                ("ETag" = String, description = "Changes with whatever changes in the order."),
                ("Preference-Applied" = Option<String>, description = "`wait=N`, if that was asked for and followed."),
            )),
        (status = 304, description = "The order is as the caller knows it.",
            headers(("ETag" = String, description = "The order's ETag."))),
    ))]
pub(in crate::api) async fn get_order(
    State(app): State<App>,
    caller: Caller,
    id: Named,
    patience: Patience,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let (id, patience) = (id.order()?, patience.left());
    let wait = Wait::begin(&app, &caller, id, patience);
    let waits = wait.is_on();
    let mut found = Found::look(&app, &caller, id).await?;
    if waits && !found.is_decided() {
        found = wait.decision(&app, &caller).await?;
    }
    let body = serde_json::to_vec(&found.view()).map_err(|error| Refusal::unwritten("the order", &error))?;
    let mut response = etag::answer(&headers, body, [(header::CONTENT_TYPE, JSON)]);
    let set = response.headers_mut();
    set.insert(header::VARY, HeaderValue::from_static("authorization, prefer"));
    if waits {
        set.insert(PREFERENCE_APPLIED, applied(patience));
    }
    Ok(response)
}

/// One's own orders, newest first.
///
/// A page may hold fewer orders than `limit`, or none, and still have a `next_cursor`: it says how far was looked. Only a
/// page without one is the last.
#[utoipa::path(get, path = "/v1/orders", operation_id = "listOrders", tag = "orders",
    security(("bearerAuth" = [])),
    params(
        ("status" = Option<Status>, Query, description = "Only orders that stand there; empty for all."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Orders of a page; 20 if absent."),
        ("cursor" = Option<String>, Query, pattern = "^([A-Za-z0-9_-]{21}[AQgw])?$",
            description = "The `next_cursor` of the page before; empty for the first."),
    ),
    responses((status = 200, description = "A page of orders.", body = OrderPage)))]
pub(in crate::api) async fn list_orders(State(app): State<App>, caller: Caller, uri: Uri) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let params = Params::of(&uri, &["status", "limit", "cursor"])?;
    let limit = params.limit()?;
    let before = params.cursor(|bytes| Uuid::from_slice(&bytes).ok().map(OrderId))?;
    let status = params.get("status").filter(|word| !word.is_empty()).map(status_of).transpose()?;
    let (lists, name) = (Arc::clone(&app.ports.order_lists), caller.name().to_owned());
    let page = app.reads.read(&caller, async move { lists.list(&name, status, before, limit).await }).await?;
    let next_cursor = page.next.map(|id| cursor_of(id.0.as_bytes()));
    json(&OrderPage { items: page.orders, next_cursor })
}

fn status_of(word: &str) -> Result<Status, Refusal> {
    word.parse().map_err(|_| {
        let known: Vec<_> = Status::ALL.iter().map(Status::as_str).collect();
        Refusal::saying(Kind::InvalidParameter, format!("`status` must be one of {}", known.join(", ")))
    })
}
