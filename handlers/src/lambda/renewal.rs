//! When secrets are to be read again: they change while a function lives, which may be for hours. Now and then, so that a
//! change is known in bounded time; and soon after something was away, which is what a changed password looks like.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What was read is believed for so long.
pub(super) const EVERY: Duration = Duration::from_secs(5 * 60);
/// While something is away the secrets are not asked for more often than this.
pub(super) const SOONEST: Duration = Duration::from_secs(10);

/// When secrets were read, and whether there is doubt.
#[derive(Debug)]
pub(super) struct Renewal {
    read: Mutex<Instant>,
    in_doubt: AtomicBool,
}

impl Default for Renewal {
    fn default() -> Self {
        Self { read: Mutex::new(Instant::now()), in_doubt: AtomicBool::new(false) }
    }
}

impl Renewal {
    /// Something that the secrets open did not let us in, or was away: nobody knows which.
    pub(super) fn doubt(&self) {
        self.in_doubt.store(true, Ordering::SeqCst);
    }

    /// Whether they are to be read now. Whoever is told so reads them: the next is due in its time, whatever comes of it.
    pub(super) fn is_due(&self) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = if self.in_doubt.load(Ordering::SeqCst) { SOONEST } else { EVERY };
        if read.elapsed() < patience {
            return false;
        }
        *read = Instant::now();
        self.in_doubt.store(false, Ordering::SeqCst);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn secrets_are_read_again_in_their_time_and_soon_after_something_was_away() {
        let renewal = Renewal::default();
        assert!(!renewal.is_due());
        advance(EVERY).await;
        assert!(renewal.is_due());
        assert!(!renewal.is_due(), "one of those who are told reads");
        renewal.doubt();
        assert!(!renewal.is_due(), "the secrets were read just now");
        advance(SOONEST).await;
        assert!(renewal.is_due());
        advance(SOONEST).await;
        assert!(!renewal.is_due(), "what was read again is believed again");
    }
}
