//! Percentiles by nearest rank: each is a value that was measured, never one between two.

use serde::Serialize;
use std::time::Duration;

/// Durations in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// How many were measured.
    pub(crate) count: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

impl Summary {
    /// Of any number, none included: then everything is 0.
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |per_mille| milliseconds(nearest_rank(&durations, per_mille));
        Self {
            count: durations.len(),
            p50_ms: at(500),
            p90_ms: at(900),
            p99_ms: at(990),
            p999_ms: at(999),
            max_ms: at(1000),
        }
    }
}

/// The smallest of the sorted values that at least so many thousandths of them do not exceed.
fn nearest_rank(sorted: &[Duration], per_mille: usize) -> Duration {
    let rank = (sorted.len() * per_mille).div_ceil(1000);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: impl Iterator<Item = u64>) -> Summary {
        Summary::of(values.map(Duration::from_millis).collect())
    }

    #[test]
    fn a_percentile_is_the_value_of_its_rank() {
        let hundred = summary((1..=100).rev());
        assert_eq!((hundred.p50_ms, hundred.p90_ms, hundred.p99_ms, hundred.max_ms), (50.0, 90.0, 99.0, 100.0));
        assert_eq!(hundred.p999_ms, 100.0);
        let odd = summary([3, 1, 2].into_iter());
        assert_eq!((odd.p50_ms, odd.p99_ms), (2.0, 3.0));
    }

    #[test]
    fn one_slow_answer_in_a_thousand_shows_in_the_maximum_only() {
        let values = summary(std::iter::repeat_n(1, 999).chain([500]));
        assert_eq!((values.p99_ms, values.p999_ms, values.max_ms), (1.0, 1.0, 500.0));
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(summary(std::iter::empty()), Summary::default());
        assert_eq!(summary(std::iter::once(7)).p50_ms, 7.0);
    }
}
