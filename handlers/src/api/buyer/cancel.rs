//! `POST /v1/orders/{id}/cancel`: notes that an order is to be cancelled, and has that carried out.

use crate::{
    api::{
        buyer::found::Found,
        http::{
            app::Answering,
            caller::Caller,
            json::JSON,
            named::Named,
            problem::{Kind, Refusal},
        },
    },
    token::Role,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemas::{api::order::Order, ids::OrderId};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use workflows::{
    backoff::Backoff,
    lifecycle::{Command, NotCancellable, Stuck, Verdict, is_stuck},
    ports::{Applied, OutgoingMessage, Unavailable},
    wiring::QueueName,
};

/// How long an order that was accepted is waited for: longer than one is on its way into the database without a backlog.
const ON_ITS_WAY: Duration = Duration::from_secs(2);
/// The pauses between two looks whether it is there. They are shorter than payment takes, or it would be confirmed first.
const LOOKS: Backoff = Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(20) };

/// Cancel an order.
///
/// Its buyer may, and support. 202 promises that the order will be cancelled; asking again promises it again. Once it cannot
/// be cancelled any more the answer is 409. An order that is still `submitted` may be refused before the cancellation
/// reaches it: then it ends as `rejected`, for its own reason, and nothing is charged either.
#[utoipa::path(post, path = "/v1/orders/{id}/cancel", operation_id = "cancelOrder", tag = "orders",
    security(("bearerAuth" = [])),
    params(("id" = Uuid, Path, description = "The order's id.")),
    responses((status = 202, description = "It will be cancelled, or is.", body = Order,
        headers(("Retry-After" = u32, description = "Seconds after which looking again makes sense.")))))]
pub(in crate::api) async fn cancel_order(
    State(at): State<Answering>,
    caller: Caller,
    id: Named,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let id = id.order()?;
    // To its end, even if the caller hangs up in the middle.
    let carried_out = tokio::spawn(async move { request_cancel(&at, &caller, id).await });
    let order = carried_out.await.map_err(|_| Refusal::internal("the handler panicked"))??;
    let body = serde_json::to_vec(&order.view()).map_err(|error| Refusal::unwritten("the order", &error))?;
    let headers = [(header::CONTENT_TYPE, JSON), (header::RETRY_AFTER, axum::http::HeaderValue::from_static("1"))];
    Ok((StatusCode::ACCEPTED, headers, body).into_response())
}

/// Notes the wish and has it carried out; gives the order as it then is.
async fn request_cancel(at: &Answering, caller: &Caller, id: OrderId) -> Result<Found, Refusal> {
    let noted = match Found::look(&at.app, caller, id).await? {
        Found::Stored(_) => note(at, caller, id, true).await?,
        Found::Accepted(_) => note_once_stored(at, caller, id).await?,
    };
    match noted {
        Applied::Order { verdict: Verdict::Refused, order, .. } => {
            Err(Refusal::saying(Kind::CannotCancel, NotCancellable::why(&order).to_string()))
        }
        Applied::Order { verdict: Verdict::Changed(_) | Verdict::Already, .. } | Applied::Missing => {
            Found::look(&at.app, caller, id).await
        }
    }
}

/// Waits for an order that is on its way into the database, so that it is called off before anybody asks for its money: a
/// message alone would come before it, and again too late. Nobody's place is taken in the pauses.
async fn note_once_stored(at: &Answering, caller: &Caller, id: OrderId) -> Result<Applied, Refusal> {
    let begun = Instant::now();
    loop {
        let waited = begun.elapsed();
        let is_last = waited >= ON_ITS_WAY;
        let noted = note(at, caller, id, is_last).await?;
        if is_last || !matches!(noted, Applied::Missing) {
            return Ok(noted);
        }
        tokio::time::sleep(LOOKS.by_age(waited, 8)).await;
    }
}

/// One attempt, in one place: what is noted is sent too. After the last one the queue keeps the wish for an order that the
/// database still does not know.
async fn note(at: &Answering, caller: &Caller, id: OrderId, is_last: bool) -> Result<Applied, Refusal> {
    let (ledger, queue) = (Arc::clone(&at.app.ports.ledger), Arc::clone(&at.queue));
    let work = async move {
        let noted = ledger.apply_one(id, Command::AskToCancel).await?;
        let is_to_be_sent = match &noted {
            Applied::Order { verdict: Verdict::Changed(_), .. } => true,
            // It may have been noted by a call that died before it sent; what is cancelled already needs nothing.
            Applied::Order { verdict: Verdict::Already, order, .. } => is_stuck(order, Stuck::CancelForgotten(id)),
            Applied::Order { verdict: Verdict::Refused, .. } => false,
            Applied::Missing => is_last,
        };
        if is_to_be_sent {
            queue.send(QueueName::Cancel, vec![OutgoingMessage::naming(id)]).await?;
        }
        Ok::<_, Unavailable>(noted)
    };
    at.app.reads.read(caller, work).await
}
