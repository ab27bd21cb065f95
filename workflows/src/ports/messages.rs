//! What carries work on: facts that are told, messages on queues, workflows that are started.

use super::Unavailable;
use crate::wiring::QueueName;
use async_trait::async_trait;
use schemas::{event::Event, ids::OrderId};
use uuid::Uuid;

/// Where facts are told. Delivery is at least once.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Tells the facts to whoever a rule names. MUST be as durable as whatever the caller commits next.
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable>;
}

/// A message to be put on a queue.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The order it is about.
    pub subject: Uuid,
    /// The body.
    pub body: serde_json::Value,
}

/// Durable queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts messages on a queue.
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable>;
}

/// What runs the workflows.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Starts workflow `checkout` for each order. MUST start it once, however often it is told; one that failed goes on
    /// where it failed, or begins anew.
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable>;
}
