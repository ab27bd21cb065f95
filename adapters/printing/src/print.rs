//! An invoice as it leaves the printer: the file, and what is kept about it.

use crate::{RenderError, Rendered, render};
use sha2::{Digest, Sha256};
use workflows::{
    billing::InvoiceDocument,
    issued_invoice::{Fingerprint, PrintRecord, Printed},
};

/// Raised with whatever changes the bytes of a document, which then differ from those that an earlier one printed.
pub const VERSION: &str = "sluice-pdf/3";

/// Prints PDF/A-3 with Factur-X, which takes a processor for some milliseconds.
///
/// # Errors
/// If the invoice cannot be rendered. A second try fails the same way.
pub fn print(document: &InvoiceDocument) -> Result<Printed, RenderError> {
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
