//! The real clock, the real source of ids and real chance: the only place where any of them is read.
#![expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]

use schemas::ids::OrderId;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::{Chance, Clock, Ids};

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

/// Chance that each process is seeded with by its machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn draw(&self) -> u32 {
        fastrand::u32(..)
    }
}
