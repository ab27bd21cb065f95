//! A line of an order, in `orders.lines`: what was ordered, with all that its price and its tax depend on, because the
//! catalogue goes on changing.

use super::TaxCategory;
use serde::{Deserialize, Serialize};

/// A line as it was priced and, for an order that was not refused at once, reserved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLine {
    /// The stock-keeping unit.
    pub sku: String,
    /// What the catalogue called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Units ordered.
    pub quantity: i64,
    /// Price of a unit in minor units; absent for a SKU that the catalogue does not know, or sells in another currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
    /// Tax rate in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate_bp: Option<u32>,
    /// Why the rate is what it is, where the catalogue says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<TaxCategory>,
    /// Why it is not taxed, in the seller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_exemption_reason: Option<String>,
    /// The price of a unit includes the tax.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub price_includes_tax: bool,
    /// Where its units are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
}
