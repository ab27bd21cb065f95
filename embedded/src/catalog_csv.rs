//! Reads the catalogue file of `sluice catalog import`. Every problem of every row is found in one pass and told with
//! its line and column, so that a merchant mends a file once instead of once per mistake.

mod content;

use crate::{
    csv_records::{Misquoted, Record, RecordError, Records},
    decimal::{Decimal, DecimalError},
};
use schemas::{
    money::Currency,
    sku::{self, SkuError},
    text::is_blank,
};
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    io::BufRead,
};
use workflows::invoice::{TaxCategory, TaxTerms, TaxTermsSaid, UnknownTaxCategory};

const COLUMNS: [&str; 6] = ["sku", "name", "price", "currency", "tax_rate", "stock"];
/// What few products need: a file may be without it, and then products that are there keep what they have of it.
const OPTIONAL: [&str; 3] = ["tax_category", "tax_exemption_reason", "price_includes_tax"];
const MAX_NAME_CHARS: usize = 500;
const MAX_REASON_CHARS: usize = 200;
/// Far above any price, and far enough below 2^63 that a line of a million units can be added up.
const MAX_PRICE_MINOR: i64 = 1_000_000_000_000;
const MAX_STOCK: i64 = 1_000_000_000;
/// 100 per cent in basis points.
const MAX_TAX_RATE_BP: i64 = 10_000;

/// One good row of the file: a product as it shall be from now on, and the units that came in with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogRow {
    /// The line the row begins on, from 1.
    pub line: u64,
    /// 1 to 64 characters, trimmed, in NFC, none of them invisible; unique in the file.
    pub sku: String,
    /// 1 to 500 characters, trimmed, in NFC, each run of white space (a line break too) one space.
    pub name: String,
    /// The price of one unit in minor units of the currency; 0 or more.
    pub price_minor: i64,
    /// The ISO 4217 code.
    pub currency: String,
    /// Basis points: 2000 is 20 per cent; at most 10,000.
    pub tax_rate_bp: u32,
    /// What the tax depends on beside the rate; the default where the file has no column for it.
    pub tax_terms: TaxTerms,
    /// Units received by this import: 0 to 1,000,000,000.
    pub stock: i64,
}

/// A row that cannot be imported, with everything that is wrong in it. Its text is one line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line the row begins on, from 1.
    pub line: u64,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One thing wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The column, or nothing if it is the row as a whole.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub reason: Reason,
}

/// What can be wrong with a row or one of its fields. Each text reads on from the column's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A row of another shape than the header.
    #[error("has {found} columns, the header has {expected}")]
    ColumnCount {
        /// Of this row.
        found: usize,
        /// Of the header.
        expected: usize,
    },
    /// White space before a field's opening quote.
    #[error("has white space before its opening quote; remove it")]
    BeforeQuote,
    /// More than a comma or the end of the line behind a field's closing quote.
    #[error("has something behind its closing quote; a quote that belongs to the text is written twice")]
    BehindQuote,
    /// Bytes that are no UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// No SKU.
    #[error(transparent)]
    Sku(SkuError),
    /// Nothing that can be seen.
    #[error("is empty")]
    Empty,
    /// A text over its limit of characters.
    #[error("has more than {0} characters")]
    TooLong(usize),
    /// A control character, NUL included.
    #[error("contains a control character")]
    ControlCharacter,
    /// No number, or one that the unit cannot hold exactly.
    #[error(transparent)]
    Number(DecimalError),
    /// More decimals than the row's currency has.
    #[error("has more decimals than {currency}, which has {digits}")]
    TooFine {
        /// Of the same row.
        currency: Currency,
        /// Of the currency's minor unit.
        digits: u8,
    },
    /// A number outside its bounds.
    #[error("must be {0}")]
    OutOfBounds(&'static str),
    /// No active ISO 4217 code.
    #[error("must be an active ISO 4217 currency code in capitals, such as EUR")]
    UnknownCurrency,
    /// A currency with three decimals: an invoice in it would be invalid.
    #[error("has more decimals than the two that an electronic invoice can say (EN 16931)")]
    NotInvoiceable,
    /// No category of tax.
    #[error(transparent)]
    TaxCategory(#[from] UnknownTaxCategory),
    /// A category that does not go with the rate.
    #[error("does not go with a rate of {rate} per cent: standard is above zero, all others are 0")]
    CategoryAndRate {
        /// In per cent.
        rate: String,
    },
    /// A reason where none is to be given.
    #[error("is for tax_category exempt and export only")]
    NeedlessReason,
    /// Three decimals, as which separated thousands may be read.
    #[error("may mean {plain} or {thousands}; write it as one of these")]
    Thousands {
        /// With the point before decimals.
        plain: String,
        /// With the point between thousands.
        thousands: String,
    },
    /// Neither yes nor no.
    #[error("must be true or false, or empty")]
    NotABool,
    /// A SKU for the second time.
    #[error("stands already on line {0}")]
    Duplicate(u64),
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogFile {
    /// The tax terms that it has columns for.
    pub said: TaxTermsSaid,
    /// The rows that can be imported, in the file's order; none if it holds a header only.
    pub rows: Vec<CatalogRow>,
    /// The rows that cannot, in the file's order.
    pub bad: Vec<BadRow>,
}

/// Why a file cannot be read as a catalogue at all.
#[derive(Debug, thiserror::Error)]
pub enum CatalogFileError {
    /// No byte, or blank lines only.
    #[error("the file is empty; its first line must be {}", COLUMNS.join(","))]
    Empty,
    /// The header is no UTF-8 text.
    #[error("the header on line {0} is not UTF-8; save the file as UTF-8")]
    HeaderNotUtf8(u64),
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
    #[error("the header on line {line} has no column {}; columns are separated by commas", missing.join(", "))]
    MissingColumns {
        /// Of the header.
        line: u64,
        /// Their names.
        missing: Vec<&'static str>,
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

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column.unwrap_or("the row"), self.reason)
    }
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
    if !records.read(&mut record)? {
        return Err(CatalogFileError::Empty);
    }
    let header = Header::find(&record)?;
    let mut first_lines = HashMap::new();
    let mut file = CatalogFile { said: header.said(), ..CatalogFile::default() };
    while records.read(&mut record)? {
        if record.fields().all(|field| field.iter().all(u8::is_ascii_whitespace)) {
            continue;
        }
        match read_row(&header, &record, &mut first_lines) {
            Ok(row) => file.rows.push(row),
            Err(problems) => file.bad.push(BadRow { line: record.line, problems }),
        }
    }
    Ok(file)
}

/// Where each of our columns stands.
struct Header {
    width: usize,
    places: [usize; COLUMNS.len()],
    /// Those that the file has.
    optional: [Option<usize>; OPTIONAL.len()],
}

impl Header {
    fn find(record: &Record) -> Result<Self, CatalogFileError> {
        let line = record.line;
        if record.misquoted().is_some() {
            return Err(CatalogFileError::HeaderQuotes(line));
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
        if missing.is_empty() {
            Ok(Self { width: names.len(), places, optional })
        } else {
            Err(CatalogFileError::MissingColumns { line, missing })
        }
    }

    fn said(&self) -> TaxTermsSaid {
        let [category, exemption_reason, price_includes_tax] = self.optional.map(|place| place.is_some());
        TaxTermsSaid { category, exemption_reason, price_includes_tax }
    }

    /// The name of our column that stands there.
    fn column_at(&self, field: usize) -> Option<&'static str> {
        let always = COLUMNS.into_iter().zip(self.places.map(Some));
        let mut all = always.chain(OPTIONAL.into_iter().zip(self.optional));
        all.find(|(_, place)| *place == Some(field)).map(|(column, _)| column)
    }
}

/// Reads one row, or says everything that is wrong with it. A SKU counts as seen even on a bad row: which of two
/// rows is meant is for the merchant to say.
fn read_row(
    header: &Header,
    record: &Record,
    first_lines: &mut HashMap<String, u64>,
) -> Result<CatalogRow, Vec<Problem>> {
    if let Some((field, misquoted)) = record.misquoted() {
        let reason = match misquoted {
            Misquoted::SpaceBefore => Reason::BeforeQuote,
            Misquoted::Behind => Reason::BehindQuote,
        };
        return Err(vec![Problem { column: header.column_at(field), reason }]);
    }
    if record.len() != header.width {
        let reason = Reason::ColumnCount { found: record.len(), expected: header.width };
        return Err(vec![Problem { column: None, reason }]);
    }
    let [sku_at, name_at, price_at, currency_at, tax_rate_at, stock_at] =
        header.places.map(|place| text(record.field(place).unwrap_or_default()));
    let currency = currency_at.and_then(|text| text.parse().map_err(|_| Reason::UnknownCurrency));
    let currency =
        currency.and_then(
            |currency: Currency| {
                if currency.can_be_invoiced() { Ok(currency) } else { Err(Reason::NotInvoiceable) }
            },
        );
    // Without a currency nobody knows how many decimals are right; what is no number at all is wrong anyway.
    let price = price_at.and_then(amount).and_then(|price| match currency {
        Ok(currency) => price_minor(price, currency),
        Err(_) => Ok(0),
    });
    let sku = sku_at.and_then(|text| sku(text, record.line, first_lines));
    let name = name_at.and_then(name);
    let tax_rate_bp = tax_rate_at.and_then(number).and_then(tax_rate_bp);
    let stock = stock_at.and_then(amount).and_then(stock_units);
    let tax_terms = tax_terms(header, record, tax_rate_bp.as_ref().ok().copied());
    match (sku, name, price, currency, tax_rate_bp, stock, tax_terms) {
        (Ok(sku), Ok(name), Ok(price_minor), Ok(currency), Ok(tax_rate_bp), Ok(stock), Ok(tax_terms)) => {
            let currency = currency.code().to_owned();
            Ok(CatalogRow { line: record.line, sku, name, price_minor, currency, tax_rate_bp, tax_terms, stock })
        }
        (sku, name, price, currency, tax_rate_bp, stock, tax_terms) => {
            let reasons = [sku.err(), name.err(), price.err(), currency.err(), tax_rate_bp.err(), stock.err()];
            let named = COLUMNS.into_iter().zip(reasons);
            let always = named.filter_map(|(column, reason)| Some(Problem { column: Some(column), reason: reason? }));
            Err(always.chain(tax_terms.err().into_iter().flatten()).collect())
        }
    }
}

/// What the optional columns say; a rate that cannot be read is told of elsewhere.
fn tax_terms(header: &Header, record: &Record, rate: Option<u32>) -> Result<TaxTerms, Vec<Problem>> {
    let [category, reason, includes_tax] =
        header.optional.map(|place| text(place.and_then(|place| record.field(place)).unwrap_or_default()));
    let category = category.and_then(|word| match word {
        "" => Ok(None),
        word => {
            let category: TaxCategory = word.parse()?;
            match rate.filter(|rate| !category.may_have(*rate)) {
                Some(rate) => Err(Reason::CategoryAndRate { rate: format!("{}.{:02}", rate / 100, rate % 100) }),
                None => Ok(Some(category)),
            }
        }
    });
    let gives_reason = category.as_ref().is_ok_and(|category| category.is_some_and(TaxCategory::wants_reason));
    let reason = reason.and_then(|words| match words {
        "" => Ok(None),
        words if gives_reason || category.is_err() => {
            plain(words, MAX_REASON_CHARS)?;
            Ok(Some(words.to_owned()))
        }
        _ => Err(Reason::NeedlessReason),
    });
    let includes_tax = includes_tax.and_then(|word| match word {
        // Spreadsheets write them in capitals.
        word if word.is_empty() || word.eq_ignore_ascii_case("false") => Ok(false),
        word if word.eq_ignore_ascii_case("true") => Ok(true),
        _ => Err(Reason::NotABool),
    });
    match (category, reason, includes_tax) {
        (Ok(category), Ok(exemption_reason), Ok(price_includes_tax)) => {
            Ok(TaxTerms { category, exemption_reason, price_includes_tax })
        }
        (category, reason, includes_tax) => {
            let named = OPTIONAL.into_iter().zip([category.err(), reason.err(), includes_tax.err()]);
            Err(named.filter_map(|(column, reason)| Some(Problem { column: Some(column), reason: reason? })).collect())
        }
    }
}

fn text(field: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(field).map(str::trim).map_err(|_| Reason::NotUtf8)
}

fn number(text: &str) -> Result<Decimal, Reason> {
    text.parse().map(Decimal::without_trailing_zeros).map_err(Reason::Number)
}

/// A number that may be a thousand times what it says: where a comma stands before decimals, 11.900 is eleven thousand and
/// nine hundred. A digit that is no zero would be refused as too fine anyway.
fn amount(text: &str) -> Result<Decimal, Reason> {
    let number = number(text)?;
    let thousands = text.trim_start_matches(['+', '-']).split_once('.').filter(|(whole, thousand)| {
        thousand.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') && thousand.ends_with('0')
    });
    match thousands {
        None => Ok(number),
        Some((whole, thousand)) => Err(Reason::Thousands {
            plain: format!("{whole}.{}", thousand.get(..2).unwrap_or_default()),
            thousands: format!("{whole}{thousand}"),
        }),
    }
}

fn sku(text: &str, line: u64, first_lines: &mut HashMap<String, u64>) -> Result<String, Reason> {
    let sku = sku::parse(text).map_err(Reason::Sku)?.into_owned();
    match first_lines.entry(sku.clone()) {
        Entry::Occupied(first) => Err(Reason::Duplicate(*first.get())),
        Entry::Vacant(free) => {
            free.insert(line);
            Ok(sku)
        }
    }
}

fn name(text: &str) -> Result<String, Reason> {
    let name = sku::spelt(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
    plain(&name, MAX_NAME_CHARS)?;
    Ok(name)
}

/// Whether it says something, in at most so many characters of which none is a control character.
fn plain(text: &str, most: usize) -> Result<(), Reason> {
    if text.chars().any(char::is_control) {
        Err(Reason::ControlCharacter)
    } else if is_blank(text) {
        Err(Reason::Empty)
    } else if text.chars().count() > most {
        Err(Reason::TooLong(most))
    } else {
        Ok(())
    }
}

fn price_minor(price: Decimal, currency: Currency) -> Result<i64, Reason> {
    let digits = currency.minor_digits();
    let minor = price.scaled(digits).map_err(|error| match error {
        DecimalError::TooManyDecimals(digits) => Reason::TooFine { currency, digits },
        DecimalError::Empty | DecimalError::NotANumber | DecimalError::TooLarge => Reason::Number(error),
    })?;
    if (0..=MAX_PRICE_MINOR).contains(&minor) {
        Ok(minor)
    } else {
        Err(Reason::OutOfBounds("0 to 1,000,000,000,000 minor units"))
    }
}

fn tax_rate_bp(per_cent: Decimal) -> Result<u32, Reason> {
    let bp = per_cent.scaled(2).map_err(Reason::Number)?;
    u32::try_from(bp).ok().filter(|_| bp <= MAX_TAX_RATE_BP).ok_or(Reason::OutOfBounds("0 to 100 per cent"))
}

fn stock_units(units: Decimal) -> Result<i64, Reason> {
    let units = units.scaled(0).map_err(Reason::Number)?;
    Some(units).filter(|units| (0..=MAX_STOCK).contains(units)).ok_or(Reason::OutOfBounds("0 to 1,000,000,000 units"))
}

#[cfg(test)]
mod tests;
