//! Queues on SQS: ten messages a call, each of which may fail by itself.

use super::{
    failures::{Asked, NotTaken, failures},
    lanes::{Call, Failure, alone, send_all},
    parts::Limits,
    payload::{LARGEST, Payloads},
    text::text_of,
};
use async_trait::async_trait;
use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use std::collections::BTreeMap;
use workflows::ports::{OutgoingMessage, Queue, Unavailable};

const SEND: Call = Call { what: "queue.send", limits: Limits { entries: 10, bytes: 256 * 1024 } };

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

    async fn call(&self, url: &str, texts: Vec<&String>) -> Result<Vec<Failure>, Unavailable> {
        let count = texts.len();
        let mut request = self.client.send_message_batch().queue_url(url);
        for (at, text) in texts.into_iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(text).build();
            request = request.entries(entry.map_err(|error| Unavailable::refused(SEND.what, error))?);
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
        let url = self
            .urls
            .get(queue)
            .ok_or_else(|| Unavailable::refused(SEND.what, format!("the URL of queue {queue} is not configured")))?;
        let mut texts = Vec::with_capacity(messages.len());
        for message in messages {
            texts.push(self.text(queue, message).await?);
        }
        send_all(SEND, alone(&texts), String::len, |texts| self.call(url, texts)).await
    }
}
