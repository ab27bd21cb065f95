//! What workflow `checkout` is started with, on both runtimes. The embedded one keeps it in `executions.state`, and in the
//! history of the first state.

use crate::ids::OrderId;
use serde::{Deserialize, Serialize};

/// The input of workflow `checkout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutInput {
    /// The order that is to be paid for.
    pub order_id: OrderId,
}
