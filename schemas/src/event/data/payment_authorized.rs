//! The data of `PaymentAuthorized`.

use crate::money::Amount;
use serde::{Deserialize, Serialize};

/// What the provider holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAuthorized {
    /// The order's total.
    pub amount: Amount,
}
