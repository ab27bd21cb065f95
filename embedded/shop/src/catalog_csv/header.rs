//! The first line of a catalogue file: which of our columns it has and where, or why the file as a whole is no catalogue.

use super::{
    columns::{COLUMNS, OPTIONAL},
    unknown::{UnknownColumn, unknown},
};
use crate::csv_records::{Record, RecordError};
use workflows::billing::TaxTermsSaid;

/// What every packed workbook begins with.
const PACKED: &[u8] = b"PK\x03\x04";

/// Why a file cannot be read as a catalogue at all.
#[derive(Debug, thiserror::Error)]
pub enum CatalogFileError {
    /// No byte, or blank lines only.
    #[error("the file is empty; its first line must be {}", COLUMNS.join(","))]
    Empty,
    /// The header is no UTF-8 text.
    #[error("the header on line {0} is not UTF-8; save the file as UTF-8")]
    HeaderNotUtf8(u64),
    /// The beginning of a packed file.
    #[error("the file is packed, as workbooks (.xlsx, .ods) are; save the sheet as CSV")]
    Packed,
    /// Quotes in the header that belong to no field.
    #[error("the header on line {0} has something before or behind a quoted name; names of columns need no quotes")]
    HeaderQuotes(u64),
    /// Columns that something else than commas separates.
    #[error("the header on line {line} separates columns by {by}; save the file with commas")]
    OtherSeparator {
        /// Of the header.
        line: u64,
        /// What separates them.
        by: &'static str,
    },
    /// Lines that end as nobody ends them any more.
    #[error("lines end with a carriage return alone; save the file with LF or CRLF")]
    CarriageReturns,
    /// Columns that the header does not name.
    #[error("the header on line {line} has no column {}; {}", missing.join(", "), instead(unknown))]
    MissingColumns {
        /// Of the header.
        line: u64,
        /// Their names.
        missing: Vec<&'static str>,
        /// Those that are none of ours.
        unknown: Vec<UnknownColumn>,
    },
    /// A column that the header names twice.
    #[error("the header on line {line} has the column {column} twice")]
    DuplicateColumn {
        /// Of the header.
        line: u64,
        /// Its name.
        column: &'static str,
    },
    /// The file cannot be split into rows.
    #[error(transparent)]
    Records(#[from] RecordError),
}

/// So many unknown columns are named.
const NAMED: usize = 10;

/// What the header has in place of what it lacks.
fn instead(unknown: &[UnknownColumn]) -> String {
    if unknown.is_empty() {
        return "columns are separated by commas".to_owned();
    }
    let named: Vec<String> = unknown.iter().take(NAMED).map(ToString::to_string).collect();
    let others = if unknown.len() > NAMED { " and others" } else { "" };
    format!("not known are {}{others}", named.join(", "))
}

/// Where each of our columns stands.
pub(super) struct Header {
    /// How many columns the file has.
    pub(super) width: usize,
    /// Where those stand that every file has.
    pub(super) places: [usize; COLUMNS.len()],
    /// Where the others stand that this one has.
    pub(super) optional: [Option<usize>; OPTIONAL.len()],
    /// What else it has columns for, which nobody reads.
    pub(super) unknown: Vec<UnknownColumn>,
}

impl Header {
    /// Our columns among those that the first line names.
    pub(super) fn find(record: &Record) -> Result<Self, CatalogFileError> {
        let line = record.line;
        if record.fields().next().is_some_and(|first| first.starts_with(PACKED)) {
            return Err(CatalogFileError::Packed);
        }
        let names: Result<Vec<&str>, _> = record.fields().map(std::str::from_utf8).collect();
        let names = names.map_err(|_| CatalogFileError::HeaderNotUtf8(line))?;
        let has = |c: char| names.iter().any(|name| name.contains(c));
        if has('\0') {
            // UTF-16 without a mark is valid UTF-8 as long as it is English.
            return Err(CatalogFileError::HeaderNotUtf8(line));
        }
        if has('\r') {
            return Err(CatalogFileError::CarriageReturns);
        }
        for (separator, by) in [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")] {
            if names.len() == 1 && has(separator) {
                return Err(CatalogFileError::OtherSeparator { line, by });
            }
        }
        // Quoted names behind which something else than a comma stands are misquoted too.
        if record.misquoted().is_some() {
            return Err(CatalogFileError::HeaderQuotes(line));
        }
        let place = |column: &'static str| {
            let mut found = (0..).zip(&names).filter(|(_, name)| name.trim().eq_ignore_ascii_case(column));
            match (found.next(), found.next()) {
                (None, _) => Ok(None),
                (Some((index, _)), None) => Ok(Some(index)),
                (Some(_), Some(_)) => Err(CatalogFileError::DuplicateColumn { line, column }),
            }
        };
        let mut places = [0; COLUMNS.len()];
        let mut missing = Vec::new();
        for (slot, column) in places.iter_mut().zip(COLUMNS) {
            match place(column)? {
                Some(index) => *slot = index,
                None => missing.push(column),
            }
        }
        let mut optional = [None; OPTIONAL.len()];
        for (slot, column) in optional.iter_mut().zip(OPTIONAL) {
            *slot = place(column)?;
        }
        let absent = OPTIONAL.into_iter().zip(optional).filter(|(_, place)| place.is_none()).map(|(column, _)| column);
        let absent: Vec<&'static str> = missing.iter().copied().chain(absent).collect();
        let unknown = unknown(&names, &absent);
        if missing.is_empty() {
            Ok(Self { width: names.len(), places, optional, unknown })
        } else {
            Err(CatalogFileError::MissingColumns { line, missing, unknown })
        }
    }

    /// Which terms of tax the file has columns for.
    pub(super) fn said(&self) -> TaxTermsSaid {
        let [category, exemption_reason, price_includes_tax] = self.optional.map(|place| place.is_some());
        TaxTermsSaid { category, exemption_reason, price_includes_tax }
    }

    /// What a row has in our column, if that is there and can be read.
    pub(super) fn text_of<'a>(&self, column: &str, record: &'a Record) -> Option<&'a str> {
        let place = self.columns().find(|(name, _)| *name == column).and_then(|(_, place)| place)?;
        let text = std::str::from_utf8(record.field(place)?).ok()?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// The name of our column that stands there.
    pub(super) fn column_at(&self, field: usize) -> Option<&'static str> {
        self.columns().find(|(_, place)| *place == Some(field)).map(|(column, _)| column)
    }

    /// Our columns and where they stand.
    fn columns(&self) -> impl Iterator<Item = (&'static str, Option<usize>)> {
        COLUMNS.into_iter().zip(self.places.map(Some)).chain(OPTIONAL.into_iter().zip(self.optional))
    }
}
