//! Reads the catalogue file of `sluice catalog import`. Every problem of every row is found in one pass and told with
//! its line and column, so that a merchant mends a file once instead of once per mistake.

mod columns;
mod content;
mod header;
mod problem;
mod row;
mod unknown;

pub use self::{
    header::CatalogFileError,
    problem::{BadRow, Problem, Reason},
    row::CatalogRow,
    unknown::UnknownColumn,
};

use self::header::Header;
use crate::csv_records::{Record, Records};
use std::{collections::HashMap, io::BufRead};
use workflows::billing::TaxTermsSaid;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogFile {
    /// The tax terms that it has columns for.
    pub said: TaxTermsSaid,
    /// The columns that nobody reads.
    pub unknown: Vec<UnknownColumn>,
    /// The rows that can be imported, in the file's order; none if it holds a header only.
    pub rows: Vec<CatalogRow>,
    /// The rows that cannot, in the file's order.
    pub bad: Vec<BadRow>,
}

/// Reads a whole catalogue file: a header of `sku,name,price,currency,tax_rate,stock` in any order and case, further
/// columns allowed. A header without rows is a good file that imports nothing. Rows without any text, which spreadsheets
/// write, are none.
///
/// # Errors
/// When the file as a whole is unusable; a bad row is no error but listed in the result.
pub fn read(input: impl BufRead) -> Result<CatalogFile, CatalogFileError> {
    let mut records = Records::new(input);
    let mut record = Record::default();
    let mut there = records.read(&mut record)?;
    if there && names_the_comma(&record) {
        there = records.read(&mut record)?;
    }
    if !there {
        return Err(CatalogFileError::Empty);
    }
    let header = Header::find(&record)?;
    let mut first_lines = HashMap::new();
    let mut file = CatalogFile { said: header.said(), unknown: header.unknown.clone(), ..CatalogFile::default() };
    while records.read(&mut record)? {
        if record.fields().all(|field| field.iter().all(u8::is_ascii_whitespace)) {
            continue;
        }
        match row::read(&header, &record, &mut first_lines) {
            Ok(row) => file.rows.push(row),
            Err(problems) => {
                let sku = header.text_of("sku", &record).map(str::to_owned);
                file.bad.push(BadRow { line: record.line, sku, problems });
            }
        }
    }
    Ok(file)
}

/// Whether it is the line `sep=,`, by which Excel knows what separates columns; the same with another separator is refused as
/// a header of that.
fn names_the_comma(record: &Record) -> bool {
    let mut fields = record.fields();
    let first = fields.next().unwrap_or_default();
    // In quotes it is one field; another program adds commas up to the width of the table.
    let quoted = first.eq_ignore_ascii_case(b"sep=,");
    (quoted || first.eq_ignore_ascii_case(b"sep=") && record.len() > 1) && fields.all(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests;
