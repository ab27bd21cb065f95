//! Renders an invoice as PDF/A-3b with its Factur-X XML inside. Pure: the same document gives the same bytes, so that a
//! message told twice writes the same file. Made for speed too, as no other step takes as much of the processor.

mod attached;
mod breaks;
mod canvas;
mod columns;
mod deflate;
mod exemption;
mod fonts;
mod format;
mod gross_price;
mod layout;
mod metadata;
mod pdf;
mod print;
mod reader;
mod text;
mod xml;

#[cfg(test)]
mod tests;

pub use attached::{attached_xml, order_and_number};
pub use print::{VERSION, print};
pub use reader::PdfReader;

use thiserror::Error;
use workflows::billing::{Edition, InvoiceDocument, TotalsError};

/// Why an invoice has no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RenderError {
    /// The lines have no total.
    #[error("the invoice has no total")]
    Totals(#[from] TotalsError),
    /// A font that is part of the program is damaged.
    #[error("a font that is part of the program cannot be embedded")]
    Font,
}

/// An invoice as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The PDF/A-3b.
    pub pdf: Vec<u8>,
    /// Its XML.
    pub xml: String,
    /// The characters that no font has.
    pub unprintable: Vec<char>,
    /// How many texts end on the page before they do in the XML, because they are too long for their place.
    pub cut: usize,
}

/// Renders an invoice. Text that no font can show appears as a replacement character on the page; the XML has it right.
///
/// # Errors
/// [`RenderError::Totals`] if the lines cannot be added up. A second try fails the same way.
pub fn render(document: &InvoiceDocument) -> Result<Rendered, RenderError> {
    let totals = document.totals()?;
    let xml = xml::write(document, &totals);
    let mut fonts = text::Used::new();
    let pages = layout::draw(document, &totals, &mut fonts);
    let what = if document.specimen { "Specimen of invoice" } else { "Invoice" };
    let title = format!("{what} {}", format::one_line(&document.number));
    let author = format::one_line(&document.seller.name);
    let date = format::compact_date(document.issued);
    let made = format!("{}T00:00:00Z", document.issued);
    // EN 16931 knows two decimals; what it cannot say is no e-invoice, and does not claim to be one.
    let is_e_invoice = document.minor_digits <= 2 || document.edition == Edition::First;
    let pdf = pdf::write(&pdf::Contents {
        title: &title,
        author: &author,
        producer: metadata::PRODUCER,
        date: &date,
        metadata: &metadata::write(&title, &author, &made, is_e_invoice),
        xml: &xml,
        is_e_invoice,
        pages: &pages,
        fonts: &fonts,
    })?;
    Ok(Rendered { pdf, xml, unprintable: fonts.unprintable.into_iter().collect(), cut: fonts.cut })
}
