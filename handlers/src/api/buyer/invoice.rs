//! `GET /v1/orders/{id}/invoice`: the PDF, as it was issued.

use crate::{
    api::{
        buyer::found::Found,
        http::{
            app::Answering,
            caller::Caller,
            etag,
            named::Named,
            problem::{Kind, Refusal},
        },
    },
    token::Role,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use schemas::ids::OrderId;
use std::sync::Arc;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
    },
};
use workflows::{
    issued_invoice::{Condition, Look},
    lifecycle::{Prospect, prospect_of_invoice},
    ports::Unavailable,
    steps::billing::{
        inspect_document::{inspect, says_so},
        keep_documents::ask_to_mend,
    },
};

/// The invoice of an order.
///
/// A PDF/A-3 with the Factur-X XML inside, as it was issued; 503 while it is printed again because the store lost or
/// damaged it. While there is none the answer is 404 `no-invoice-yet` with `Retry-After`; for an order that was refused, or
/// cancelled before it had one, it is 404 `no-invoice`. An order that was cancelled later keeps the one that was issued.
#[utoipa::path(get, path = "/v1/orders/{id}/invoice", operation_id = "getInvoice", tag = "orders",
    security(("bearerAuth" = [])),
    params(
        ("id" = Uuid, Path, description = "The order's id."),
        ("If-None-Match" = Option<String>, Header, description = "ETags that the caller has the invoice of."),
    ),
    responses(
        (status = 200, description = "The PDF.", body = Pdf, content_type = "application/pdf",
            headers(
                ("Content-Disposition" = String, description = "Names the file by the invoice's number."),
                ("ETag" = String, description = "Of the very bytes."),
            )),
        (status = 304, description = "The caller has it.",
            headers(("ETag" = String, description = "Of the very bytes."))),
    ))]
pub(in crate::api) async fn get_invoice(
    State(at): State<Answering>,
    caller: Caller,
    id: Named,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.must_be(&[Role::Customer, Role::Support])?;
    let order = id.order()?;
    let found = Found::look(&at.app, &caller, order).await?;
    let number = number_of(&found)?;
    let pdf = as_issued(&at, &caller, order).await?;
    let name = HeaderValue::from_str(&format!("inline; filename=\"{number}.pdf\""));
    let disposition = name.unwrap_or(HeaderValue::from_static("inline"));
    let kind = HeaderValue::from_static("application/pdf");
    Ok(etag::answer(&headers, pdf, [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)]))
}

/// Bytes, as the document says them: what is derived of them would be a list of numbers.
struct Pdf;

impl PartialSchema for Pdf {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).description(Some("A PDF/A-3.")).into()
    }
}

impl ToSchema for Pdf {}

/// The very bytes that were issued. A document that is damaged or lost is printed again, which takes a moment.
async fn as_issued(at: &Answering, caller: &Caller, order: OrderId) -> Result<Vec<u8>, Refusal> {
    let missing = || Unavailable::because("invoices.of", "nothing is known of an invoice that was issued");
    let (ports, documents, reader) = (Arc::clone(&at.app.ports), Arc::clone(&at.documents), Arc::clone(&at.app.reader));
    let looked = async move {
        let issued = ports.issued_invoices.of(&[order]).await?.pop().ok_or_else(missing)?;
        let (condition, found) = inspect(documents.as_ref(), &issued).await?;
        // Where nobody noted what was printed, a document of another buyer's would look as good.
        let is_ours = condition == Condition::Sound
            || condition == Condition::Unproven && says_so(reader.as_ref(), &issued, &found);
        Ok::<_, Unavailable>((issued.number, condition, found, is_ours))
    };
    let (number, condition, found, is_ours) = at.app.reads.read(caller, looked).await?;
    let why = match found {
        Look::Document(pdf) if is_ours => return Ok(pdf),
        Look::Blocked(why) => format!("invoice {number} cannot be printed again: {why}"),
        Look::Document(_) | Look::Nothing | Look::Unreadable(_) => {
            ask_to_mend(at.app.ports.issued_invoices.as_ref(), at.queue.as_ref(), &[order]).await?;
            format!("invoice {number} is not as it was issued ({condition:?}) and is printed again")
        }
    };
    Err(Unavailable::because("documents.get", why).into())
}

fn number_of(found: &Found) -> Result<String, Refusal> {
    let prospect = match found {
        Found::Stored(order) => prospect_of_invoice(order),
        Found::Accepted(_) => Prospect::ToCome,
    };
    match prospect {
        Prospect::Issued(invoice) => Ok(invoice.number.clone()),
        Prospect::ToCome => Err(Refusal::of(Kind::NoInvoiceYet)),
        Prospect::Never => Err(Refusal::of(Kind::NoInvoice)),
    }
}
