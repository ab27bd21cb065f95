//! The numbers of invoices: without gaps, and each for one order.

use super::Unavailable;
use crate::billing::Bill;
use async_trait::async_trait;
use schemas::ids::OrderId;

/// An order's invoice, once it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// It is to be printed and stored.
    Due(Box<Bill>),
    /// It is known to be in the document store, so somebody may have it: it must not be written again.
    Stored,
}

/// The series that invoices are numbered in.
#[async_trait]
pub trait InvoiceNumbers: Send + Sync {
    /// Gives each order of the batch that may have one the next number of its series, those that have one keep it, and says what
    /// is still to be printed. MUST have the lifecycle say which orders get one, MUST leave no gap, and MUST give the same for
    /// a number however often it is asked. Orders without one are left out.
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable>;
}
