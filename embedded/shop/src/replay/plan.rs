//! What an export of a shop becomes: a catalogue, a stock, and orders and cancellations with their times, beside an
//! account of every row and invoice that was read.

pub use super::dates::DateOrder;
use super::unusable::UnusableRows;
use std::{collections::BTreeMap, fmt, sync::Arc};
use time::PrimitiveDateTime;

/// The shop sells in pounds sterling.
pub const CURRENCY: &str = "GBP";
/// The data set holds net prices and no tax; its shop's standard rate was 20 per cent. In basis points.
pub const TAX_RATE_BP: u32 = 2000;

/// Everything to replay, in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One for each SKU that some order holds, by SKU.
    pub products: Vec<PlannedProduct>,
    /// By time, then by their place in the file.
    pub orders: Vec<PlannedOrder>,
    /// By time, then by their place in the file; each behind the order it cancels.
    pub cancels: Vec<PlannedCancel>,
    /// How dates such as `1/12/2010` were read.
    pub date_order: DateOrder,
    /// What became of the rows.
    pub rows: RowCounts,
    /// What became of the invoices.
    pub invoices: InvoiceCounts,
    /// Country names that are no country's, each with how many orders got a country that stands in.
    pub assumed_countries: BTreeMap<&'static str, u64>,
}

/// A product as the sales show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedProduct {
    /// 1 to 64 characters, in capitals.
    pub sku: Arc<str>,
    /// The most frequent description of its sales; of equally frequent ones the first by alphabet; the SKU if none.
    pub name: String,
    /// The most frequent price of its sales in pence; of equally frequent ones the lowest.
    pub price_pence: i64,
    /// Units that all orders together ask for.
    pub sold: i64,
    /// Units to receive: the average of a day's sales times the days asked for, rounded up; 1 to 1,000,000,000.
    pub stock: i64,
}

/// An invoice to be sent as an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOrder {
    /// Its number in the file.
    pub invoice: String,
    /// The line of its first usable row.
    pub line: u64,
    /// When it was written: the shop's local time, to the minute.
    pub at: PrimitiveDateTime,
    /// Who bought.
    pub customer: Customer,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// 1 to 1000, no SKU twice, in the file's order.
    pub lines: Vec<PlannedLine>,
}

/// What an order asks for of one SKU: all its rows added up. Exact duplicates of rows count too, since they are the
/// same article scanned twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLine {
    /// The SKU of one of the plan's products.
    pub sku: Arc<str>,
    /// 1 to 1,000,000.
    pub units: i64,
}

/// Who bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Customer {
    /// The customer of that number.
    Number(u64),
    /// Nobody known: a customer of this one invoice.
    Guest {
        /// The invoice's number.
        invoice: String,
    },
}

impl fmt::Display for Customer {
    /// A name that is the customer's own: `customer-17733`, `guest-573744`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "customer-{number}"),
            Self::Guest { invoice } => write!(f, "guest-{invoice}"),
        }
    }
}

/// A C-invoice that takes back everything of an earlier order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCancel {
    /// Its number in the file.
    pub invoice: String,
    /// The line of its first usable row.
    pub line: u64,
    /// When it was written.
    pub at: PrimitiveDateTime,
    /// The index of the order it cancels.
    pub of: usize,
}

/// What became of the rows below the header: `total` is the sum of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All rows of the file.
    pub total: u64,
    /// Part of an order.
    pub in_orders: u64,
    /// Part of a cancellation of a whole order.
    pub in_cancels: u64,
    /// Part of a C-invoice that reverses no whole order: goods returned, which is not sent.
    pub in_returns: u64,
    /// Of no use.
    pub unusable: UnusableRows,
}

/// What became of the invoices: `total` is the sum of all others. A row without a number belongs to none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceCounts {
    /// All invoice numbers of the file.
    pub total: u64,
    /// Sent as orders.
    pub orders: u64,
    /// Ordinary invoices that have no usable row or do not fit an order.
    pub unusable_orders: u64,
    /// C-invoices sent as cancellations.
    pub cancels: u64,
    /// C-invoices that reverse no whole order.
    pub returns: u64,
    /// C-invoices without a usable row, such as a refund of postage.
    pub unusable_cancellations: u64,
    /// A-invoices: the books, not the shop.
    pub adjustments: u64,
}

impl InvoiceCounts {
    /// All C-invoices of the file.
    pub fn cancellations(&self) -> u64 {
        self.cancels + self.returns + self.unusable_cancellations
    }
}
