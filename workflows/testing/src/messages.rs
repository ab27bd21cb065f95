//! What carries work on: a bus that routes by the rules of the wiring, queues that keep what they are sent, and workflows that
//! are known to have been started.

use super::Shop;
use async_trait::async_trait;
use schemas::{event::Event, ids::OrderId};
use serde_json::json;
use std::sync::LazyLock;
use workflows::{
    pattern::Pattern,
    ports::{EventBus, OutgoingMessage, Queue, Unavailable, Workflows},
    wiring::{QueueName, rules},
};

/// The rules, each as the queue that it feeds and what it matches.
static RULES: LazyLock<Vec<(QueueName, Pattern)>> =
    LazyLock::new(|| rules().into_iter().map(|rule| (rule.queue, Pattern::parse(&rule.pattern).unwrap())).collect());

#[async_trait]
impl EventBus for Shop {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        if events.is_empty() {
            return Ok(());
        }
        let orders: Vec<OrderId> = events.iter().map(|event| event.subject).collect();
        self.call("event_bus.publish", &orders, |shop| {
            for event in events {
                let matching = RULES.iter().filter(|(_, pattern)| pattern.matches(event));
                let message = |queue: QueueName| {
                    let message = OutgoingMessage { subject: event.subject.0, body: json!(event) };
                    (queue, message)
                };
                shop.messages.extend(matching.map(|(queue, _)| message(*queue)));
                shop.told.push(event.clone());
            }
        })
        .await
    }
}

#[async_trait]
impl Queue for Shop {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        let orders: Vec<OrderId> = messages.iter().map(|message| OrderId(message.subject)).collect();
        self.call("queue.send", &orders, |shop| {
            shop.messages.extend(messages.into_iter().map(|message| (queue, message)));
        })
        .await
    }
}

#[async_trait]
impl Workflows for Shop {
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable> {
        self.call("workflows.start_checkout", orders, |shop| {
            shop.started.extend(orders);
            shop.running.extend(orders);
        })
        .await
    }
}
