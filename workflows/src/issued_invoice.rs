//! Issued invoices: what was printed of each, so that a document that is damaged or lost is seen, and is printed again as
//! it was.

use crate::billing::Edition;
use schemas::ids::OrderId;
use sha2::{Digest, Sha256};
use std::fmt;

/// By which the bytes of a document are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many they are.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

impl Fingerprint {
    /// That of these bytes.
    pub fn of(content: &[u8]) -> Self {
        Self { size: u64::try_from(content.len()).unwrap_or(u64::MAX), sha256: Sha256::digest(content).into() }
    }
}

/// What a store has of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Look {
    /// This content.
    Document(Vec<u8>),
    /// Nothing.
    Nothing,
    /// Something that is certainly no document, for the reason given. Another one may be stored in its place.
    Unreadable(String),
    /// Something that nothing can be stored in place of until it can be read or a person has removed it, for the reason given.
    Blocked(String),
}

/// What a document says that it is, by the XML within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// The order whose invoice it is.
    pub order: OrderId,
    /// The number of the invoice, as printed.
    pub number: String,
    /// SHA-256 of the XML.
    pub xml_sha256: [u8; 32],
}

impl ReadBack {
    /// Whether it is the invoice of that order, and has that number.
    pub fn is(&self, order: OrderId, number: &str) -> bool {
        self.order == order && self.number == number
    }
}

/// A document fresh from the printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The file.
    pub pdf: Vec<u8>,
    /// What is to be kept about it.
    pub record: PrintRecord,
    /// The characters that no font has, each once: they are replaced on the page, and right in the XML.
    pub unprintable: Vec<char>,
}

/// What is kept about what was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintRecord {
    /// The number that the document has, as printed.
    pub number: String,
    /// By which rules it is worded.
    pub edition: Edition,
    /// The printer's version. Of two, the same invoice may differ in its bytes, but not in its XML.
    pub printer: String,
    /// The file's.
    pub file: Fingerprint,
    /// SHA-256 of the XML within.
    pub xml_sha256: [u8; 32],
    /// How many characters no font has.
    pub unprintable: i32,
}

/// An invoice that has its number, and what was noted of its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedInvoice {
    /// The order.
    pub order: OrderId,
    /// As printed.
    pub number: String,
    /// Where it stands among all invoices: by year and number.
    pub position: SeriesPosition,
    /// Of the file, if anybody noted it.
    pub file: Option<Fingerprint>,
    /// SHA-256 of the XML within, if anybody noted it.
    pub xml_sha256: Option<[u8; 32]>,
}

/// A position in the series of invoices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesPosition {
    /// The year of the series.
    pub year: i32,
    /// The number in it.
    pub number: i32,
}

impl fmt::Display for SeriesPosition {
    /// As it is printed: the year, and the number in six digits or more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.year, self.number)
    }
}

/// How a document is found in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As it was printed.
    Sound,
    /// Nobody noted what was printed; it is a whole file.
    Unproven,
    /// It is not there.
    Missing,
    /// It is not what was printed.
    Damaged,
    /// Nobody can read it.
    Unreadable,
    /// Nobody can read it, nor put another one in its place.
    Blocked,
}

impl IssuedInvoice {
    /// How the document is, of which this was found in the store.
    pub fn condition(&self, found: &Look) -> Condition {
        match found {
            Look::Document(content) => match self.file {
                Some(printed) if printed == Fingerprint::of(content) => Condition::Sound,
                None if is_whole(content) => Condition::Unproven,
                Some(_) | None => Condition::Damaged,
            },
            Look::Nothing => Condition::Missing,
            Look::Unreadable(_) => Condition::Unreadable,
            Look::Blocked(_) => Condition::Blocked,
        }
    }
}

/// Whether a file has the beginning and the end of a PDF.
pub fn is_whole(content: &[u8]) -> bool {
    content.starts_with(b"%PDF-") && content.trim_ascii_end().ends_with(b"%%EOF")
}

/// Where the PDF of an invoice is kept: by year and number, as bookkeepers look for it.
pub fn document_path(number: &str) -> String {
    let year = number.split_once('-').map_or("other", |(year, _)| year);
    format!("invoices/{year}/{number}.pdf")
}
