//! The data of `OrderConfirmed`.

use super::OrderLine;
use crate::money::{Amount, Currency};
use serde::{Deserialize, Serialize};

/// What was paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderConfirmed<'o> {
    /// The currency of every amount in the order.
    pub currency: Currency,
    /// Tax included.
    pub total: Option<Amount>,
    /// Its lines, in their order.
    pub lines: Vec<OrderLine<'o>>,
}
