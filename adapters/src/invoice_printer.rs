//! The invoice printer behind its port. Printing is arithmetic that takes a processor for a while, so it runs beside the tasks
//! that wait, not among them. The function that prints is given: who keeps orders compiles no printer.

use async_trait::async_trait;
use std::error::Error;
use workflows::{
    billing::InvoiceDocument,
    issued_invoice::{Printed, ReadBack},
    ports::{InvoicePrinter, InvoiceReader, Unavailable},
};

/// Prints by a function that lets nobody else run meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct BlockingPrinter<E, R> {
    /// Prints an invoice.
    pub print: fn(&InvoiceDocument) -> Result<Printed, E>,
    /// Reads back what was printed.
    pub reader: R,
}

#[async_trait]
impl<E: Error + Send + Sync + 'static, R: InvoiceReader> InvoicePrinter for BlockingPrinter<E, R> {
    async fn print(&self, document: InvoiceDocument) -> Result<Printed, Unavailable> {
        let print = self.print;
        tokio::task::spawn_blocking(move || print(&document))
            .await
            .map_err(|error| Unavailable::at_fault("invoice_printer.print", error))?
            .map_err(|error| Unavailable::at_fault("invoice_printer.print", error))
    }
}

impl<E, R: InvoiceReader> InvoiceReader for BlockingPrinter<E, R> {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        self.reader.read_back(file)
    }
}
