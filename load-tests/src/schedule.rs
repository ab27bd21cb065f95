//! When each request is due. The schedule is open: it never waits for an answer, because a shop's customers do not either,
//! and a slow server must not get to choose when it is asked.

use std::time::Duration;

/// A steady rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    per_second: f64,
}

impl Schedule {
    /// That many requests a second; more than zero.
    pub(crate) fn at_rate(per_second: f64) -> Self {
        Self { per_second }
    }

    /// How long after the start the request of that index is due.
    pub(crate) fn due(self, index: usize) -> Duration {
        Duration::from_secs_f64(index as f64 / self.per_second)
    }

    /// How many requests are due before that much time has passed.
    pub(crate) fn requests_within(self, window: Duration) -> usize {
        (window.as_secs_f64() * self.per_second).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spread_evenly_and_none_is_added_up_wrong() {
        let schedule = Schedule::at_rate(300.0);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(150), Duration::from_millis(500));
        assert_eq!(schedule.due(300 * 3600), Duration::from_secs(3600));
    }

    #[test]
    fn the_window_holds_what_is_due_before_its_end() {
        for (rate, seconds, expected) in [(300.0, 60, 18_000), (0.5, 3, 2), (1000.0, 1, 1000)] {
            let (schedule, window) = (Schedule::at_rate(rate), Duration::from_secs(seconds));
            let count = schedule.requests_within(window);
            assert_eq!(count, expected);
            assert!(schedule.due(count - 1) < window && schedule.due(count) >= window);
        }
    }
}
