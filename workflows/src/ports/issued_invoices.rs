//! What is known of issued invoices beside their numbers: what was printed of each, and how its document was found.

use super::Unavailable;
use crate::{
    billing::{Bill, Edition},
    issued_invoice::{Fingerprint, IssuedInvoice, PrintRecord, SeriesPosition},
};
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::collections::HashSet;
use time::Duration;

/// How long the invoice of an order is not asked for after it could not be printed again.
pub const UNASKED: Duration = Duration::days(1);

/// What is known of issued invoices.
#[async_trait]
pub trait IssuedInvoices: Send + Sync {
    /// Notes what was printed of invoices, over what was noted earlier, and says of which orders. Of an invoice that has
    /// another number by now nothing is noted. MUST be as durable as whatever the caller commits next.
    async fn record(&self, printed: &[(OrderId, PrintRecord)]) -> Result<HashSet<OrderId>, Unavailable>;

    /// Notes the file of an invoice of which nothing is noted, and leaves others as they are.
    async fn adopt(&self, found: &[(OrderId, Fingerprint)]) -> Result<(), Unavailable>;

    /// The invoices of those orders that have a number, whether or not their documents are in the store.
    async fn of(&self, orders: &[OrderId]) -> Result<Vec<IssuedInvoice>, Unavailable>;

    /// Those whose documents are in the store, from behind a position on, by their positions, at most `limit`.
    async fn behind(&self, position: SeriesPosition, limit: i64) -> Result<Vec<IssuedInvoice>, Unavailable>;

    /// What the invoice of an order follows from, to be worded by the rules of an edition, or else of the one that it was
    /// issued by. None if it has no number, or if a later release issued it by rules that this one does not know.
    async fn bill(&self, order: OrderId, edition: Option<Edition>) -> Result<Option<Bill>, Unavailable>;

    /// Up to where documents were looked at.
    async fn checked(&self) -> Result<SeriesPosition, Unavailable>;

    /// Notes up to where.
    async fn mark_checked(&self, position: SeriesPosition) -> Result<(), Unavailable>;

    /// Of those orders the ones whose invoices are to be asked for: no message about them is on its way or was set aside, as
    /// far as the database knows of messages, and printing them again did not fail within the last [`UNASKED`].
    async fn unasked(&self, orders: &[OrderId]) -> Result<Vec<OrderId>, Unavailable>;

    /// Notes that the invoice of an order could not be printed again.
    async fn mark_unmended(&self, order: OrderId) -> Result<(), Unavailable>;

    /// Notes that it was, so that it is asked for at once the next time.
    async fn mark_mended(&self, order: OrderId) -> Result<(), Unavailable>;
}
