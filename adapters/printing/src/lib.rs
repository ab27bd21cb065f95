//! Renders an invoice as PDF/A-3b with its Factur-X XML inside. Pure: the same document gives the same bytes, so that a
//! message told twice writes the same file. Made for speed too, as no other step takes as much of the processor.

mod attached;
mod breaks;
mod canvas;
mod columns;
mod deflate;
mod error;
mod exemption;
mod fonts;
mod format;
mod gross_price;
mod layout;
mod metadata;
mod pdf;
mod print;
mod reader;
mod render;
mod style;
mod text;
mod xml;

#[cfg(test)]
mod tests;

pub use attached::{attached_xml, order_and_number};
pub use error::RenderError;
pub use print::{VERSION, print};
pub use reader::PdfReader;
pub use render::{Rendered, render};
