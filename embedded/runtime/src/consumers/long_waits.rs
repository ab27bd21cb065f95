//! Says once in a while that what a queue waits for has been away for minutes. Each message that waits is nothing to log, and
//! what nobody hears of is never mended.

use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

/// A message that waited for less is on its way.
const LONG: Duration = Duration::minutes(2);
/// The pause between two words about one queue.
const PAUSE: Duration = Duration::minutes(1);

/// When a queue's long waits were last told.
#[derive(Clone, Debug, Default)]
pub(crate) struct LongWaits(Arc<Mutex<Option<OffsetDateTime>>>);

impl LongWaits {
    /// Whether it is to be told now that a message has been waiting for so long; who asks tells it.
    pub(crate) fn is_to_be_told(&self, waited: std::time::Duration, now: OffsetDateTime) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = waited >= LONG && told.is_none_or(|last| now - last >= PAUSE);
        if due {
            *told = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_long_wait_is_told_once_in_a_while_for_all_that_wait() {
        let (waits, noon) = (LongWaits::default(), datetime!(2026-11-27 12:00 UTC));
        let later = |seconds| noon + Duration::seconds(seconds);
        let age = std::time::Duration::from_secs;
        assert!(!waits.is_to_be_told(age(119), later(119)), "not yet long");
        assert!(waits.is_to_be_told(age(120), later(120)));
        assert!(!waits.is_to_be_told(age(121), later(121)), "another of them, and the same again");
        assert!(!waits.clone().is_to_be_told(age(679), later(179)));
        assert!(waits.is_to_be_told(age(180), later(180)));
    }
}
