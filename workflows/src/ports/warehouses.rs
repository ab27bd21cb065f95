//! What warehouses are told.

use super::Unavailable;
use async_trait::async_trait;
use schemas::event::Event;

/// What one warehouse is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The warehouse.
    pub warehouse: String,
    /// The fact, with what that warehouse needs to know of the order.
    pub event: Event,
}

/// The warehouses.
#[async_trait]
pub trait Warehouses: Send + Sync {
    /// Tells warehouses what to do. MUST keep the order of one order's notices, and MUST be as durable as whatever the
    /// caller commits next. Delivery is at least once: a warehouse dedupes by the event's `source` and `id`.
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable>;
}
