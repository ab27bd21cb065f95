//! The numbers of invoices: without gaps, and each for one order.

use super::Unavailable;
use crate::{
    billing::{Bill, Unpriced, ensure_priced},
    lifecycle::is_to_be_invoiced,
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
    /// What is said of an order to which the lifecycle gave no number: nothing, unless an invoice is due all the same.
    pub fn refused(order: &StoredOrder) -> Option<Self> {
        is_to_be_invoiced(order).then(|| ensure_priced(order).err())?.map(Self::Unpriced)
    }
}

impl From<Unpriced> for Unavailable {
    fn from(error: Unpriced) -> Self {
        Self::refused("billing.document", error)
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
