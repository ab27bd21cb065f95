//! How full the queues are, at a cost that does not follow from it: whoever looks every few seconds must not read a
//! whole backlog each time.

use super::{Asked, queue::PgQueue};
use workflows::ports::Unavailable;

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
        sqlx::query_file_as!(Depth, "sql/queue/depths.sql", queues, COUNTED)
            .fetch_all(&self.database.relaxed)
            .await
            .asked("queue.depths")
    }
}
