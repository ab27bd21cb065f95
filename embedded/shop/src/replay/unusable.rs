//! Why rows of an export cannot be sent as orders, counted, with the lines to look at: a replay that dropped rows
//! silently would measure another shop.

use std::collections::BTreeMap;

/// How many line numbers are kept for each reason.
const MAX_EXAMPLES: usize = 5;

/// Why a row is not part of any order, cancellation or return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Reason {
    /// Postage, fees, discounts, charity and the like.
    #[error("stock code is no goods")]
    NoGoods,
    /// An invoice whose number begins with A: "Adjust bad debt".
    #[error("adjustment of the books")]
    Adjustment,
    /// A write-off of stock in an ordinary invoice.
    #[error("negative quantity outside a cancellation")]
    NegativeQuantity,
    /// A cancellation that takes back less than nothing.
    #[error("positive quantity in a cancellation")]
    PositiveQuantityInCancellation,
    /// Nothing was sold.
    #[error("quantity is zero")]
    ZeroQuantity,
    /// A gift, a sample, or a note about stock.
    #[error("price is zero")]
    ZeroPrice,
    /// Money given away.
    #[error("price is negative")]
    NegativePrice,
    /// A price such as 0.001, which no amount in pence holds; rounding would invent a price.
    #[error("price is finer than a penny")]
    PriceFinerThanAPenny,
    /// More units than a line of an order may have, in a row or added up over the rows of one SKU.
    #[error("quantity is above what a line may have")]
    QuantityTooLarge,
    /// An invoice of more SKUs than an order may have lines.
    #[error("invoice has more lines than an order may have")]
    TooManyLines,
    /// A row of another width than the header.
    #[error("another number of columns than the header")]
    WrongColumnCount,
    /// An empty invoice number.
    #[error("invoice number is missing")]
    UnreadableInvoice,
    /// A stock code that is empty, too long, or holds control characters.
    #[error("stock code is unreadable")]
    UnreadableStockCode,
    /// No whole number, or one beyond 64 bits.
    #[error("quantity is unreadable")]
    UnreadableQuantity,
    /// No date, or a day that does not exist.
    #[error("date is unreadable")]
    UnreadableDate,
    /// No number, or one beyond 64 bits.
    #[error("price is unreadable")]
    UnreadablePrice,
    /// No positive whole number.
    #[error("customer number is unreadable")]
    UnreadableCustomer,
    /// A country name that is not in the data set's vocabulary.
    #[error("country is unknown")]
    UnknownCountry,
}

/// The rows with one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub rows: u64,
    /// The lines of the first five; of an invoice refused as a whole its first line.
    pub example_lines: Vec<u64>,
}

/// All unusable rows by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnusableRows(BTreeMap<Reason, Tally>);

impl UnusableRows {
    /// Adds so many rows, the first of them on `line`.
    pub(super) fn add(&mut self, reason: Reason, rows: u64, line: u64) {
        let tally = self.0.entry(reason).or_default();
        tally.rows += rows;
        if tally.example_lines.len() < MAX_EXAMPLES {
            tally.example_lines.push(line);
        }
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.values().map(|tally| tally.rows).sum()
    }

    /// The reasons that occur, each with its rows.
    pub fn by_reason(&self) -> impl Iterator<Item = (Reason, &Tally)> {
        self.0.iter().map(|(reason, tally)| (*reason, tally))
    }
}
