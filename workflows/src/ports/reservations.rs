//! Storing accepted orders with the stock that they get, and finding those whose time to be paid is up.

use super::Unavailable;
use crate::order::StoredOrder;
use async_trait::async_trait;
use schemas::{event::Event, ids::OrderId, kept::AcceptedOrder};

/// What became of an order on its way through `reserve`.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The order as it is now; a redelivered one may be further.
    pub order: StoredOrder,
    /// The facts to be told.
    pub events: Vec<Event>,
}

/// Orders on their way in, and how long their stock is held.
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Prices the orders, reserves each one's stock whole or not at all, and stores them with the outcome. MUST be one
    /// transaction, and MUST leave an order that is stored already as it is, and tell its first events again.
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable>;

    /// Reservations whose time is up by the clock that they were made by, the same for all processes; at most `limit`.
    /// Whether they expire is the lifecycle's to say; MUST leave out those of which it would not say so for long, or many
    /// of those would be in the way of others.
    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable>;
}
