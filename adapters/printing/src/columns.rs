//! Divides the width of the table among its columns.

use workflows::billing::{InvoiceDocument, LinePrice, Totals};

use crate::{
    breaks,
    format::{grouped, grouped_wide, one_line, percent},
    style::{BODY, LEFT, RIGHT, Style, TABLE_HEAD},
};

const COLUMN_GAP: i64 = 12_000;
/// Between the edges of the table and its text.
const PADDING: i64 = 6_000;

/// Where the columns of the table are: the left edge of the first two, the right edge of the others.
pub(super) struct Columns {
    pub(super) sku_width: i64,
    pub(super) name: i64,
    pub(super) name_width: i64,
    pub(super) quantity: i64,
    pub(super) unit_price: i64,
    pub(super) tax: i64,
    pub(super) net: i64,
}

impl Columns {
    /// Gives figures and article numbers the room they need and the names the rest.
    pub(super) fn fit(document: &InvoiceDocument, totals: &Totals) -> Self {
        let figures = |amount: i64| width(&grouped(amount, document.minor_digits), BODY);
        let (lines, digits) = (&document.lines, document.minor_digits);
        let sku_width = lines.iter().map(|line| width(&line.sku, BODY)).max().unwrap_or(0).clamp(48_000, 84_000);
        let heads = heads(&document.currency);
        let [.., quantity, unit_price, tax, net] = heads.each_ref().map(|head| width(head, TABLE_HEAD));
        let quantity = lines.iter().map(|line| width(&grouped(line.price.quantity, 0), BODY)).fold(quantity, i64::max);
        let unit_price =
            lines.iter().map(|line| width(&unit_price_of(&line.price, digits), BODY)).fold(unit_price, i64::max);
        let tax = lines.iter().map(|line| width(&rate(line.price.tax_rate), BODY)).fold(tax, i64::max);
        let net = totals.lines.iter().map(|net| figures(*net)).fold(net, i64::max);
        let net_at = RIGHT - PADDING;
        let tax_at = net_at - net - COLUMN_GAP;
        let unit_at = tax_at - tax - COLUMN_GAP;
        let quantity_at = unit_at - unit_price - COLUMN_GAP;
        let name = LEFT + PADDING + sku_width + COLUMN_GAP;
        let name_width = (quantity_at - quantity - COLUMN_GAP - name).max(60_000);
        Self { sku_width, name, name_width, quantity: quantity_at, unit_price: unit_at, tax: tax_at, net: net_at }
    }

    /// The left edge of the article numbers.
    pub(super) fn sku(&self) -> i64 {
        LEFT + PADDING
    }
}

/// The heads of the columns.
pub(super) fn heads(currency: &str) -> [String; 6] {
    let currency = one_line(currency);
    let [sku, name, quantity, tax] = ["Item", "Description", "Qty", "VAT"].map(String::from);
    [sku, name, quantity, format!("Unit price {currency}"), tax, format!("Net {currency}")]
}

/// The net price of a piece as it is printed; finer than the currency where it was computed from one with tax.
pub(super) fn unit_price_of(price: &LinePrice, digits: u8) -> String {
    if price.includes_tax {
        grouped_wide(price.net_unit_price(), digits + 4)
    } else {
        grouped(price.unit_price, digits)
    }
}

/// A tax rate as it is printed.
pub(super) fn rate(basis_points: u32) -> String {
    format!("{} %", percent(basis_points))
}

/// The width of a text, near enough to lay out columns.
pub(super) fn width(text: &str, style: Style) -> i64 {
    breaks::width(text, style.weight) * style.size / 1000 + 500
}
