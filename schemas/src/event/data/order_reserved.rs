//! The data of `OrderReserved`.

use super::OrderLine;
use crate::money::{Amount, Currency};
use serde::{Deserialize, Serialize};

/// What is held, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReserved<'o> {
    /// The currency of every amount in the order.
    pub currency: Currency,
    /// Tax included.
    pub total: Option<Amount>,
    /// Its lines, in their order.
    pub lines: Vec<OrderLine<'o>>,
}
