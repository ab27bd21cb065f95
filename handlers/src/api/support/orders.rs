//! `GET /v1/support/orders`: support finds an order by what a caller on the phone can say.

use crate::{
    api::http::{app::App, caller::Caller, json::json, problem::Refusal, query::Params},
    token::Role,
};
use axum::{extract::State, http::Uri, response::Response};
use schemas::{
    api::support::{Buyer, SupportOrder, SupportOrderPage},
    ids::OrderId,
    kept::AcceptedOrder,
};
use std::{collections::HashMap, sync::Arc};
use workflows::{
    order::{StoredOrder, submitted},
    ports::{Intake, Ledger, Unavailable},
};

/// Find orders.
///
/// By id, invoice number, e-mail address, SKU or name, newest first. For role `support`. An order that is accepted and not
/// stored yet is found by its whole id only.
#[utoipa::path(get, path = "/v1/support/orders", operation_id = "searchOrders", tag = "support",
    security(("bearerAuth" = [])),
    params(
        ("q" = String, Query, min_length = 1, max_length = 200,
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$",
            description = "What to look for.", example = "zoe@example.com"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Orders at most; 20 if absent."),
    ),
    responses((status = 200, description = "What was found; there are no further pages.", body = SupportOrderPage)))]
pub(in crate::api) async fn search_orders(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Support])?;
    let params = Params::of(&uri, &["q", "limit"])?;
    let (query, limit) = (params.search()?.to_owned(), params.limit()?);
    let (ports, intake) = (Arc::clone(&app.ports), Arc::clone(&app.intake));
    let reading = async move {
        let ids = ports.search.orders(&query, limit).await?;
        let loaded = ports.order_lists.load_readable(&ids).await?;
        let not_stored = match query.trim().parse() {
            Ok(id) if loaded.is_empty() => accepted(ports.ledger.as_ref(), intake.as_ref(), id).await?,
            Ok(_) | Err(_) => None,
        };
        Ok::<_, Unavailable>((ids, loaded, not_stored))
    };
    let (ids, loaded, not_stored) = app.reads.read(&caller, reading).await?;
    let mut by_id: HashMap<_, _> = loaded.into_iter().map(|order| (order.id, order)).collect();
    // In the order that the search found them, whatever order they were loaded in.
    let items = ids.iter().filter_map(|id| by_id.remove(id)).map(shown).chain(not_stored).collect();
    json(&SupportOrderPage { items, next_cursor: None })
}

/// An order that was accepted and is not stored yet, or never will be if its message is set aside; no search knows it, but by
/// its whole id it can be read. One that is stored and cannot be read is left out here as in any list.
async fn accepted(ledger: &dyn Ledger, intake: &dyn Intake, id: OrderId) -> Result<Option<SupportOrder>, Unavailable> {
    match ledger.load(&[id]).await {
        Ok(mut stored) => match stored.pop() {
            Some(order) => Ok(Some(shown(order))),
            None => Ok(intake.find(id).await?.map(shown_as_accepted)),
        },
        Err(error) if error.away => Err(error),
        Err(_) => Ok(None),
    }
}

fn shown_as_accepted(order: AcceptedOrder) -> SupportOrder {
    let AcceptedOrder { id, accepted_at, request, .. } = order;
    let view = submitted(id, &request, accepted_at);
    let whose = request.billing_address.unwrap_or(request.shipping_address);
    SupportOrder { order: view, buyer: Buyer { name: whose.name }, version: 0 }
}

fn shown(order: StoredOrder) -> SupportOrder {
    let whose = order.billing_address.as_ref().unwrap_or(&order.shipping_address);
    SupportOrder { order: order.view(), buyer: Buyer { name: whose.name.clone() }, version: order.version }
}
