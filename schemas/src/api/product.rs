//! A product of the catalogue as the API shows it.

use crate::money::Amount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product and what of it can be bought now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// The stock-keeping unit.
    #[schema(example = "TEA-EARL-GREY")]
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// Price of one unit, without tax unless `price_includes_tax`.
    pub price: Amount,
    /// Tax rate in basis points: 2000 is 20 %.
    #[schema(example = 2000)]
    pub tax_rate_bp: u32,
    /// The price includes the tax: what is paid for some units is exactly their price. Absent where it does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub price_includes_tax: bool,
    /// Units that can be reserved, over all warehouses; on AWS a list and a product say what it was about a minute ago.
    pub available: i64,
}

/// A page of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductPage {
    /// The products, best match or lowest SKU first.
    pub items: Vec<Product>,
    /// Give it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
