//! How far the warehouses of each order were told what happened to it.

use super::Unavailable;
use crate::order::StoredOrder;
use async_trait::async_trait;
use schemas::{event::Event, ids::OrderId};

/// An order as `dispatch` needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The order.
    pub order: StoredOrder,
    /// All its events, by sequence.
    pub events: Vec<Event>,
    /// The sequence of the last of them that its warehouses are known to have been told; 0 if of none.
    pub told: i32,
}

/// What there is to tell of orders, and what of it was told.
#[async_trait]
pub trait Dispatches: Send + Sync {
    /// The orders of those ids that exist, each with its events and how far its warehouses were told.
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable>;

    /// Notes that the warehouses of each order were told up to that sequence. MUST never go back.
    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable>;
}
