//! Warehouses on SNS: each has a FIFO topic of its own, which none but its account may subscribe to; what one is told is no
//! other's business. A warehouse without a topic is told in its feed only, which is written before this.
//!
//! The topic keeps the order of a message group, which is an order's id, as far as we publish in that order. A notice
//! is therefore in no call before the one ahead of it was taken (see `batch_send`), and one that cannot be delivered
//! holds back those behind it: they fail too, and come again with it.

use super::{
    batch_send::{Call, Failure, by_key, send_all},
    chunks::Limits,
    failures::{Asked, NotTaken, failures},
    text::text_of,
};
use async_trait::async_trait;
use aws_sdk_sns::{
    Client,
    error::SdkError,
    operation::publish_batch::PublishBatchError,
    types::{MessageAttributeValue, PublishBatchRequestEntry},
};
use futures_util::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use uuid::Uuid;
use workflows::ports::{Chance, Notice, Unavailable, Warehouses};

const TELL: Call = Call { what: "warehouses.tell", limits: Limits { entries: 10, bytes: 256 * 1024 } };

/// The longest that a topic's name may be.
const LONGEST_NAME: usize = 256;
/// Topics that are published to at once.
const AT_ONCE: usize = 4;

/// Warehouses that subscribe to topics.
#[derive(Clone)]
pub struct SnsWarehouses {
    client: Client,
    /// The ARN of a warehouse's topic, up to the warehouse.
    prefix: String,
    chance: Arc<dyn Chance>,
    /// A topic of all warehouses, in which each subscriber sees what every other is told.
    shared: Option<String>,
}

/// A notice as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    group: String,
    deduplication: String,
    text: String,
    warehouse: String,
    event: String,
}

impl SnsWarehouses {
    /// The topics whose ARNs begin with that, go on with the warehouse, and end with `.fifo`.
    pub fn new(client: Client, prefix: impl Into<String>, chance: Arc<dyn Chance>) -> Self {
        Self { client, prefix: prefix.into(), chance, shared: None }
    }

    /// Everything is told on the topic of that ARN too, for warehouses that have not changed to their own yet.
    #[must_use]
    pub fn and_shared(self, topic: Option<String>) -> Self {
        Self { shared: topic, ..self }
    }

    /// The ARN of a warehouse's own topic, if its name can be that of one. Names of topics have fewer characters than those
    /// of warehouses: any other byte is written as `_` and two hexadecimal digits.
    fn topic_of(&self, warehouse: &str) -> Option<String> {
        let mut arn = self.prefix.clone();
        for byte in warehouse.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => arn.push(char::from(byte)),
                other => arn.push_str(&format!("_{other:02X}")),
            }
        }
        arn.push_str(".fifo");
        let name = arn.rsplit(':').next().unwrap_or_default();
        (name.len() <= LONGEST_NAME).then_some(arn)
    }

    /// Tells a topic. One that is not there is nobody's; the feed has what it would have been told.
    async fn publish(&self, topic: &str, messages: &[Message]) -> Result<(), Unavailable> {
        let is_absent = AtomicBool::new(false);
        let groups = by_key(messages, |message| message.group.clone());
        let told =
            send_all(TELL, groups, size_of, self.chance.as_ref(), |messages| self.call(topic, messages, &is_absent))
                .await;
        if is_absent.into_inner() {
            tracing::info!(topic, "this warehouse has no topic and is told in its feed only");
            return Ok(());
        }
        told
    }

    async fn call(
        &self,
        topic: &str,
        messages: Vec<&Message>,
        is_absent: &AtomicBool,
    ) -> Result<Vec<Failure>, Unavailable> {
        let count = messages.len();
        let mut request = self.client.publish_batch().topic_arn(topic);
        for (at, message) in messages.into_iter().enumerate() {
            let entry = PublishBatchRequestEntry::builder()
                .id(at.to_string())
                .message(&message.text)
                .message_group_id(&message.group)
                .message_deduplication_id(&message.deduplication)
                .message_attributes("warehouse", text_attribute(&message.warehouse)?)
                .message_attributes("event", text_attribute(&message.event)?)
                .build()
                .map_err(|error| Unavailable::at_fault(TELL.what, error))?;
            request = request.publish_batch_request_entries(entry);
        }
        let sent = request.send().await;
        if sent
            .as_ref()
            .err()
            .and_then(SdkError::as_service_error)
            .is_some_and(PublishBatchError::is_not_found_exception)
        {
            is_absent.store(true, Ordering::SeqCst);
        }
        let answer = sent.asked(TELL.what)?;
        let not_taken = answer.failed().iter().map(|entry| NotTaken {
            id: entry.id().to_owned(),
            code: entry.code().to_owned(),
            at_fault: entry.sender_fault(),
            message: entry.message().map(str::to_owned),
        });
        Ok(failures(count, answer.successful().iter().filter_map(|entry| entry.id()), not_taken))
    }
}

fn text_attribute(text: &str) -> Result<MessageAttributeValue, Unavailable> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(text)
        .build()
        .map_err(|error| Unavailable::at_fault(TELL.what, error))
}

#[async_trait]
impl Warehouses for SnsWarehouses {
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        let mut topics: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        for notice in notices {
            let message = message_of(notice)?;
            for topic in self.shared.iter().cloned().chain(self.topic_of(&notice.warehouse)) {
                topics.entry(topic).or_default().push(message.clone());
            }
        }
        let told: Vec<_> = topics.iter().map(|(topic, messages)| self.publish(topic, messages)).collect();
        let told: Vec<Result<(), Unavailable>> = stream::iter(told).buffered(AT_ONCE).collect().await;
        told.into_iter().collect()
    }
}

fn message_of(notice: &Notice) -> Result<Message, Unavailable> {
    let Notice { warehouse, event } = notice;
    let document = serde_json::to_value(event).map_err(|error| Unavailable::at_fault(TELL.what, error))?;
    Ok(Message {
        group: event.subject.to_string(),
        // Of the event and the warehouse, in the few characters that are allowed here: told again within five minutes,
        // a notice is dropped by the topic, and later by whoever receives it.
        deduplication: Uuid::new_v5(&event.id, warehouse.as_bytes()).to_string(),
        text: text_of(&document),
        warehouse: warehouse.clone(),
        event: event.name().map_or_else(|| event.kind.clone(), |name| name.as_str().to_owned()),
    })
}

/// The size of a message as SNS counts it: the text, and of each attribute its name, its type and its value.
fn size_of(message: &Message) -> usize {
    let attributes = [("warehouse", &message.warehouse), ("event", &message.event)];
    let attributes: usize = attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len()).sum();
    message.text.len() + attributes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use schemas::{
        event::{Event, EventName},
        ids::OrderId,
    };
    use serde_json::json;
    use time::OffsetDateTime;

    fn notice(warehouse: &str, sequence: i32, order: u128) -> Notice {
        Notice {
            warehouse: warehouse.to_owned(),
            event: Event::new(
                "test",
                OrderId(Uuid::from_u128(order)),
                sequence,
                EventName::OrderConfirmed,
                OffsetDateTime::UNIX_EPOCH,
                json!({}),
            ),
        }
    }

    #[test]
    fn a_notice_is_the_event_itself_in_the_group_of_its_order() {
        let notice = notice("north", 1, 2);
        let message = message_of(&notice).unwrap();
        assert_eq!(message.group, notice.event.subject.to_string());
        assert_eq!(serde_json::from_str::<Event>(&message.text).unwrap(), notice.event);
        assert_eq!((message.warehouse.as_str(), message.event.as_str()), ("north", "OrderConfirmed"));
        assert_eq!(size_of(&message), message.text.len() + (9 + 6 + 5) + (5 + 6 + 14));
    }

    #[test]
    fn the_same_notice_is_dropped_and_no_other() {
        let id = |warehouse, sequence| message_of(&notice(warehouse, sequence, 2)).unwrap().deduplication;
        assert_eq!(id("north", 1), id("north", 1));
        assert_ne!(id("north", 1), id("south", 1));
        assert_ne!(id("north", 1), id("north", 2));
        assert_eq!(id("Lagerhaus Süd, Tor 3", 1).len(), 36);
    }
}
