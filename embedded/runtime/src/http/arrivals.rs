//! How fast connections are taken up. Thousands may come at once, from somebody who only wants to hold places or from clients
//! that all lost theirs. Each costs little, but all of them together would come before whatever the others have under way.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So many are taken up in one go. With the pause behind them that is some thousands a second, more than two cores can use.
const IN_ONE_GO: u32 = 8;
const PAUSE: Duration = Duration::from_millis(1);

/// Counts those that come in one go.
#[derive(Debug)]
pub(super) struct Arrivals {
    began: Instant,
    count: u32,
}

impl Arrivals {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), count: 0 }
    }

    /// One was taken up: lets others have their turn if many were. Who comes alone is never kept waiting.
    pub(super) async fn one(&mut self) {
        if self.began.elapsed() >= PAUSE {
            *self = Self::new();
        }
        self.count += 1;
        if self.count >= IN_ONE_GO {
            sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_at_once_are_taken_up_by_and_by_and_those_that_come_one_by_one_at_once() {
        let (mut arrivals, began) = (Arrivals::new(), Instant::now());
        for _ in 0..IN_ONE_GO * 100 {
            arrivals.one().await;
        }
        assert!(began.elapsed() >= PAUSE * 100, "{:?}", began.elapsed());
        let mut waited = Duration::ZERO;
        for _ in 0..100 {
            sleep(PAUSE).await;
            let came = Instant::now();
            arrivals.one().await;
            waited += came.elapsed();
        }
        assert_eq!(waited, Duration::ZERO);
    }
}
