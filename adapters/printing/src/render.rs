//! Puts the parts together: the invoice is added up, worded as XML, drawn, and written as one file.

use crate::{RenderError, format, layout, metadata, pdf, text, xml};
use workflows::billing::{Edition, InvoiceDocument};

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
