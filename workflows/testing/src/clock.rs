//! A clock that stands still until a test moves it.

use std::sync::{Mutex, PoisonError};
use time::{Duration, OffsetDateTime, macros::datetime};
use workflows::ports::Clock;

/// When a test begins, unless it says otherwise.
pub const START: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

/// The clock.
#[derive(Debug)]
pub struct SetClock(Mutex<OffsetDateTime>);

impl Default for SetClock {
    fn default() -> Self {
        Self(Mutex::new(START))
    }
}

impl SetClock {
    /// What it says.
    pub fn at(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it.
    pub fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Time goes by.
    pub fn pass(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for SetClock {
    fn now(&self) -> OffsetDateTime {
        self.at()
    }
}

impl Clock for super::Shop {
    fn now(&self) -> OffsetDateTime {
        self.clock.at()
    }
}
