//! The invoice printer behind its port: rendering is arithmetic, so it runs beside the tasks that wait, not among them.

use crate::{PdfReader, RenderError, Rendered, render};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use workflows::{
    billing::InvoiceDocument,
    issued::{Fingerprint, PrintRecord, Printed, ReadBack},
    ports::{InvoicePrinter, InvoiceReader, Unavailable},
};

/// Raised with whatever changes the bytes of a document, which then differ from those that an earlier one printed.
pub const VERSION: &str = "sluice-pdf/3";

/// Prints PDF/A-3 with Factur-X.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfPrinter;

#[async_trait]
impl InvoicePrinter for PdfPrinter {
    async fn print(&self, document: InvoiceDocument) -> Result<Printed, Unavailable> {
        tokio::task::spawn_blocking(move || print(&document))
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

fn print(document: &InvoiceDocument) -> Result<Printed, RenderError> {
    let Rendered { pdf, xml, unprintable, cut } = render(document)?;
    if cut > 0 {
        let (order, number) = (document.order, &document.number);
        tracing::warn!(%order, number, texts = cut, "an invoice has texts that are too long for its page, and end in … there");
    }
    let record = PrintRecord {
        number: document.number.clone(),
        edition: document.edition,
        printer: VERSION.to_owned(),
        file: Fingerprint::of(&pdf),
        xml_sha256: Sha256::digest(xml.as_bytes()).into(),
        unprintable: i32::try_from(unprintable.len()).unwrap_or(i32::MAX),
    };
    Ok(Printed { pdf, record, unprintable })
}
