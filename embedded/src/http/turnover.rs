//! How fast newcomers take the places of others once there is no place left. Each push-out is a connection made, one
//! closed and, from whoever only wants to hold places, the next attempt: without a pace a few thousand such peers keep the
//! machine busy with nothing else.

use std::time::Duration;
use tokio::time::Instant;

/// From one push-out to the next, on average.
const PAUSE: Duration = Duration::from_millis(2);
/// So many come at once: as when all clients of a shop come back together.
const AT_ONCE: u32 = 128;
/// Nobody waits longer for a place; whoever would is turned away.
const PATIENCE: Duration = Duration::from_secs(2);

/// When the next newcomer may take a place (the generic cell rate algorithm).
#[derive(Debug, Default)]
pub(super) struct Turnover {
    /// When all places given so far are paid for by time.
    paid: Option<Instant>,
}

impl Turnover {
    /// When the newcomer takes a place, which is now or soon; none if too many are before it.
    pub(super) fn turn(&mut self, now: Instant) -> Option<Instant> {
        let paid = self.paid.unwrap_or(now).max(now);
        let turn = paid.checked_sub(PAUSE * AT_ONCE).unwrap_or(now).max(now);
        (turn <= now + PATIENCE).then(|| {
            self.paid = Some(paid + PAUSE);
            turn
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn some_come_at_once_and_the_others_one_by_one() {
        let (mut turnover, now) = (Turnover::default(), Instant::now());
        let turns: Vec<_> = std::iter::from_fn(|| turnover.turn(now)).take(10_000).collect();
        assert!(turns.iter().take(128).all(|turn| *turn == now));
        assert!(turns.windows(2).skip(128).all(|pair| pair[1] - pair[0] == PAUSE));
        assert_eq!(turns.last(), Some(&(now + PATIENCE)), "who would wait longer is turned away");
        assert_eq!(turnover.turn(now + PAUSE), Some(now + PAUSE + PATIENCE), "until there is time again");
        let later = now + Duration::from_secs(60);
        assert!((0..128).all(|_| turnover.turn(later) == Some(later)));
    }
}
