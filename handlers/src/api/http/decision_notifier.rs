//! When to look at an order again that somebody waits for. How word of a decision comes differs: one process can listen to
//! the database, a function can only look again.

use futures_util::future::BoxFuture;
use schemas::ids::OrderId;
use std::time::Duration;
use workflows::backoff::Backoff;

/// Tells when it is worth looking at an order.
pub trait DecisionNotifier: Send + Sync {
    /// Begins to listen for the decision of an order. What is given resolves when the order may be decided; it MUST notice
    /// every decision after this call, and resolving too early does no harm. `waited` is how long the caller has waited
    /// by now. Nothing, if so many wait already that the caller may not wait too: each is to have its share.
    fn listen(&self, caller: &str, id: OrderId, waited: Duration) -> Option<BoxFuture<'static, ()>>;
}

/// Looks again every quarter of a second, and less often the longer it takes: enough for a person, little for a database.
#[derive(Clone, Copy, Debug, Default)]
pub struct PollingNotifier;

const LOOKS: Backoff = Backoff { first: Duration::from_millis(250), longest: Duration::from_secs(2) };

impl DecisionNotifier for PollingNotifier {
    fn listen(&self, _caller: &str, _id: OrderId, waited: Duration) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(tokio::time::sleep(LOOKS.by_age(waited, 4))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use tokio::time::Instant;
    use uuid::Uuid;

    /// Each look is a read for the database, and each who waits an instance that does nothing else.
    #[tokio::test(start_paused = true)]
    async fn who_waits_looks_again_soon_at_first_and_less_often_the_longer_it_takes() {
        const ENOUGH: usize = 1_000;
        let (begun, order) = (Instant::now(), OrderId(Uuid::nil()));
        let (mut last, mut pauses) = (Duration::ZERO, Vec::new());
        while begun.elapsed() < Duration::from_secs(20) && pauses.len() < ENOUGH {
            PollingNotifier.listen("zoe", order, last).unwrap().await;
            pauses.push(begun.elapsed() - last);
            last = begun.elapsed();
        }
        assert!((10..=25).contains(&pauses.len()), "{} looks in 20 s", pauses.len());
        // A timer may be late by its smallest step.
        let late = Duration::from_millis(2);
        let within = |pause: &Duration| *pause >= LOOKS.first && *pause <= LOOKS.longest + late;
        assert!(pauses.iter().all(within), "{pauses:?}");
        assert!(pauses.first().is_some_and(|first| *first <= LOOKS.first + late), "{pauses:?}");
        assert!(pauses.last().is_some_and(|last| *last >= LOOKS.longest), "{pauses:?}");
    }
}
