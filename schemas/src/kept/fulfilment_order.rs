//! What a warehouse is told of an order: the data of the events in `warehouse_feed.event`. Unlike the events on the bus they
//! say where the goods go. Nothing else in them is personal, and nothing tells of money.

use crate::{address::Address, ids::OrderId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The part of an order that one warehouse ships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FulfilmentOrder {
    /// The order.
    pub order_id: OrderId,
    /// The warehouse that is told.
    #[schema(example = "main")]
    pub warehouse: String,
    /// What it has to ship of it, in the order of the order's lines; the same SKU may come twice.
    pub lines: Vec<FulfilmentLine>,
    /// Where the goods go; absent once nothing is to be shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}

/// Units of a SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FulfilmentLine {
    /// The stock-keeping unit.
    #[schema(example = "TEA-EARL-GREY")]
    pub sku: String,
    /// Units to ship.
    #[schema(minimum = 1)]
    pub quantity: i64,
}
