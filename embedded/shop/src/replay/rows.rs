//! Reads one row of an export: finds its columns, decodes its text, and says what it sells or why it cannot be used.

use super::{
    countries::{Country, country_of},
    dates::{DateOrder, WrittenDate, read_date},
    goods::{StockCode, one_line, read_stock_code},
    unusable::Reason,
};
use crate::{
    csv_records::Record,
    decimal::{Decimal, DecimalError},
};
use schemas::api::order_request::MAX_QUANTITY;
use std::borrow::Cow;
use time::PrimitiveDateTime;

/// The columns with the names that the two editions of the data set give them.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("InvoiceNo", &["invoiceno", "invoice"]),
    ("StockCode", &["stockcode"]),
    ("Description", &["description"]),
    ("Quantity", &["quantity"]),
    ("InvoiceDate", &["invoicedate"]),
    ("UnitPrice", &["unitprice", "price"]),
    ("CustomerID", &["customerid"]),
    ("Country", &["country"]),
];
const DATE_COLUMN: usize = 4;
const MAX_NAME_CHARS: usize = 500;

/// What an invoice is, told by the first letter of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvoiceKind {
    Ordinary,
    /// `C...`: goods taken back, with negative quantities.
    Cancellation,
    /// `A...`: "Adjust bad debt".
    Adjustment,
}

/// A row: which invoice it belongs to, and what it sells or takes back unless it is unusable.
#[derive(Debug)]
pub(super) struct Row {
    /// Empty if even that is unreadable.
    pub(super) invoice: String,
    pub(super) kind: InvoiceKind,
    pub(super) item: Result<Item, Reason>,
}

/// The usable content of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) sku: String,
    /// Trimmed; may be empty.
    pub(super) description: String,
    /// Above zero, in a cancellation too.
    pub(super) units: i64,
    /// Above zero.
    pub(super) price_pence: i64,
    pub(super) at: PrimitiveDateTime,
    pub(super) customer: Option<u64>,
    pub(super) country: Country,
}

/// Where the columns stand in a file.
#[derive(Debug)]
pub(super) struct Columns {
    width: usize,
    places: [usize; COLUMNS.len()],
}

impl Columns {
    /// Finds the columns in a header, or names those that are missing.
    pub(super) fn find(header: &Record) -> Result<Self, Vec<&'static str>> {
        let plain = |field: &[u8]| decode(field).replace([' ', '_'], "").to_lowercase();
        let names: Vec<String> = header.fields().map(plain).collect();
        let mut places = [0; COLUMNS.len()];
        let mut missing = Vec::new();
        for (place, (column, spellings)) in places.iter_mut().zip(COLUMNS) {
            match names.iter().position(|name| spellings.contains(&name.as_str())) {
                Some(found) => *place = found,
                None => missing.push(column),
            }
        }
        if missing.is_empty() { Ok(Self { width: names.len(), places }) } else { Err(missing) }
    }

    /// The date of a row as written, if it has one.
    pub(super) fn written_date(&self, record: &Record) -> Option<WrittenDate> {
        if record.len() == self.width { read_date(&decode(record.field(self.places[DATE_COLUMN])?)) } else { None }
    }

    /// Reads a row. The kinds that are no sale at all are told first, since their other fields are often odd too.
    pub(super) fn read(&self, record: &Record, order: DateOrder) -> Row {
        let unusable = |invoice: String, kind, reason| Row { invoice, kind, item: Err(reason) };
        if record.len() != self.width {
            return unusable(String::new(), InvoiceKind::Ordinary, Reason::WrongColumnCount);
        }
        let [invoice, code, description, quantity, date, price, customer, country] =
            self.places.map(|place| decode(record.field(place).unwrap_or_default()));
        let invoice = invoice.trim().to_uppercase();
        let kind = match invoice.bytes().next() {
            None => return unusable(invoice, InvoiceKind::Ordinary, Reason::UnreadableInvoice),
            Some(b'A') => return unusable(invoice, InvoiceKind::Adjustment, Reason::Adjustment),
            Some(b'C') => InvoiceKind::Cancellation,
            Some(_) => InvoiceKind::Ordinary,
        };
        let sku = match read_stock_code(&code) {
            StockCode::Goods(sku) => sku,
            StockCode::NoGoods => return unusable(invoice, kind, Reason::NoGoods),
            StockCode::Unusable => return unusable(invoice, kind, Reason::UnreadableStockCode),
        };
        let item = || {
            Ok(Item {
                sku,
                description: name_from(&description),
                units: units(&quantity, kind)?,
                price_pence: price_pence(&price)?,
                at: read_date(&date).and_then(|date| date.in_order(order)).ok_or(Reason::UnreadableDate)?,
                customer: customer_number(&customer)?,
                country: country_of(&country).ok_or(Reason::UnknownCountry)?,
            })
        };
        Row { invoice, kind, item: item() }
    }
}

/// Text of an unknown export: UTF-8 where it is valid, else Windows-1252, which the original spreadsheet was saved in.
/// Decided for each field, since exports were also glued together from both.
fn decode(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0,
    }
}

/// A description as a product's name: one line without control characters, at most 500 characters.
fn name_from(description: &str) -> String {
    one_line(&description.replace(char::is_control, " ")).chars().take(MAX_NAME_CHARS).collect()
}

fn whole_number(text: &str) -> Result<i64, DecimalError> {
    // Exports by way of a data frame write whole numbers as 17733.0.
    text.parse::<Decimal>()?.without_trailing_zeros().scaled(0)
}

fn units(text: &str, kind: InvoiceKind) -> Result<i64, Reason> {
    let written = whole_number(text).map_err(|_| Reason::UnreadableQuantity)?;
    let units = match kind {
        InvoiceKind::Ordinary | InvoiceKind::Adjustment => written,
        InvoiceKind::Cancellation => written.checked_neg().ok_or(Reason::UnreadableQuantity)?,
    };
    match (units, kind) {
        (0, _) => Err(Reason::ZeroQuantity),
        (1..=MAX_QUANTITY, _) => Ok(units),
        (1.., _) => Err(Reason::QuantityTooLarge),
        (_, InvoiceKind::Cancellation) => Err(Reason::PositiveQuantityInCancellation),
        (_, InvoiceKind::Ordinary | InvoiceKind::Adjustment) => Err(Reason::NegativeQuantity),
    }
}

fn price_pence(text: &str) -> Result<i64, Reason> {
    let price = text.parse::<Decimal>().map_err(|_| Reason::UnreadablePrice)?.without_trailing_zeros();
    match price.scaled(2) {
        Ok(0) => Err(Reason::ZeroPrice),
        Ok(pence) if pence < 0 => Err(Reason::NegativePrice),
        Ok(pence) => Ok(pence),
        Err(DecimalError::TooManyDecimals(_)) => Err(Reason::PriceFinerThanAPenny),
        Err(DecimalError::Empty | DecimalError::NotANumber | DecimalError::TooLarge) => Err(Reason::UnreadablePrice),
    }
}

fn customer_number(text: &str) -> Result<Option<u64>, Reason> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let number = whole_number(text).ok().and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    number.map(Some).ok_or(Reason::UnreadableCustomer)
}
