//! The body of a message that names an order, on every queue but `intake`. Most of these queues are fed by events, whose
//! bodies name it as their subject; this is what asks for the same without one.

use crate::ids::OrderId;
use serde::{Deserialize, Serialize};

/// What asks for a queue's step to look at an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMessage {
    /// The order.
    pub order_id: OrderId,
}
