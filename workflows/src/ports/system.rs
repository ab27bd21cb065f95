//! What every process has from its machine: the time, new ids, chance, and whether it can work at all.

use super::Unavailable;
use async_trait::async_trait;
use schemas::ids::OrderId;
use time::OffsetDateTime;

/// The time. MUST have no more than microseconds, which is what the database keeps.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// Where order ids come from.
pub trait Ids: Send + Sync {
    /// A new UUIDv7.
    fn order_id(&self) -> OrderId;
}

/// Chance, for what is only to differ: jitter, and names. Whoever has seen some of it may foresee the rest, so it is no source
/// of secrets.
pub trait Chance: Send + Sync {
    /// A number, uniform over all that there are.
    fn draw(&self) -> u32;
}

/// Whether work can be done at all.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Looks at what nothing can do without. MUST answer within a few seconds.
    async fn check(&self) -> Result<(), Unavailable>;
}
