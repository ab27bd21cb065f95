//! How the document of an issued invoice is found in its store. The schedule, the API, the audit and the mending all judge
//! by this, so that none sees damage where another sees none.

use crate::{
    issued_invoice::{Condition, Fingerprint, IssuedInvoice, Look, document_path},
    ports::{Documents, InvoiceReader, Unavailable},
};
use schemas::ids::OrderId;

/// How the document of an invoice is found.
///
/// # Errors
/// If the store does not answer.
pub async fn inspect(documents: &dyn Documents, issued: &IssuedInvoice) -> Result<(Condition, Look), Unavailable> {
    let found = documents.look(&document_path(&issued.number)).await?;
    Ok((issued.condition(&found), found))
}

/// Whether a document says itself that it is that invoice.
pub fn says_so(reader: &dyn InvoiceReader, issued: &IssuedInvoice, found: &Look) -> bool {
    match found {
        Look::Document(content) => reader.read_back(content).is_some_and(|says| says.is(issued.order, &issued.number)),
        Look::Nothing | Look::Unreadable(_) | Look::Blocked(_) => false,
    }
}

/// By which it is noted, if it is a document at all.
pub(super) fn fingerprint(order: OrderId, found: &Look) -> Option<(OrderId, Fingerprint)> {
    match found {
        Look::Document(content) => Some((order, Fingerprint::of(content))),
        Look::Nothing | Look::Unreadable(_) | Look::Blocked(_) => None,
    }
}
