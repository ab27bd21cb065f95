//! The data of `OrderSubmitted`.

use super::OrderLine;
use crate::money::Currency;
use serde::{Deserialize, Serialize};

/// What was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSubmitted<'o> {
    /// The currency of every amount in the order.
    pub currency: Currency,
    /// Its lines, in their order.
    pub lines: Vec<OrderLine<'o>>,
}
