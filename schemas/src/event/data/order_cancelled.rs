//! The data of `OrderCancelled`.

use crate::api::order::Status;
use serde::{Deserialize, Serialize};

/// What was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    /// Where the order stood.
    pub was: Status,
    /// Whether its stock was held, so that there may be money to be let go.
    pub reserved: bool,
}
