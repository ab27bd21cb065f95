//! Accepted orders and idempotency keys in a DynamoDB table, and the queue that the orders wait on.
//!
//! Key, order and message are three writes. The key is first and decides; a crash after it is healed by the retry under
//! the same key, which writes the other two again with the id of the first time.

use super::{
    failures::{Asked, unavailable},
    payload::Payloads,
    queue::{SqsQueues, fair_group},
};
use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    primitives::Blob,
    types::AttributeValue::{self, B, N, S},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use schemas::{ids::OrderId, kept::AcceptedOrder};
use std::collections::HashMap;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use workflows::{
    ports::{Acceptance, Intake, KEYS_LIVE, OutgoingMessage, Submission, Unavailable},
    wiring::QueueName,
};

/// The queue that accepted orders wait on.
const INTAKE: QueueName = QueueName::Intake;
/// Writes of one batch that are under way at once.
const AT_ONCE: usize = 16;

/// Intake in a table.
#[derive(Clone)]
pub struct DynamoIntake {
    client: Client,
    table: String,
    queues: SqsQueues,
    payloads: Payloads,
}

/// What stands under a key that was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Earlier {
    id: OrderId,
    fingerprint: Vec<u8>,
    accepted_at: OffsetDateTime,
}

type Item = HashMap<String, AttributeValue>;

impl DynamoIntake {
    /// Keys and orders go into that table, orders too large for it to the payloads, and all of them on queue `intake`.
    pub fn new(client: Client, table: impl Into<String>, queues: SqsQueues, payloads: Payloads) -> Self {
        Self { client, table: table.into(), queues, payloads }
    }

    /// Takes the key for the order, or finds what it was used for before.
    async fn claim(&self, submission: &Submission) -> Result<Option<Earlier>, Unavailable> {
        let Submission { order, key, fingerprint } = submission;
        let accepted_at = order.accepted_at.format(&Rfc3339).map_err(|e| Unavailable::at_fault("intake.accept", e))?;
        let pk = key_pk(&order.customer, key);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(pk.clone()))
            .item("order_id", S(order.id.to_string()))
            .item("fingerprint", B(Blob::new(fingerprint.as_slice())))
            .item("accepted_at", S(accepted_at))
            .item("expires_at", expiry(order.accepted_at))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(None),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                let item = self.item(pk, "intake.accept").await?;
                let item = item.ok_or_else(|| Unavailable::because("intake.accept", "the key expired just now"))?;
                let earlier = earlier_of(&item);
                earlier.map(Some).ok_or_else(|| Unavailable::at_fault("intake.accept", "the key's item is unreadable"))
            }
            Err(error) => Err(unavailable("intake.accept", error)),
        }
    }

    /// Whether it asks for the order under its key, though it is not written as that was.
    async fn repeats(&self, submission: &Submission, earlier: &Earlier) -> Result<bool, Unavailable> {
        if earlier.fingerprint == submission.fingerprint {
            return Ok(true);
        }
        Ok(self.find(earlier.id).await?.is_some_and(|order| submission.repeats(&order)))
    }

    /// Stores the order, and gives back the message that takes it on, in its customer's group: one who sends a thousand
    /// orders at once keeps nobody else waiting.
    async fn store(&self, order: AcceptedOrder) -> Result<(OutgoingMessage, Option<String>), Unavailable> {
        let (id, accepted_at, customer) = (order.id, order.accepted_at, order.customer.clone());
        let group = fair_group(&customer);
        let body = serde_json::to_value(order).map_err(|error| Unavailable::at_fault("intake.store", error))?;
        let body = self.payloads.put(INTAKE, id.0, body).await?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(order_pk(id)))
            .item("order", S(body.to_string()))
            .item("customer", S(customer))
            .item("expires_at", expiry(accepted_at));
        put.send().await.asked("intake.store")?;
        Ok((OutgoingMessage { subject: id.0, body }, Some(group)))
    }

    /// The item as the last write left it.
    async fn item(&self, pk: String, what: &'static str) -> Result<Option<Item>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).key("pk", S(pk)).consistent_read(true);
        Ok(get.send().await.asked(what)?.item)
    }
}

#[async_trait]
impl Intake for DynamoIntake {
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        let claims: Vec<_> = batch.iter().map(|submission| self.claim(submission)).collect();
        let claims: Vec<Option<Earlier>> = stream::iter(claims).buffered(AT_ONCE).try_collect().await?;
        let mut answers = Vec::with_capacity(batch.len());
        let mut orders = Vec::with_capacity(batch.len());
        for (submission, mut earlier) in batch.into_iter().zip(claims) {
            if let Some(earlier) = &mut earlier
                && self.repeats(&submission, earlier).await?
            {
                earlier.fingerprint = submission.fingerprint.to_vec();
            }
            let (answer, order) = judge(submission, earlier);
            answers.push(answer);
            orders.extend(order);
        }
        let stores: Vec<_> = orders.into_iter().map(|order| self.store(order)).collect();
        let messages: Vec<_> = stream::iter(stores).buffered(AT_ONCE).try_collect().await?;
        self.queues.send_in_groups(INTAKE, messages).await?;
        Ok(answers)
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        let Some(item) = self.item(order_pk(id), "intake.find").await? else { return Ok(None) };
        let refused = |error: serde_json::Error| Unavailable::at_fault("intake.find", error);
        let body = text(&item, "order").unwrap_or_default();
        let body = self.payloads.resolve(serde_json::from_str(body).map_err(refused)?).await?;
        serde_json::from_value(body).map(Some).map_err(refused)
    }
}

/// What is answered, and which order is to be stored and sent. A replayed one is sent again as it was.
fn judge(submission: Submission, earlier: Option<Earlier>) -> (Acceptance, Option<AcceptedOrder>) {
    let Submission { order, fingerprint, .. } = submission;
    let Some(Earlier { id, fingerprint: known, accepted_at }) = earlier else {
        return (Acceptance::Accepted, Some(order));
    };
    if known != fingerprint {
        return (Acceptance::KeyReused, None);
    }
    // Its own id under its own key: the first write had arrived, and the client sent it again for want of an answer.
    let answer = if id == order.id { Acceptance::Accepted } else { Acceptance::Replayed { id, accepted_at } };
    (answer, Some(AcceptedOrder { id, accepted_at, ..order }))
}

/// Under which a key stands. A `#` in the customer's name is written in another way, or one customer could choose a key
/// that makes it meet another's.
fn key_pk(customer: &str, key: &str) -> String {
    format!("KEY#{}#{key}", customer.replace('%', "%25").replace('#', "%23"))
}

fn order_pk(id: OrderId) -> String {
    format!("ORDER#{id}")
}

/// When DynamoDB may delete an item: seconds since 1970.
fn expiry(accepted_at: OffsetDateTime) -> AttributeValue {
    N((accepted_at + KEYS_LIVE).unix_timestamp().to_string())
}

fn earlier_of(item: &Item) -> Option<Earlier> {
    Some(Earlier {
        id: text(item, "order_id")?.parse().ok()?,
        fingerprint: item.get("fingerprint")?.as_b().ok()?.as_ref().to_vec(),
        accepted_at: OffsetDateTime::parse(text(item, "accepted_at")?, &Rfc3339).ok()?,
    })
}

fn text<'i>(item: &'i Item, attribute: &str) -> Option<&'i str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
