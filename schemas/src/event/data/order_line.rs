//! A line as events tell of it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Units of a SKU that an order wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine<'o> {
    /// The stock-keeping unit.
    pub sku: Cow<'o, str>,
    /// Units ordered.
    pub quantity: i64,
}
