//! Orders as support is shown them: with who bought, so that whoever is on the phone can be told from their namesake.

use crate::api::order::Order;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportOrder {
    /// The order as its buyer sees it.
    #[serde(flatten)]
    pub order: Order,
    /// Who bought.
    pub buyer: Buyer,
    /// Rises with whatever happens to the order.
    pub version: i32,
}

/// Who bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Buyer {
    /// The name of whoever is billed, or else of whoever the goods go to.
    #[schema(example = "Zoë Müller")]
    pub name: String,
}

/// What was found, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportOrderPage {
    /// The orders.
    pub items: Vec<SupportOrder>,
    /// Give it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
