//! Orders that nobody is at work on, and how long each is left alone after it was set going.

use super::Unavailable;
use crate::lifecycle::Stuck;
use async_trait::async_trait;
use time::Duration;

/// The longest that an order is left alone after it was set going.
pub const LONGEST_PAUSE: Duration = Duration::hours(1);

/// That an order was set going again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The order, and what it was stuck for.
    pub stuck: Stuck,
    /// How often it was set going for that by now.
    pub times: i32,
    /// How long it is left alone from now on.
    pub pause: Duration,
}

/// Orders that may wait for something that nobody is doing.
#[async_trait]
pub trait StuckOrders: Send + Sync {
    /// Orders that may have been waiting for longer than `patience` for something that nobody is known to be doing, at most
    /// `limit` of each kind, the longest due first; each with how often it was marked as swept for that. Whether they wait is
    /// the lifecycle's to say. MUST leave out those that are not to be looked at yet, and MUST take all times by the clock of
    /// whoever keeps them.
    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable>;

    /// Notes that orders were set going again, and for how long to leave them alone. MUST not outlive a crash that what they
    /// were set going by did not.
    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable>;
}
