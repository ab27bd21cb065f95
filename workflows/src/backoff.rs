//! How long to wait before something is tried or looked at again. Pure: its chance comes from outside.

use std::time::Duration;

/// Waits that grow, from the first to the longest: by how often something failed, or by how long it was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The shortest wait, before chance takes a part of it.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures in a row, which doubles with each; 0 waits like 1.
    pub fn after(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        self.first.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest)
    }

    /// The wait for what was waited for so long: one in so many parts of that. It takes no chance, because who began at
    /// another moment returns at another.
    pub fn by_age(self, age: Duration, part: u32) -> Duration {
        age.checked_div(part).unwrap_or(self.longest).max(self.first).min(self.longest)
    }

    /// Anything up to the wait after so many failures (full jitter): those that failed together do not return together.
    pub fn up_to(self, failures: u32, chance: u32) -> Duration {
        part_of(self.after(failures), chance)
    }
}

/// A part of a span by chance, from nothing to all of it, in whole milliseconds. Chance is uniform over all of `u32`.
pub fn part_of(span: Duration, chance: u32) -> Duration {
    let milliseconds = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(u64::from(chance) % milliseconds.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(2) };

    #[test]
    fn waits_double_up_to_the_longest_and_never_overflow() {
        let waits = [0, 1, 2, 3, 4, 5, 6, 40, u32::MAX].map(|failures| BACKOFF.after(failures).as_millis());
        assert_eq!(waits, [100, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
        let endless = Backoff { longest: Duration::MAX, ..BACKOFF };
        assert!(endless.after(u32::MAX) > Duration::from_secs(1 << 28));
    }

    #[test]
    fn what_was_waited_for_longer_waits_longer_up_to_the_longest() {
        let ages = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(4), Duration::MAX];
        let waits = ages.map(|age| BACKOFF.by_age(age, 4).as_millis());
        assert_eq!(waits, [100, 250, 1_000, 2_000]);
    }

    #[test]
    fn a_part_by_chance_is_anything_from_nothing_to_all_and_the_same_for_the_same_chance() {
        for chance in [0, 1, 99, 100, 101, 1 << 31, u32::MAX] {
            let part = BACKOFF.up_to(1, chance);
            assert!(part <= Duration::from_millis(100), "{part:?}");
            assert_eq!(part, BACKOFF.up_to(1, chance));
        }
        assert_eq!((BACKOFF.up_to(1, 0), BACKOFF.up_to(1, 100)), (Duration::ZERO, Duration::from_millis(100)));
        assert_eq!(part_of(Duration::ZERO, 7), Duration::ZERO);
    }
}
