//! Queues with the semantics of SQS: what is received is hidden for a while and comes again unless it is deleted, and
//! what came too often is set aside in a dead-letter queue.

use super::{Asked, Database};
use async_trait::async_trait;
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{
    ports::{OutgoingMessage, Queue, Unavailable},
    wiring::{MAX_RECEIVES, dead_letter_queue},
};

/// How often a process may die with a message in hand before that message is suspected. Deaths are rarely its fault, so
/// they are counted apart from failures.
const MAX_ABANDONED: i32 = 20;

/// Queues in PostgreSQL.
#[derive(Clone)]
pub struct PgQueue {
    database: Database,
}

/// A message in hand.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its id.
    pub id: i64,
    /// The order it is about.
    pub subject: Option<Uuid>,
    /// The body.
    pub body: Value,
    /// How often it was received, this time included. With the id it is the receipt: a message that was received again
    /// since can no more be deleted.
    pub receive_count: i32,
    /// When it was put on its queue.
    pub sent_at: OffsetDateTime,
}

/// A message to be delivered again.
#[derive(Clone, Debug)]
pub struct Return {
    /// Its id.
    pub id: i64,
    /// As received.
    pub receive_count: i32,
    /// Whether the time in hand counts against it.
    pub counts: bool,
    /// How long it stays hidden.
    pub delay: Duration,
    /// Why it comes back.
    pub error: String,
}

/// What waits on a queue.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Depth {
    /// The queue.
    pub queue: String,
    /// Messages on it, in hand or not.
    pub messages: i64,
    /// Seconds since the oldest of them was sent.
    pub oldest_seconds: i64,
}

/// A message that was set aside.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DeadLetter {
    /// Its id.
    pub id: i64,
    /// The dead-letter queue.
    pub queue: String,
    /// The order it is about.
    pub order_id: Option<Uuid>,
    /// When it was put on its queue.
    #[serde(with = "time::serde::rfc3339")]
    pub sent_at: OffsetDateTime,
    /// How often it was received.
    pub receive_count: i32,
    /// What the last delivery came to.
    pub last_error: Option<String>,
}

impl PgQueue {
    /// Queues in that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Takes up to `max` messages in hand, the longest due first, and hides them. What was received too often before is
    /// set aside instead.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn receive(
        &self,
        queue: &str,
        max: i64,
        visibility: Duration,
        instance: i64,
    ) -> Result<Vec<Received>, Unavailable> {
        let rows = sqlx::query_file!(
            "sql/queue/receive.sql",
            queue,
            max,
            milliseconds(visibility),
            instance,
            MAX_RECEIVES,
            MAX_ABANDONED,
            dead_letter_queue(queue)
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("queue.receive")?;
        let received = rows.into_iter().map(|row| Received {
            id: row.id,
            subject: row.subject,
            body: row.body,
            receive_count: row.receive_count,
            sent_at: row.sent_at,
        });
        Ok(received.collect())
    }

    /// Deletes messages that were dealt with, by id and receive count.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete(&self, receipts: &[(i64, i32)]) -> Result<(), Unavailable> {
        if receipts.is_empty() {
            return Ok(());
        }
        let (ids, counts): (Vec<i64>, Vec<i32>) = receipts.iter().copied().unzip();
        sqlx::query!(
            "-- queue.delete
             delete from messages m using unnest($1::bigint[], $2::integer[]) as r (id, receive_count)
             where m.id = r.id and m.receive_count = r.receive_count",
            &ids,
            &counts
        )
        .execute(&self.database.relaxed)
        .await
        .asked("queue.delete")?;
        Ok(())
    }

    /// Gives messages back, to be delivered again after their delay, or set aside if this was their last time.
    ///
    /// # Errors
    /// If the database does not answer; they then come again when they are no longer hidden.
    pub async fn give_back(&self, queue: &str, returns: &[Return]) -> Result<(), Unavailable> {
        if returns.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = returns.iter().map(|r| r.id).collect();
        let counts: Vec<i32> = returns.iter().map(|r| r.receive_count).collect();
        let counted: Vec<bool> = returns.iter().map(|r| r.counts).collect();
        let delays: Vec<i64> = returns.iter().map(|r| milliseconds(r.delay)).collect();
        let errors: Vec<String> = returns.iter().map(|r| r.error.clone()).collect();
        sqlx::query_file!(
            "sql/queue/give_back.sql",
            &ids,
            &counts,
            &counted,
            &delays,
            &errors,
            MAX_RECEIVES,
            dead_letter_queue(queue)
        )
        .execute(&self.database.relaxed)
        .await
        .asked("queue.give_back")?;
        Ok(())
    }

    /// When the next message of the queue is due, if none is now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn next_due(&self, queue: &str) -> Result<Option<OffsetDateTime>, Unavailable> {
        sqlx::query_scalar!(
            "-- queue.next_due
             select min(visible_at) from messages where queue = $1",
            queue
        )
        .fetch_one(&self.database.relaxed)
        .await
        .asked("queue.next_due")
    }

    /// All queues that hold something.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn depths(&self) -> Result<Vec<Depth>, Unavailable> {
        sqlx::query_as!(
            Depth,
            r#"-- queue.depths
             select queue, count(*) as "messages!",
                    extract(epoch from now() - min(sent_at))::bigint as "oldest_seconds!"
             from messages group by queue order by queue"#
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("queue.depths")
    }

    /// What was set aside, oldest first; of one queue if it is named (with or without `-dlq`).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_letters(&self, queue: Option<&str>, limit: i64) -> Result<Vec<DeadLetter>, Unavailable> {
        sqlx::query_as!(
            DeadLetter,
            "-- queue.dead_letters
             select id, queue, subject as order_id, sent_at, receive_count, last_error from messages
             where queue like '%-dlq' and ($1::text is null or queue in ($1, $1 || '-dlq'))
             order by id limit $2",
            queue,
            limit
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("queue.dead_letters")
    }

    /// The body of a message that was set aside.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_letter_body(&self, id: i64) -> Result<Option<Value>, Unavailable> {
        sqlx::query_scalar!(
            "-- queue.dead_letter_body
             select body from messages where id = $1 and queue like '%-dlq'",
            id
        )
        .fetch_optional(&self.database.relaxed)
        .await
        .asked("queue.dead_letter_body")
    }

    /// Puts what was set aside back on its queue with a clean slate: one message, those of a queue, or all. Says how
    /// many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn redrive(&self, id: Option<i64>, queue: Option<&str>) -> Result<u64, Unavailable> {
        let done = sqlx::query_file!("sql/queue/redrive.sql", id, queue)
            .execute(&self.database.durable)
            .await
            .asked("queue.redrive")?;
        Ok(done.rows_affected())
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Queue for PgQueue {
    async fn send(&self, queue: &str, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        let (subjects, bodies): (Vec<Uuid>, Vec<Value>) = messages.into_iter().map(|m| (m.subject, m.body)).unzip();
        sqlx::query!(
            "-- queue.send
             insert into messages (queue, subject, body)
             select $1, subject, body from unnest($2::uuid[], $3::jsonb[]) as m (subject, body)",
            queue,
            &subjects,
            &bodies
        )
        .execute(&self.database.durable)
        .await
        .asked("queue.send")?;
        self.database.bell.ring(queue);
        Ok(())
    }
}
