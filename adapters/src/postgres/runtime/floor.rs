//! From where on messages and executions are looked for. A long transaction of somebody else keeps the rows of all that was deleted since
//! it began, and whoever looks for the longest due would pass over every one of them, each time.
//!
//! What was taken last was the longest due, so nothing is due from before it, but for what a transaction put there
//! that took long to commit. A look over the whole finds that, now and then.
//!
//! A floor that lies ahead of the database's clock is none: that clock was set back. The statements that look judge so by
//! themselves, and what they find then is due from before the floor, which falls to it.

use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// How long before the last one taken nothing is thought to be due.
const MARGIN: time::Duration = time::Duration::seconds(1);
/// The least time between two looks over the whole.
const PAUSE: Duration = Duration::from_secs(5);
/// How many times as long as it took until the next: then it takes a twentieth of the time at most.
const RARELY: u32 = 20;

/// Where the next look begins.
#[derive(Debug, Default)]
pub struct Floor {
    last_due: Option<OffsetDateTime>,
    whole_again_at: Option<Instant>,
}

impl Floor {
    /// From when on to look; without one, over the whole.
    pub fn from(&self) -> Option<OffsetDateTime> {
        let rested = self.whole_again_at.is_some_and(|moment| Instant::now() < moment);
        self.last_due.filter(|_| rested).map(|due| due - MARGIN)
    }

    /// A look took so long, and the last that it found was due then.
    pub fn looked(&mut self, took: Duration, last_due: Option<OffsetDateTime>) {
        if self.from().is_none() {
            self.whole_again_at = Some(Instant::now() + PAUSE.max(took * RARELY));
        }
        self.last_due = last_due.or(self.last_due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_floor_is_where_the_last_was_found_whichever_way_the_clock_went() {
        let noon = datetime!(2026-11-27 12:00 UTC);
        let mut floor = Floor::default();
        assert_eq!(floor.from(), None, "nothing was ever found");
        floor.looked(Duration::ZERO, Some(noon));
        assert_eq!(floor.from(), Some(noon - MARGIN));
        floor.looked(Duration::ZERO, None);
        assert_eq!(floor.from(), Some(noon - MARGIN));
        floor.looked(Duration::ZERO, Some(noon - time::Duration::hours(1)));
        assert_eq!(floor.from(), Some(noon - time::Duration::hours(1) - MARGIN));
    }
}
