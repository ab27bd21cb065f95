//! How full the queues are, at a cost that does not follow from it: whoever looks every few seconds must not read a
//! whole backlog each time.

use super::queue::PgQueue;
use crate::postgres::Asked;
use workflows::{ports::Unavailable, wiring::QueueName};

/// As many are counted; a queue that is deeper shows this, and how old its oldest message is.
pub const COUNTED: i64 = 10_000;

/// What waits on a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The queue.
    pub queue: String,
    /// Messages on it, in hand or not; no more than [`COUNTED`].
    pub messages: i64,
    /// Seconds since the oldest of them was sent.
    pub oldest_seconds: i64,
}

impl PgQueue {
    /// How full each of these queues is.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn depths(&self, queues: &[String]) -> Result<Vec<Depth>, Unavailable> {
        sqlx::query_file_as!(Depth, "sql/runtime/queue/depths.sql", queues, COUNTED)
            .fetch_all(&self.database.relaxed)
            .await
            .asked("queue.depths")
    }

    /// How many messages are set aside, all together or in that dead-letter queue; no more than `most` of a queue are counted.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn count_dead_letters(&self, queue: Option<&str>, most: u32) -> Result<u64, Unavailable> {
        let queues = match queue {
            Some(queue) => vec![queue.to_owned()],
            None => QueueName::ALL.map(QueueName::dead_letters).to_vec(),
        };
        let found = sqlx::query_scalar!(
            r#"-- queue.count_dead_letters: along the index of each queue
             select count(*) as "messages!"
             from unnest($1::text[]) as q (name)
             cross join lateral (
                 select from messages m where m.queue = q.name order by m.visible_at limit $2
             ) as m"#,
            &queues,
            i64::from(most)
        )
        .fetch_one(&self.database.relaxed)
        .await
        .asked("queue.count_dead_letters")?;
        Ok(found.unsigned_abs())
    }
}
