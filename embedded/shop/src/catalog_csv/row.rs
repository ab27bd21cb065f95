//! Judges a row: its fields become a product in minor units and basis points, or everything that is wrong with it is said.

use super::{
    columns::{COLUMNS, OPTIONAL},
    header::Header,
    problem::{Problem, Reason},
};
use crate::{
    csv_records::{Misquoted, Record},
    decimal::{Decimal, DecimalError},
};
use schemas::{kept::TaxCategory, money::Currency, sku, text::is_blank};
use std::collections::{HashMap, hash_map::Entry};
use workflows::billing::TaxTerms;

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

/// Reads one row, or says everything that is wrong with it. A SKU counts as seen even on a bad row: which of two
/// rows is meant is for the merchant to say.
pub(super) fn read(
    header: &Header,
    record: &Record,
    first_lines: &mut HashMap<String, u64>,
) -> Result<CatalogRow, Vec<Problem>> {
    if let Some((field, misquoted)) = record.misquoted() {
        let reason = match misquoted {
            Misquoted::SpaceBefore => Reason::BeforeQuote,
            Misquoted::Behind => Reason::BehindQuote,
        };
        return Err(vec![Problem { column: header.column_at(field), value: None, reason }]);
    }
    if record.len() != header.width {
        let reason = Reason::ColumnCount { found: record.len(), expected: header.width };
        return Err(vec![Problem { column: None, value: None, reason }]);
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
    let tax_rate_bp = tax_rate_at.and_then(tax_rate).and_then(tax_rate_bp);
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
            let always = named.filter_map(|(column, reason)| Some(problem(header, record, column, reason?)));
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
            Err(named.filter_map(|(column, reason)| Some(problem(header, record, column, reason?))).collect())
        }
    }
}

fn problem(header: &Header, record: &Record, column: &'static str, reason: Reason) -> Problem {
    Problem { column: Some(column), value: header.text_of(column, record).map(str::to_owned), reason }
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

/// A rate in per cent. Programs that keep it as a share of one write 0.19, which as 0.19 per cent would be taxed hardly at all.
fn tax_rate(text: &str) -> Result<Decimal, Reason> {
    let rate = text.parse::<Decimal>().map(Decimal::without_trailing_zeros).map_err(|error| match error {
        DecimalError::NotANumber => Reason::NotARate,
        DecimalError::Empty | DecimalError::TooManyDecimals(_) | DecimalError::TooLarge => Reason::Number(error),
    })?;
    if rate.is_fraction() {
        Err(Reason::Share { share: rate, per_cent: rate.per_cent().map_err(Reason::Number)? })
    } else {
        Ok(rate)
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
