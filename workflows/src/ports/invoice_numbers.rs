//! The numbers of invoices: without gaps, and each for one order.

use super::Unavailable;
use crate::{
    billing::{Bill, Edition, KeptSeller, Unpriced},
    lifecycle::{NoNumber, ensure_numberable},
    order::StoredOrder,
};
use async_trait::async_trait;
use schemas::ids::OrderId;

/// An order's invoice, with a number or wanting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// It is to be printed and stored.
    Due(Box<Bill>),
    /// It is known to be in the document store, so somebody may have it: it must not be written again.
    Stored,
    /// It has none, because no invoice could say what was sold.
    Unpriced(Unpriced),
}

impl Numbered {
    /// What there is to say of an order after those that may have a number got one: nothing if no invoice is due. What was kept
    /// with its number is asked for only if the invoice is to be printed.
    pub fn of(order: StoredOrder, kept: impl FnOnce() -> (KeptSeller, Edition)) -> Option<Self> {
        match order.invoice.as_ref().map(|invoice| invoice.stored) {
            Some(true) => Some(Self::Stored),
            Some(false) => {
                let (seller, edition) = kept();
                Bill::of(order, seller, edition).map(|bill| Self::Due(Box::new(bill)))
            }
            None => match ensure_numberable(&order) {
                Err(NoNumber::Unpriced(error)) => Some(Self::Unpriced(error)),
                Err(NoNumber::NotDue) | Ok(()) => None,
            },
        }
    }
}

impl From<Unpriced> for Unavailable {
    fn from(error: Unpriced) -> Self {
        Self::at_fault("billing.document", error)
    }
}

/// The series that invoices are numbered in.
#[async_trait]
pub trait InvoiceNumbers: Send + Sync {
    /// Gives each order of the batch that may have one the next number of its series, those that have one keep it, and says what
    /// is still to be printed. MUST have the lifecycle say which orders get one, MUST leave no gap, and MUST give the same for
    /// a number however often it is asked. Orders that are due none are left out.
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable>;
}
