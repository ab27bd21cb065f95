//! Queues on SQS: ten messages a call, each of which may fail by itself.

use super::{
    failures::{Asked, NotTaken, failures},
    lanes::{Call, Failure, alone, send_all},
    parts::Limits,
    payload::{LARGEST, Payloads},
    text::text_of,
};
use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use std::{collections::BTreeMap, time::Duration};
use workflows::ports::{OutgoingMessage, Queue, Unavailable};

const SEND: Call = Call { what: "queue.send", limits: Limits { entries: 10, bytes: 256 * 1024 } };

/// The message attribute that says when a message that was put back was first sent, in milliseconds since 1970.
pub const FIRST_SENT: &str = "FirstSent";
/// What that attribute adds to a message: its name, its type and its value.
const ATTRIBUTE_BYTES: usize = 32;
/// The longest that SQS delays a message.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// A message that was received and has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its text, as it was received.
    pub text: String,
    /// How long it is hidden; SQS counts whole seconds.
    pub delay: Duration,
    /// When it was first sent, in milliseconds since 1970.
    pub first_sent: i64,
}

/// Queues on SQS, by name.
#[derive(Clone)]
pub struct SqsQueues {
    client: Client,
    urls: BTreeMap<String, String>,
    payloads: Option<Payloads>,
}

impl SqsQueues {
    /// Sends to the queues of those names at those URLs. Without a place for large bodies these are refused.
    pub fn new(client: Client, urls: BTreeMap<String, String>, payloads: Option<Payloads>) -> Self {
        Self { client, urls, payloads }
    }

    /// The text of a message: the body, or where it lies.
    async fn text(&self, queue: &str, message: OutgoingMessage) -> Result<String, Unavailable> {
        let body = match &self.payloads {
            Some(payloads) => payloads.put(queue, message.subject, message.body).await?,
            None => message.body,
        };
        let text = text_of(&body);
        if text.len() > LARGEST && self.payloads.is_none() {
            return Err(Unavailable::refused(
                SEND.what,
                format!("a body of {} bytes, and no bucket for it", text.len()),
            ));
        }
        Ok(text)
    }

    /// Puts messages that were received on their queue as new ones. SQS counts each delivery, and cannot be told that one
    /// is no failure; a new message begins at one. Whoever calls lets go of the old ones afterwards, so that none is
    /// lost in between.
    ///
    /// # Errors
    /// If some were not put back; the others may have been.
    pub async fn put_back(&self, queue: &str, messages: &[Waiting]) -> Result<(), Unavailable> {
        let url = self.url(queue)?;
        let entry = |at: usize, waiting: &Waiting| {
            let first_sent = MessageAttributeValue::builder()
                .data_type("Number")
                .string_value(waiting.first_sent.to_string())
                .build()?;
            let seconds = waiting.delay.min(LONGEST_DELAY).as_millis().div_ceil(1_000);
            SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_body(&waiting.text)
                .delay_seconds(i32::try_from(seconds).unwrap_or(i32::MAX))
                .message_attributes(FIRST_SENT, first_sent)
                .build()
        };
        let bytes = |waiting: &Waiting| waiting.text.len() + ATTRIBUTE_BYTES;
        send_all(SEND, alone(messages), bytes, |part| self.call(url, part, entry)).await
    }

    fn url(&self, queue: &str) -> Result<&str, Unavailable> {
        let url = self.urls.get(queue).map(String::as_str);
        url.ok_or_else(|| Unavailable::refused(SEND.what, format!("the URL of queue {queue} is not configured")))
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
            request = request.entries(entry(at, message).map_err(|error| Unavailable::refused(SEND.what, error))?);
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
    async fn send(&self, queue: &str, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        let url = self.url(queue)?;
        let mut texts = Vec::with_capacity(messages.len());
        for message in messages {
            texts.push(self.text(queue, message).await?);
        }
        let entry = |at: usize, text: &String| {
            SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(text).build()
        };
        send_all(SEND, alone(&texts), String::len, |texts| self.call(url, texts, entry)).await
    }
}
