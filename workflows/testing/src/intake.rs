//! Taking orders in, whether the shop can work at all, and forgetting what is kept for a while only.

use super::{Shop, orders::up_to};
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use serde_json::json;
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};
use workflows::{
    lifecycle::statuses_without_workflow,
    order::StoredOrder,
    ports::{
        Acceptance, ForgottenChunk, Intake, OutgoingMessage, Readiness, Retained, Retention, RetentionPeriods,
        Submission, Unavailable,
    },
    wiring::QueueName,
};

#[async_trait]
impl Intake for Shop {
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        let ids: Vec<OrderId> = batch.iter().map(|submission| submission.order.id).collect();
        self.call("intake.accept", &ids, |shop| {
            let mut accept = |submission: Submission| {
                let key = (submission.order.customer.clone(), submission.key.clone());
                let (order, acceptance) = match shop.submissions.get(&key) {
                    None => (submission.order.clone(), Acceptance::Accepted),
                    Some(known) if known.fingerprint == submission.fingerprint || submission.repeats(&known.order) => {
                        let (id, accepted_at) = (known.order.id, known.order.accepted_at);
                        (known.order.clone(), Acceptance::Replayed { id, accepted_at })
                    }
                    Some(_) => return Acceptance::KeyReused,
                };
                let message = OutgoingMessage { subject: order.id.0, body: json!(order) };
                shop.messages.push((QueueName::Intake, message));
                shop.submissions.entry(key).or_insert(submission);
                acceptance
            };
            batch.into_iter().map(&mut accept).collect()
        })
        .await
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        self.call("intake.find", &[id], |shop| {
            let mut accepted = shop.submissions.values().map(|submission| &submission.order);
            accepted.find(|order| order.id == id).cloned()
        })
        .await
    }
}

#[async_trait]
impl Readiness for Shop {
    async fn check(&self) -> Result<(), Unavailable> {
        self.call("readiness.check", &[], |_| ()).await
    }
}

#[async_trait]
impl Retention for Shop {
    fn periods(&self) -> RetentionPeriods {
        RetentionPeriods::default()
    }

    async fn forget(
        &self,
        retained: Retained,
        term: Duration,
        after: OrderId,
        limit: i64,
    ) -> Result<ForgottenChunk, Unavailable> {
        let before = self.clock.at() - term;
        self.call("retention.forget", &[], |shop| {
            let is_old = |(id, since): &(OrderId, OffsetDateTime)| *id > after && *since < before;
            let old: BTreeSet<OrderId> = match retained {
                Retained::Keys => {
                    let orders = shop.submissions.values().map(|submission| &submission.order);
                    orders.map(|order| (order.id, order.accepted_at)).filter(is_old).map(|(id, _)| id).collect()
                }
                Retained::Executions => {
                    shop.ended.iter().map(|(id, since)| (*id, *since)).filter(is_old).map(|(id, _)| id).collect()
                }
            };
            let chunk: BTreeSet<OrderId> = old.into_iter().take(up_to(limit)).collect();
            let (keys, executions) = (shop.submissions.len(), shop.ended.len());
            match retained {
                Retained::Keys => {
                    let stored = &shop.orders;
                    let goes = |id: &OrderId| chunk.contains(id) && stored.contains_key(id);
                    shop.submissions.retain(|_, submission| !goes(&submission.order.id));
                }
                Retained::Executions => {
                    let (stored, without) = (&shop.orders, statuses_without_workflow());
                    let needs_it = |order: &StoredOrder| !without.contains(&order.state.status().to_string());
                    shop.ended.retain(|id, _| stored.get(id).is_some_and(needs_it) || !chunk.contains(id));
                }
            }
            let forgotten = keys - shop.submissions.len() + executions - shop.ended.len();
            ForgottenChunk { forgotten: u64::try_from(forgotten).unwrap(), last: chunk.last().copied() }
        })
        .await
    }
}
