//! What can be wrong with a row, in words that a merchant can act on: each is one line of a listing.

use crate::decimal::{Decimal, DecimalError};
use schemas::{kept::UnknownTaxCategory, money::Currency, sku::SkuError};
use std::fmt::{self, Write};

/// Of a field or a name that somebody wrote, so many characters are repeated to them.
const SHOWN_CHARS: usize = 40;

/// A row that cannot be imported, with everything that is wrong in it. Its text is one line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line the row begins on, from 1.
    pub line: u64,
    /// What stands for its SKU, to find the row by in a program that shows no lines; none if nothing does.
    pub sku: Option<String>,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One thing wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The column, or nothing if it is the row as a whole.
    pub column: Option<&'static str>,
    /// What stands there; nothing if nothing does, or nobody can read it.
    pub value: Option<String>,
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
    #[error("is not UTF-8; save the file as UTF-8")]
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
    /// A rate that is no number.
    #[error("is no rate; write it in per cent as a number alone, such as 19 or 5.5")]
    NotARate,
    /// A rate below one per cent, which no country has: it is a share of one.
    #[error("is in per cent: {per_cent}, not {share}")]
    Share {
        /// As it was written.
        share: Decimal,
        /// As it has to be.
        per_cent: Decimal,
    },
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

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        match &self.sku {
            Some(sku) if self.problems.iter().all(|problem| problem.column != Some("sku")) => {
                write!(f, "; it is the row of SKU {}", Quoted(sku))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column.unwrap_or("the row"), self.reason)?;
        match &self.value {
            Some(value) => write!(f, " (found {})", Quoted(value)),
            None => Ok(()),
        }
    }
}

/// What somebody wrote, in quotes, cut where it is long, and without a sign that a terminal would obey.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        f.write_char('"')?;
        for sign in text.chars().take(SHOWN_CHARS) {
            match sign {
                '"' | '\'' | '\\' => f.write_char(sign)?,
                other => write!(f, "{}", other.escape_debug())?,
            }
        }
        let cut = text.chars().nth(SHOWN_CHARS).is_some();
        f.write_str(if cut { "…\"" } else { "\"" })
    }
}
