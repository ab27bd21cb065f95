//! What may happen to an order's invoice: it gets a number, and is known to be in the document store.

use super::{Verdict, silently, telling};
use crate::{
    billing::{Unpriced, ensure_priced},
    order::{State, StoredInvoice, StoredOrder},
};
use schemas::event::{EventName, data};
use serde_json::json;
use time::Date;

/// What there is to say of an order's invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prospect<'o> {
    /// It is in the document store.
    Issued(&'o StoredInvoice),
    /// It is to come.
    ToCome,
    /// The order has none, and will have none.
    Never,
}

/// Whether an order has its invoice, or will have one.
pub fn prospect_of_invoice(order: &StoredOrder) -> Prospect<'_> {
    match (&order.invoice, &order.state) {
        (Some(invoice), _) if invoice.stored => Prospect::Issued(invoice),
        (Some(_), _) => Prospect::ToCome,
        (None, State::Reserved { .. } | State::Confirmed) if !order.cancel_requested => Prospect::ToCome,
        (None, State::Reserved { .. } | State::Confirmed | State::Rejected { .. } | State::Cancelled) => {
            Prospect::Never
        }
    }
}

/// Whether an invoice is to be issued. A number that was given is printed even if the order was cancelled meanwhile: the
/// series has no blank. None is given to an order that will be cancelled.
pub fn is_to_be_invoiced(order: &StoredOrder) -> bool {
    match &order.invoice {
        Some(invoice) => !invoice.stored,
        None => may_be_numbered(order),
    }
}

fn may_be_numbered(order: &StoredOrder) -> bool {
    match order.state {
        State::Confirmed => !order.cancel_requested,
        State::Reserved { .. } | State::Rejected { .. } | State::Cancelled => false,
    }
}

/// Why an order that has no number gets none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoNumber {
    /// No invoice of it is due.
    NotDue,
    /// No invoice could say what was sold: the number would stand for a document that nobody can print.
    Unpriced(Unpriced),
}

/// Whether an order that has no number may get one.
///
/// # Errors
/// Why not.
pub fn ensure_numberable(order: &StoredOrder) -> Result<(), NoNumber> {
    if !may_be_numbered(order) {
        return Err(NoNumber::NotDue);
    }
    ensure_priced(order).map_err(NoNumber::Unpriced)
}

/// An order keeps the number that it has.
pub(super) fn give_number(order: &mut StoredOrder, number: &str, issued_on: Date) -> Verdict {
    if order.invoice.is_some() {
        return Verdict::Already;
    }
    if ensure_numberable(order).is_err() {
        return Verdict::Refused;
    }
    order.invoice = Some(StoredInvoice { number: number.to_owned(), issued_on, stored: false });
    silently()
}

pub(super) fn record_invoice(order: &mut StoredOrder) -> Verdict {
    let id = order.id;
    match order.invoice.as_mut() {
        Some(StoredInvoice { stored: true, .. }) => Verdict::Already,
        Some(invoice) => {
            invoice.stored = true;
            let data = data::InvoiceIssued {
                number: invoice.number.as_str().into(),
                issued_on: invoice.issued_on.to_string().into(),
                href: format!("/v1/orders/{id}/invoice").into(),
            };
            let data = json!(data);
            telling(EventName::InvoiceIssued, data)
        }
        None => Verdict::Refused,
    }
}
