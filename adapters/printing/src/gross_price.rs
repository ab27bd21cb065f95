//! What a piece costs with its tax, where that is what the catalogue said: EN 16931 has a place for prices without tax only,
//! which then are computed ones of six digits that the buyer never saw. A note of the line (BT-127) says the price they know.

use crate::format::{grouped, one_line};
use workflows::billing::{Edition, InvoiceDocument, InvoiceLine};

/// The note of a line, the same on the page and in the XML.
pub(super) fn note(document: &InvoiceDocument, line: &InvoiceLine) -> Option<String> {
    let says_it = match document.edition {
        Edition::First | Edition::Second | Edition::Third => false,
        Edition::Fourth => line.price.includes_tax && line.price.tax_rate > 0,
    };
    says_it.then(|| {
        let price = grouped(line.price.unit_price, document.minor_digits);
        format!("Unit price with VAT: {} {price}", one_line(&document.currency))
    })
}
