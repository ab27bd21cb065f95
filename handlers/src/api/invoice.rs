//! `GET /v1/orders/{id}/invoice`: the PDF, as it was issued.

use super::{
    App,
    caller::Caller,
    etag,
    found::{Found, Named},
    problem::{Kind, Refusal},
};
use crate::token::Role;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use schemas::order::Status;
use std::sync::Arc;
use workflows::{ports::Unavailable, steps::issue_invoices::document_path};

/// The invoice of an order.
///
/// A PDF/A-3 with the Factur-X XML inside. While there is none the answer is 404 `no-invoice-yet` with `Retry-After`;
/// for an order that was refused or cancelled it is 404 `no-invoice`.
#[utoipa::path(get, path = "/v1/orders/{id}/invoice", operation_id = "getInvoice", tag = "orders",
    security(("bearerAuth" = [])),
    params(
        ("id" = Uuid, Path, description = "The order's id."),
        ("If-None-Match" = Option<String>, Header, description = "ETags that the caller has the invoice of."),
    ),
    responses(
        (status = 200, description = "The PDF.", body = Vec<u8>, content_type = "application/pdf",
            headers(
                ("Content-Disposition" = String, description = "Names the file by the invoice's number."),
                ("ETag" = String, description = "Of the very bytes."),
            )),
        (status = 304, description = "The caller has it.",
            headers(("ETag" = String, description = "Of the very bytes."))),
    ))]
pub(super) async fn get_invoice(
    State(app): State<App>,
    caller: Caller,
    id: Named,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let found = Found::look(&app, &caller, id.order()?).await?;
    let number = number_of(&found)?;
    let path = document_path(&number);
    let documents = Arc::clone(&app.documents);
    let Some(pdf) = app.reads.read(&caller, async move { documents.get(&path).await }).await? else {
        // It was there when the order learnt of it: a fault of the store, which may mend itself.
        return Err(Unavailable::because("documents.get", "an issued invoice is not there").into());
    };
    let name = HeaderValue::from_str(&format!("inline; filename=\"{number}.pdf\""));
    let disposition = name.unwrap_or(HeaderValue::from_static("inline"));
    let kind = HeaderValue::from_static("application/pdf");
    Ok(etag::answer(&headers, pdf, [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)]))
}

fn number_of(found: &Found) -> Result<String, Refusal> {
    let issued = match found {
        Found::Stored(order) => order.invoice.as_ref().filter(|invoice| invoice.stored),
        Found::Accepted(_) => None,
    };
    if let Some(invoice) = issued {
        return Ok(invoice.number.clone());
    }
    Err(Refusal::of(match found.status() {
        Status::Rejected | Status::Cancelled => Kind::NoInvoice,
        Status::Submitted
        | Status::Reserved
        | Status::InReview
        | Status::Confirmed
        | Status::Shipped
        | Status::Refunded => Kind::NoInvoiceYet,
    }))
}
