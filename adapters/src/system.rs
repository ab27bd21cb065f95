//! The real clock and the real source of ids: the only place where either is read.
#![expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]

use schemas::ids::OrderId;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::{Clock, Ids};

/// The machine's clock, in the microseconds that the database keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        let micros = now.microsecond() * 1_000;
        now.replace_nanosecond(micros).unwrap_or(now)
    }
}

/// Ids by time and chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn order_id(&self) -> OrderId {
        OrderId(Uuid::now_v7())
    }
}
