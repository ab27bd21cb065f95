//! How an invoice becomes a document, and what that says of itself.

use super::Unavailable;
use crate::{
    billing::InvoiceDocument,
    issued_invoice::{Printed, ReadBack},
};
use async_trait::async_trait;

/// Reads what a document says of itself. For whoever gives documents out without being able to print them.
pub trait InvoiceReader: Send + Sync {
    /// What a file says that it is, whichever release printed it. None if that cannot be read, for it is damaged, or none of
    /// ours.
    fn read_back(&self, file: &[u8]) -> Option<ReadBack>;
}

/// Makes an invoice printable.
#[async_trait]
pub trait InvoicePrinter: InvoiceReader {
    /// The PDF. MUST give the same bytes for the same document, as it may be printed twice; and a later release MUST give
    /// the same XML, as it may have been issued long ago.
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable>;
}
