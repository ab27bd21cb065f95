//! Queues with the semantics of SQS: what is received is hidden for a while and comes again unless it is deleted, and
//! what came too often is set aside in a dead-letter queue.

use super::lease::{self, LONGEST_IN_HAND, Lease};
use crate::postgres::{Asked, Database, answer::answered, milliseconds};
use async_trait::async_trait;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use time::OffsetDateTime;
use tracing::field::display;
use uuid::Uuid;
use workflows::{
    ports::{OutgoingMessage, Queue, Unavailable},
    wiring::{LONGEST_WAIT, MAX_RECEIVES, QueueName},
};

/// How often a process may die with a message in hand before that message is suspected. Deaths are rarely its fault, so
/// they are counted apart from failures.
const MAX_ABANDONED: i32 = 20;
/// How many messages of each queue are made due by one statement.
const HASTENED: i64 = 1_000;

/// Queues in PostgreSQL.
#[derive(Clone)]
pub struct PgQueue {
    pub(super) database: Database,
}

/// A message in hand.
#[derive(Clone, Debug)]
pub struct Received {
    /// What it is deleted or given back by.
    pub receipt: Receipt,
    /// The order it is about.
    pub subject: Option<Uuid>,
    /// The body.
    pub body: Value,
    /// How often it was received, this time included, but for the times that nobody ended.
    pub receive_count: i32,
    /// How long ago it was put on its queue.
    pub age: Duration,
    /// When the last of its batch was due.
    pub last_due_at: OffsetDateTime,
    /// What its body takes in the table.
    pub bytes: i64,
}

/// How much is taken in hand at once, and where it is looked for.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// The most messages.
    pub messages: i64,
    /// The bytes after which no further message is taken. A large one is taken all the same, if it comes first.
    pub bytes: i64,
    /// Nothing is known to be due from before then. Where dead rows cannot be cleared away, because a long transaction may
    /// still see them, they are passed over so.
    pub from: Option<OffsetDateTime>,
}

/// Says which delivery of a message is meant. Once it was delivered again, to whomever, an earlier receipt is good for
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// The message's id.
    pub id: i64,
    /// Who received it.
    pub instance: i64,
    /// Which of its deliveries that was.
    pub delivery: i32,
}

/// What one customer may have waiting in the first lane of a queue.
#[derive(Clone, Copy, Debug)]
pub struct FairShare {
    /// Among so many messages, those due first.
    pub among: i64,
    /// The most bytes.
    pub bytes: i64,
    /// The most messages.
    pub messages: i64,
}

/// A message to be delivered again.
#[derive(Clone, Debug)]
pub struct Return {
    /// As received.
    pub receipt: Receipt,
    /// Whether the time in hand counts against it.
    pub counts: bool,
    /// How long it stays hidden.
    pub delay: Duration,
    /// Why it comes back.
    pub error: String,
}

impl PgQueue {
    /// Queues in that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Takes a batch of messages of one of a queue's lanes in hand, the longest due first: they are hidden until the lease
    /// ends. What was received too often before is set aside instead, and so is what cannot be read. Bodies are read here,
    /// each by itself, and not by the driver, which would fail the whole batch for one of them.
    ///
    /// # Errors
    /// If the database does not answer in time. What was taken in hand then nobody carries, which `renew_leases` finds.
    pub async fn receive(
        &self,
        queue: QueueName,
        lane: &str,
        limits: BatchLimits,
        lease: Lease,
        instance: i64,
    ) -> Result<Vec<Received>, Unavailable> {
        let dead_letters = queue.dead_letters();
        let received = sqlx::query_file!(
            "sql/runtime/queue/receive.sql",
            lane,
            limits.messages,
            lease.milliseconds(),
            instance,
            MAX_RECEIVES,
            MAX_ABANDONED,
            dead_letters,
            limits.from,
            limits.bytes
        )
        .fetch_all(&self.database.relaxed);
        let rows = lease.answered("queue.receive", received).await?;
        let (mut received, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            if row.is_set_aside {
                let (order, id) = (row.subject.map(display), row.id);
                tracing::warn!(queue = lane, order, id, "set aside: it was delivered too often; see sluice dlq list");
                continue;
            }
            let receipt = Receipt { id: row.id, instance, delivery: row.deliveries };
            match serde_json::from_str(&row.body) {
                Ok(body) => received.push(Received {
                    receipt,
                    subject: row.subject,
                    body,
                    receive_count: row.receive_count,
                    age: Duration::from_millis(u64::try_from(row.age).unwrap_or_default()),
                    last_due_at: row.last_due_at,
                    bytes: row.bytes.into(),
                }),
                Err(error) => {
                    let error = format!("its body cannot be read: {error}");
                    let order = row.subject.map(display);
                    tracing::warn!(queue = lane, order, id = row.id, error, "set aside; see sluice dlq list");
                    unreadable.push(Return { receipt, counts: true, delay: Duration::ZERO, error });
                }
            }
        }
        // It reads no better the next time. If it cannot be set aside now, it comes again when its lease ends.
        if let Err(error) = self.give_back_or_set_aside(queue, &unreadable, 0).await {
            tracing::warn!(queue = lane, error = error.chain(), "cannot set aside what cannot be read");
        }
        Ok(received)
    }

    /// Moves what one customer has waiting beyond a share to the queue's second lane; says how much that was.
    ///
    /// # Errors
    /// If the database does not answer in time.
    pub async fn sift(&self, queue: QueueName, share: FairShare) -> Result<u64, Unavailable> {
        let (first, second) = (queue.as_str(), queue.second_lane());
        let sifted =
            sqlx::query_file!("sql/runtime/queue/sift.sql", first, second, share.among, share.bytes, share.messages)
                .execute(&self.database.relaxed);
        Ok(answered("queue.sift", sifted).await?.rows_affected())
    }

    /// Renews the leases of what is carried, those that are fresh no more, and lets go of what its instance has in hand
    /// and does not carry. Says how much of that there was.
    ///
    /// # Errors
    /// If the database does not answer in time.
    pub async fn renew_leases(&self, instance: i64, lease: Lease, carried: &[Receipt]) -> Result<usize, Unavailable> {
        let mine = carried.iter().filter(|receipt| receipt.instance == instance);
        let (ids, deliveries): (Vec<i64>, Vec<i32>) = mine.map(|receipt| (receipt.id, receipt.delivery)).unzip();
        let renewed = sqlx::query_file!(
            "sql/runtime/queue/renew_leases.sql",
            instance,
            &ids,
            &deliveries,
            lease.milliseconds(),
            lease.fresh_milliseconds()
        )
        .fetch_all(&self.database.relaxed);
        let mut let_go = lease.answered("queue.renew_leases", renewed).await?;
        let_go.retain(|row| !row.carried);
        let_go.iter().for_each(|row| self.database.bell.ring(row.queue.as_str()));
        Ok(let_go.len())
    }

    /// Makes due what is due later than anything is made to wait: it was written before the database's clock was set back.
    /// Some at a time; says how many there were.
    ///
    /// # Errors
    /// If the database does not answer in time.
    pub async fn hasten(&self, queues: &[String]) -> Result<usize, Unavailable> {
        let hastened = sqlx::query_file_scalar!(
            "sql/runtime/queue/hasten.sql",
            queues,
            milliseconds(LONGEST_WAIT),
            milliseconds(LONGEST_IN_HAND),
            milliseconds(lease::LONGEST),
            HASTENED
        )
        .fetch_all(&self.database.relaxed);
        let hastened = answered("queue.hasten", hastened).await?;
        hastened.iter().collect::<BTreeSet<_>>().into_iter().for_each(|queue| self.database.bell.ring(queue.as_str()));
        Ok(hastened.len())
    }

    /// Deletes messages that were dealt with.
    ///
    /// # Errors
    /// If the database does not answer in time.
    pub async fn delete(&self, receipts: &[Receipt]) -> Result<(), Unavailable> {
        if receipts.is_empty() {
            return Ok(());
        }
        let (ids, instances, deliveries) = columns(receipts.iter());
        let deleted = sqlx::query!(
            "-- queue.delete
             delete from messages m
             where m.id = any($1)
               and ((m.id, m.instance, m.deliveries) in (
                   select * from unnest($1::bigint[], $2::bigint[], $3::integer[])
               )) is true",
            &ids,
            &instances,
            &deliveries
        )
        .execute(&self.database.relaxed);
        answered("queue.delete", deleted).await?;
        Ok(())
    }

    /// Gives messages back, to be delivered again after their delay, or set aside if this was their last time.
    ///
    /// # Errors
    /// If the database does not answer in time; they then come again when their leases end.
    pub async fn give_back(&self, queue: QueueName, returns: &[Return]) -> Result<(), Unavailable> {
        self.give_back_or_set_aside(queue, returns, MAX_RECEIVES).await
    }

    /// What was received `receives` times is set aside, if that counts.
    async fn give_back_or_set_aside(
        &self,
        queue: QueueName,
        returns: &[Return],
        receives: i32,
    ) -> Result<(), Unavailable> {
        if returns.is_empty() {
            return Ok(());
        }
        let (ids, instances, deliveries) = columns(returns.iter().map(|r| &r.receipt));
        let counted: Vec<bool> = returns.iter().map(|r| r.counts).collect();
        let delays: Vec<i64> = returns.iter().map(|r| milliseconds(r.delay)).collect();
        let errors: Vec<String> = returns.iter().map(|r| r.error.clone()).collect();
        let dead_letters = queue.dead_letters();
        let returned = sqlx::query_file!(
            "sql/runtime/queue/give_back.sql",
            &ids,
            &instances,
            &deliveries,
            &counted,
            &delays,
            &errors,
            receives,
            dead_letters
        )
        .execute(&self.database.relaxed);
        answered("queue.give_back", returned).await?;
        Ok(())
    }

    /// How long it is until the next message of a lane is due, by the database's clock. What is due from before `from`
    /// is left out.
    ///
    /// # Errors
    /// If the database does not answer in time.
    pub async fn next_due(&self, lane: &str, from: Option<OffsetDateTime>) -> Result<Option<Duration>, Unavailable> {
        let due = sqlx::query_scalar!(
            "-- queue.next_due
             select (extract(epoch from case when isfinite(min(visible_at)) then min(visible_at) - sluice_now() end)
                     * 1000)::bigint
             from messages
             where queue = $1 and visible_at >= case when $2::timestamptz <= sluice_now() then $2 else '-infinity' end",
            lane,
            from
        )
        .fetch_one(&self.database.relaxed);
        let due = answered("queue.next_due", due).await?;
        Ok(due.map(|due| Duration::from_millis(u64::try_from(due).unwrap_or_default())))
    }
}

/// Receipts, column by column.
fn columns<'r>(receipts: impl Iterator<Item = &'r Receipt>) -> (Vec<i64>, Vec<i64>, Vec<i32>) {
    let (mut ids, mut instances, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
    for receipt in receipts {
        ids.push(receipt.id);
        instances.push(receipt.instance);
        deliveries.push(receipt.delivery);
    }
    (ids, instances, deliveries)
}

#[async_trait]
impl Queue for PgQueue {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        let (subjects, bodies): (Vec<Uuid>, Vec<Value>) = messages.into_iter().map(|m| (m.subject, m.body)).unzip();
        sqlx::query!(
            "-- queue.send
             insert into messages (queue, subject, body)
             select $1, subject, body from unnest($2::uuid[], $3::jsonb[]) as m (subject, body)",
            queue.as_str(),
            &subjects,
            &bodies
        )
        .execute(&self.database.durable)
        .await
        .asked("queue.send")?;
        self.database.bell.ring(queue.as_str());
        Ok(())
    }
}
