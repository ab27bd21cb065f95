//! The queues, on which messages wait for a step.

use super::Unavailable;
use crate::wiring::QueueName;
use async_trait::async_trait;
use uuid::Uuid;

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
