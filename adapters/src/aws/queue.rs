//! Queues on SQS: ten messages a call, each of which may fail by itself.

use super::{
    batch_send::{Call, Failure, alone, send_all},
    chunks::Limits,
    failures::{Asked, NotTaken, failures},
    payload::{LARGEST, Payloads},
    text::text_of,
};
use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;
use workflows::{
    ports::{Chance, OutgoingMessage, Queue, Unavailable},
    wiring::QueueName,
};

const SEND: Call = Call { what: "queue.send", limits: Limits { entries: 10, bytes: 256 * 1024 } };

/// The message attribute that says when a message that was requeued was first sent, in milliseconds since 1970.
pub const FIRST_SENT: &str = "FirstSent";
/// What that attribute adds to a message: its name, its type and its value.
const ATTRIBUTE_BYTES: usize = 32;
/// The longest that SQS delays a message.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// Group ids are made in it from what a queue is to be fair between: a customer's name is nobody's business there, and may
/// have characters that SQS does not take.
const GROUPS: Uuid = Uuid::from_u128(0x6b0f_7c1e_2f3d_4b52_9a41_c0d9_5e17_88a3);

/// The group of messages that one customer sent: of a standard queue the others come first while one group has many
/// messages in hand or waiting (SQS's fair queues).
pub fn fair_group(customer: &str) -> String {
    Uuid::new_v5(&GROUPS, customer.as_bytes()).to_string()
}

/// A message that was received and has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requeued {
    /// Its text, as it was received.
    pub text: String,
    /// The group that it came in, if any.
    pub group: Option<String>,
    /// How long it is hidden; SQS counts whole seconds.
    pub delay: Duration,
    /// When it was first sent, in milliseconds since 1970.
    pub first_sent: i64,
}

/// Queues on SQS, by name.
#[derive(Clone)]
pub struct SqsQueues {
    client: Client,
    urls: BTreeMap<QueueName, String>,
    payloads: Option<Payloads>,
    chance: Arc<dyn Chance>,
}

impl SqsQueues {
    /// Sends to the queues of those names at those URLs. Without a place for large bodies these are refused.
    pub fn new(
        client: Client,
        urls: BTreeMap<QueueName, String>,
        payloads: Option<Payloads>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self { client, urls, payloads, chance }
    }

    /// The text of a message: the body, or where it lies.
    async fn text(&self, queue: QueueName, message: OutgoingMessage) -> Result<String, Unavailable> {
        let body = match &self.payloads {
            Some(payloads) => payloads.put(queue, message.subject, message.body).await?,
            None => message.body,
        };
        let text = text_of(&body);
        if text.len() > LARGEST && self.payloads.is_none() {
            return Err(Unavailable::at_fault(
                SEND.what,
                format!("a body of {} bytes, and no bucket for it", text.len()),
            ));
        }
        Ok(text)
    }

    /// Sends messages, each in the group that it may have (see [`fair_group`]).
    ///
    /// # Errors
    /// If some were not sent; the others may have been.
    pub(super) async fn send_in_groups(
        &self,
        queue: QueueName,
        messages: Vec<(OutgoingMessage, Option<String>)>,
    ) -> Result<(), Unavailable> {
        let url = self.url(queue)?;
        let mut texts = Vec::with_capacity(messages.len());
        for (message, group) in messages {
            texts.push((self.text(queue, message).await?, group));
        }
        let entry = |at: usize, (text, group): &(String, Option<String>)| {
            let entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(text);
            entry.set_message_group_id(group.clone()).build()
        };
        let bytes = |(text, _): &(String, Option<String>)| text.len();
        send_all(SEND, alone(&texts), bytes, self.chance.as_ref(), |texts| self.call(url, texts, entry)).await
    }

    /// Puts messages that were received on their queue as new ones. SQS counts each delivery, and cannot be told that one
    /// is no failure; a new message begins at one. Whoever calls lets go of the old ones afterwards, so that none is
    /// lost in between.
    ///
    /// # Errors
    /// If some were not requeued; the others may have been.
    pub async fn requeue(&self, queue: QueueName, messages: &[Requeued]) -> Result<(), Unavailable> {
        let url = self.url(queue)?;
        let entry = |at: usize, waiting: &Requeued| {
            let first_sent = MessageAttributeValue::builder()
                .data_type("Number")
                .string_value(waiting.first_sent.to_string())
                .build()?;
            let seconds = waiting.delay.min(LONGEST_DELAY).as_millis().div_ceil(1_000);
            SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_body(&waiting.text)
                .set_message_group_id(waiting.group.clone())
                .delay_seconds(i32::try_from(seconds).unwrap_or(i32::MAX))
                .message_attributes(FIRST_SENT, first_sent)
                .build()
        };
        let bytes = |waiting: &Requeued| waiting.text.len() + ATTRIBUTE_BYTES;
        send_all(SEND, alone(messages), bytes, self.chance.as_ref(), |chunk| self.call(url, chunk, entry)).await
    }

    fn url(&self, queue: QueueName) -> Result<&str, Unavailable> {
        let url = self.urls.get(&queue).map(String::as_str);
        url.ok_or_else(|| Unavailable::at_fault(SEND.what, format!("the URL of queue {queue} is not configured")))
    }

    async fn call<T>(
        &self,
        url: &str,
        messages: Vec<&T>,
        entry: impl Fn(usize, &T) -> Result<SendMessageBatchRequestEntry, BuildError>,
    ) -> Result<Vec<Failure>, Unavailable> {
        let count = messages.len();
        let mut request = self.client.send_message_batch().queue_url(url);
        for (at, message) in messages.into_iter().enumerate() {
            request = request.entries(entry(at, message).map_err(|error| Unavailable::at_fault(SEND.what, error))?);
        }
        let answer = request.send().await.asked(SEND.what)?;
        let not_taken = answer.failed().iter().map(|entry| NotTaken {
            id: entry.id().to_owned(),
            code: entry.code().to_owned(),
            at_fault: entry.sender_fault(),
            message: entry.message().map(str::to_owned),
        });
        Ok(failures(count, answer.successful().iter().map(|entry| entry.id()), not_taken))
    }
}

#[async_trait]
impl Queue for SqsQueues {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        self.send_in_groups(queue, messages.into_iter().map(|message| (message, None)).collect()).await
    }
}
