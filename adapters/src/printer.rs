//! The invoice printer behind its port: rendering is arithmetic, so it runs beside the tasks that wait, not among them.

use crate::invoice;
use async_trait::async_trait;
use workflows::{
    invoice::InvoiceDocument,
    ports::{InvoicePrinter, Unavailable},
};

/// Prints PDF/A-3 with Factur-X.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfPrinter;

#[async_trait]
impl InvoicePrinter for PdfPrinter {
    async fn print(&self, document: InvoiceDocument) -> Result<Vec<u8>, Unavailable> {
        tokio::task::spawn_blocking(move || invoice::render(&document))
            .await
            .map_err(|error| Unavailable::refused("invoice_printer.print", error))?
            .map_err(|error| Unavailable::refused("invoice_printer.print", error))
    }
}
