//! The queues, on which messages wait for a step.

use super::Unavailable;
use crate::wiring::QueueName;
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::OrderMessage};
use serde_json::json;
use uuid::Uuid;

/// A message to be put on a queue.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The order it is about.
    pub subject: Uuid,
    /// The body.
    pub body: serde_json::Value,
}

impl OutgoingMessage {
    /// One that names an order and nothing else: whoever takes it looks how the order stands by then.
    pub fn naming(order: OrderId) -> Self {
        Self { subject: order.0, body: json!(OrderMessage { order_id: order }) }
    }
}

/// Durable queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts messages on a queue.
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable>;
}
