//! `POST /v1/orders/{id}/cancel`: notes that an order is to be called off, and has that carried out.

use super::{
    App, JSON,
    caller::Caller,
    found::{Found, Named},
    problem::{Kind, Refusal},
};
use crate::token::Role;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemas::{ids::OrderId, order::Order};
use workflows::{ports::CancelRequest, steps::sweep::cancel_message};

/// Cancel an order.
///
/// Its buyer may, and support. 202 promises that the order will be cancelled; asking again promises it again. Once it cannot
/// be cancelled any more the answer is 409. An order that is still `submitted` may be refused before the cancellation reaches it: then it ends as
/// `rejected`, for its own reason, and nothing is charged either.
#[utoipa::path(post, path = "/v1/orders/{id}/cancel", operation_id = "cancelOrder", tag = "orders",
    security(("bearerAuth" = [])),
    params(("id" = Uuid, Path, description = "The order's id.")),
    responses((status = 202, description = "It will be cancelled, or is.", body = Order,
        headers(("Retry-After" = u32, description = "Seconds after which looking again makes sense.")))))]
pub(super) async fn cancel_order(State(app): State<App>, caller: Caller, id: Named) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let id = id.order()?;
    let (theirs, of) = (app.clone(), caller.clone());
    // To its end, even if the caller hangs up in the middle.
    let order = app.reads.read(&caller, async move { request_cancel(&theirs, &of, id).await }).await?;
    let body = serde_json::to_vec(&order.view()).map_err(|error| Refusal::unwritten("the order", &error))?;
    let headers = [(header::CONTENT_TYPE, JSON), (header::RETRY_AFTER, axum::http::HeaderValue::from_static("1"))];
    Ok((StatusCode::ACCEPTED, headers, body).into_response())
}

/// Notes the wish and has it carried out; gives the order as it then is.
async fn request_cancel(app: &App, caller: &Caller, id: OrderId) -> Result<Found, Refusal> {
    match Found::find(app, caller, id).await? {
        // The database does not know it yet, so nothing can be noted there: the queue keeps the wish until it does.
        found @ Found::Accepted(_) => {
            send(app, id).await?;
            Ok(found)
        }
        Found::Stored(_) => {
            match app.orders.request_cancel(id).await? {
                CancelRequest::Noted | CancelRequest::Missing => send(app, id).await?,
                CancelRequest::Already => (),
                CancelRequest::TooLate(status) => {
                    let detail = format!("an order that is {status} cannot be cancelled");
                    return Err(Refusal::saying(Kind::CannotCancel, detail));
                }
            }
            Found::find(app, caller, id).await
        }
    }
}

async fn send(app: &App, id: OrderId) -> Result<(), Refusal> {
    Ok(app.queue.send("cancel", vec![cancel_message(id)]).await?)
}
