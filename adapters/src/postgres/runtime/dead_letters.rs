//! What was set aside, for whoever looks after it: listed, shown, redriven or dropped for good.

use super::queue::PgQueue;
use crate::postgres::Asked;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::Unavailable;

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

/// A message that was set aside and is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The dead-letter queue.
    pub queue: String,
    /// The order it was about.
    pub order_id: Option<Uuid>,
}

impl PgQueue {
    /// What was set aside, oldest first; of one queue if it is named (with or without `-dlq`).
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_letters(&self, queue: Option<&str>, limit: i64) -> Result<Vec<DeadLetter>, Unavailable> {
        sqlx::query_as!(
            DeadLetter,
            r#"-- queue.dead_letters: a moment that no date has is shown as the nearest that everybody can read
             select id, queue, subject as order_id,
                    least(greatest(sent_at, 'epoch'), '9999-01-01') as "sent_at!", receive_count, last_error
             from messages
             where queue like '%-dlq' and ($1::text is null or queue in ($1, $1 || '-dlq'))
             order by id limit $2"#,
            queue,
            limit
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("queue.dead_letters")
    }

    /// The body of a message that was set aside, as text: perhaps it is there because nobody can read it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_letter_body(&self, id: i64) -> Result<Option<String>, Unavailable> {
        sqlx::query_scalar!(
            r#"-- queue.dead_letter_body
             select body::text as "body!" from messages where id = $1 and queue like '%-dlq'"#,
            id
        )
        .fetch_optional(&self.database.relaxed)
        .await
        .asked("queue.dead_letter_body")
    }

    /// Deletes a message that was set aside; says what it was. What it was for is not done then.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_dead_letter(&self, id: i64) -> Result<Option<Deleted>, Unavailable> {
        sqlx::query_as!(
            Deleted,
            "-- queue.delete_dead_letter
             delete from messages where id = $1 and queue like '%-dlq' returning queue, subject as order_id",
            id
        )
        .fetch_optional(&self.database.durable)
        .await
        .asked("queue.delete_dead_letter")
    }

    /// Redrives what was set aside, with a clean slate: one message, those of a queue, or all. Says how
    /// many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn redrive(&self, id: Option<i64>, queue: Option<&str>) -> Result<u64, Unavailable> {
        let done = sqlx::query_file!("sql/runtime/queue/redrive.sql", id, queue)
            .execute(&self.database.durable)
            .await
            .asked("queue.redrive")?;
        Ok(done.rows_affected())
    }
}
