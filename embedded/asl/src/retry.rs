//! Which errors a retrier or a catcher is for, and how long a retrier waits.

use std::time::Duration;

use crate::error::Failure;

/// An `ErrorEquals` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matcher(pub(super) Vec<String>);

impl Matcher {
    pub(super) const ALL: &'static str = "States.ALL";
    pub(super) const TASK_FAILED: &'static str = "States.TaskFailed";
    /// The names with Amazon's prefix that may be listed. Step Functions knows more, of states and services not run here.
    pub(super) const KNOWN: [&'static str; 4] = [Self::ALL, Self::TASK_FAILED, Failure::TIMEOUT, Failure::QUERY];

    /// Whether the list is for this error. Nothing is for the two errors that Step Functions lets nobody catch.
    pub(super) fn matches(&self, error: &str) -> bool {
        if error == Failure::RUNTIME || error == Failure::DATA_LIMIT {
            return false;
        }
        self.0.iter().any(|name| match name.as_str() {
            Self::ALL => true,
            Self::TASK_FAILED => error != Failure::TIMEOUT,
            exact => exact == error,
        })
    }
}

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Retrier {
    pub(super) errors: Matcher,
    /// Seconds before the first retry.
    pub(super) interval: u32,
    pub(super) max_attempts: u32,
    /// What the wait is multiplied with for each further retry; at least 1.
    pub(super) backoff_rate: f64,
    /// Seconds that no wait exceeds.
    pub(super) max_delay: Option<u32>,
    /// Whether to wait a random part of the time only, so that those who failed together do not return together.
    pub(super) full_jitter: bool,
}

impl Retrier {
    /// The longest wait that Step Functions knows, in seconds.
    pub(super) const LONGEST: u32 = 99_999_999;

    /// How long to wait before the next retry, if `retries` came before it. `chance` is uniform over its whole range.
    pub(super) fn delay(&self, retries: u32, chance: u32) -> Duration {
        let whole = self.backoff(retries);
        if !self.full_jitter {
            return whole;
        }
        let milliseconds = (whole.as_millis() * u128::from(chance)) >> 32;
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
    }

    /// The language's own rule: it says the rate, which need not be two.
    #[allow(
        clippy::float_arithmetic,
        reason = "BackoffRate is a float in the language, and a wait is no amount of money"
    )]
    fn backoff(&self, retries: u32) -> Duration {
        let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
        let longest = f64::from(self.max_delay.unwrap_or(Self::LONGEST).min(Self::LONGEST));
        // `min` also takes the limit if the power has overflowed to infinity.
        Duration::from_secs_f64((f64::from(self.interval) * self.backoff_rate.powi(exponent)).min(longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrier() -> Retrier {
        Retrier {
            errors: Matcher(vec![Matcher::ALL.to_owned()]),
            interval: 1,
            max_attempts: 9,
            backoff_rate: 2.0,
            max_delay: None,
            full_jitter: false,
        }
    }

    fn delays(retrier: &Retrier) -> Vec<u64> {
        (0..6).map(|retries| u64::try_from(retrier.delay(retries, 0).as_millis()).unwrap_or(u64::MAX)).collect()
    }

    #[test]
    fn the_wait_grows_by_the_rate() {
        assert_eq!(delays(&retrier()), [1000, 2000, 4000, 8000, 16000, 32000]);
        assert_eq!(delays(&Retrier { interval: 2, backoff_rate: 1.5, ..retrier() })[..4], [2000, 3000, 4500, 6750]);
        assert_eq!(delays(&Retrier { backoff_rate: 1.0, ..retrier() }), [1000; 6]);
    }

    #[test]
    fn the_wait_is_capped() {
        assert_eq!(delays(&Retrier { max_delay: Some(5), ..retrier() }), [1000, 2000, 4000, 5000, 5000, 5000]);
        assert_eq!(retrier().delay(u32::MAX, 0), Duration::from_secs(99_999_999));
    }

    #[test]
    fn full_jitter_takes_any_part_of_the_wait() {
        let retrier = Retrier { full_jitter: true, ..retrier() };
        assert_eq!(retrier.delay(2, 0), Duration::ZERO);
        assert_eq!(retrier.delay(2, 1 << 31), Duration::from_secs(2));
        assert_eq!(retrier.delay(2, u32::MAX), Duration::from_millis(3999));
    }

    #[test]
    fn names_match_as_in_step_functions() {
        let matches = |name: &str, error| Matcher(vec![name.to_owned()]).matches(error);
        for error in ["Busy", "States.Timeout", "States.QueryEvaluationError", "Lambda.Unknown"] {
            assert!(matches("States.ALL", error), "{error}");
            assert!(matches(error, error), "{error}");
            assert_eq!(matches("States.TaskFailed", error), error != "States.Timeout", "{error}");
        }
        assert!(!matches("States.ALL", "States.Runtime"));
        assert!(!matches("States.ALL", "States.DataLimitExceeded"));
        assert!(!matches("Busy", "busy"));
    }
}
