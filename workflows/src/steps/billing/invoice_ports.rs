//! What every way to an invoice's document needs from outside: whether it is due, stands where another one is, or is to be
//! mended.

use crate::ports::{Documents, EventBus, InvoiceNumbers, InvoicePrinter, IssuedInvoices, Ledger};

/// What issuing needs from outside.
#[derive(Clone, Copy)]
pub struct InvoicePorts<'p> {
    /// Gives the numbers.
    pub numbers: &'p dyn InvoiceNumbers,
    /// Notes that a document is in the store.
    pub ledger: &'p dyn Ledger,
    /// Keeps what was printed.
    pub issued: &'p dyn IssuedInvoices,
    /// Prints.
    pub printer: &'p dyn InvoicePrinter,
    /// Keeps the documents.
    pub documents: &'p dyn Documents,
    /// Where it is told.
    pub bus: &'p dyn EventBus,
}
