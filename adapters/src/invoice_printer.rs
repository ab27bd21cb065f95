//! The invoice printer behind its port. Printing is arithmetic that takes a processor for a while, so it runs beside the tasks
//! that wait, not among them; what is printed is a pure function of `printing`.

use async_trait::async_trait;
use printing::PdfReader;
use workflows::{
    billing::InvoiceDocument,
    issued::{Printed, ReadBack},
    ports::{InvoicePrinter, InvoiceReader, Unavailable},
};

/// Prints PDF/A-3 with Factur-X.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfPrinter;

#[async_trait]
impl InvoicePrinter for PdfPrinter {
    async fn print(&self, document: InvoiceDocument) -> Result<Printed, Unavailable> {
        tokio::task::spawn_blocking(move || printing::print(&document))
            .await
            .map_err(|error| Unavailable::refused("invoice_printer.print", error))?
            .map_err(|error| Unavailable::refused("invoice_printer.print", error))
    }
}

impl InvoiceReader for PdfPrinter {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        PdfReader.read_back(file)
    }
}
