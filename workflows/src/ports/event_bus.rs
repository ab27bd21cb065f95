//! The event bus, on which facts are told.

use super::Unavailable;
use async_trait::async_trait;
use schemas::event::Event;

/// Where facts are told. Delivery is at least once.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Tells the facts to whoever a rule names. MUST be as durable as whatever the caller commits next.
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable>;
}
