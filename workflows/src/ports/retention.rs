//! Forgetting what is kept for a while only.

use super::Unavailable;
use async_trait::async_trait;
use schemas::{every, ids::OrderId};
use time::Duration;

/// How long an idempotency key is remembered, unless somebody decides otherwise.
pub const KEYS_LIVE: Duration = Duration::days(30);
/// How long the execution of an order and its history are kept, unless somebody decides otherwise; Step Functions keeps
/// them as long.
pub const EXECUTIONS_LIVE: Duration = Duration::days(90);

/// How long each thing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPeriods {
    /// Idempotency keys, with the request of each.
    pub keys: Duration,
    /// Executions that have ended, with their history.
    pub executions: Duration,
}

impl RetentionPeriods {
    /// How long that is kept.
    pub fn of(&self, retained: Retained) -> Duration {
        match retained {
            Retained::Keys => self.keys,
            Retained::Executions => self.executions,
        }
    }
}

impl Default for RetentionPeriods {
    fn default() -> Self {
        Self { keys: KEYS_LIVE, executions: EXECUTIONS_LIVE }
    }
}

/// What is kept for a while only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retained {
    /// Idempotency keys of orders that are stored.
    Keys,
    /// Executions that have ended, of orders that wait for none, with their history.
    Executions,
}

impl Retained {
    /// All of it.
    pub const ALL: [Self; 2] = every!(Self: Keys, Executions);
}

/// What was looked at by one call, and what of it was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForgottenChunk {
    /// How many things were forgotten.
    pub forgotten: u64,
    /// Where to go on; `None` once nothing is left that is old enough.
    pub last: Option<OrderId>,
}

/// Forgets what is kept for a while only.
#[async_trait]
pub trait Retention: Send + Sync {
    /// How long each thing is kept here.
    fn periods(&self) -> RetentionPeriods;

    /// Looks at the next things of that kind that are older than `term`, those of orders after `after` by their ids, at
    /// most `limit`, and forgets those whose time is over. How old they are MUST be judged by the clock of whoever keeps
    /// them: a process whose own is wrong must not forget what is fresh. MUST cost the same whatever else is kept.
    async fn forget(
        &self,
        retained: Retained,
        term: Duration,
        after: OrderId,
        limit: i64,
    ) -> Result<ForgottenChunk, Unavailable>;
}
