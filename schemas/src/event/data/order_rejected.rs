//! The data of `OrderRejected`.

use crate::api::order::Reason;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// Why an order was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRejected<'o> {
    /// Why.
    pub reason: Reason,
    /// What exactly, in words: null if there is no more to say, and absent once the order was reserved.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub detail: Option<Option<Cow<'o, str>>>,
    /// Whether its stock was held, so that there may be money to be let go.
    pub reserved: bool,
}

/// A member that is there, be it null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
