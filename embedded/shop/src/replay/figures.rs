//! Figures as people read them, and percentiles. Whole numbers only: what is measured here needs no fractions of them.

use std::time::Duration;

/// Digits in groups of three.
pub(super) fn grouped(number: impl TryInto<u64>) -> String {
    adapters::audit::grouped(number.try_into().unwrap_or(u64::MAX))
}

/// Milliseconds up to ten seconds, then seconds with one decimal.
pub(super) fn lasting(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds < 10_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{} s", grouped(milliseconds / 1_000), milliseconds / 100 % 10)
    }
}

/// So many a second, with one decimal.
pub(super) fn rate(count: u64, time: Duration) -> String {
    let tenths = u128::from(count) * 10_000 / time.as_millis().max(1);
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

/// The smallest time that so many per cent of all do not exceed (the nearest rank); nothing of nothing.
pub(super) fn percentile(sorted: &[Duration], per_cent: usize) -> Option<Duration> {
    let rank = (sorted.len() * per_cent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&sorted, 99), Some(Duration::from_millis(198)));
        assert_eq!(percentile(&sorted, 100), Some(Duration::from_millis(200)));
        let one = [Duration::from_millis(7)];
        assert_eq!(percentile(&one, 1), percentile(&one, 99));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn figures_are_easy_to_read() {
        assert_eq!((grouped(0_u64), grouped(999_u64), grouped(1_000_u64)), ("0".into(), "999".into(), "1,000".into()));
        assert_eq!(grouped(1_234_567_u64), "1,234,567");
        assert_eq!(lasting(Duration::from_micros(1_999)), "1 ms");
        assert_eq!(lasting(Duration::from_millis(9_999)), "9999 ms");
        assert_eq!(lasting(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(rate(2_751, Duration::from_secs(10)), "275.1");
        assert_eq!(rate(0, Duration::ZERO), "0.0");
    }
}
