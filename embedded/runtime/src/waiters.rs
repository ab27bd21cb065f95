//! Who waits for which order, with `Prefer: wait`: each is woken by the word that its own order is decided, however many
//! others change meanwhile.
//!
//! A caller takes no more places than it leaves free: half of them if nobody else waits, and as many as each of the others
//! if they want as many. So there is one for whoever comes next, and nobody has to say how many callers there will be.

use adapters::postgres::{Database, orders::decided::decided, runtime::changes::Change};
use futures_util::future::BoxFuture;
use handlers::api::DecisionNotifier;
use schemas::ids::OrderId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use uuid::Uuid;

/// Word may be lost with the connection that listens or with the process that has it, and release 0.1.0 gives none: as
/// often all that are waited for are looked at, in one statement.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// Those who wait in this process. Copies share them.
#[derive(Clone)]
pub(super) struct Waiters {
    most: usize,
    orders: Arc<Mutex<Orders>>,
}

#[derive(Default)]
struct Orders {
    waited_for: HashMap<Uuid, (Arc<Notify>, usize)>,
    waiting: usize,
    /// How many of those are each caller's.
    of_callers: HashMap<String, usize>,
    closed: bool,
}

impl Waiters {
    /// At most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { most, orders: Arc::default() }
    }

    /// Wakes who waits for orders that are decided by these changes.
    pub(super) fn hear(&self, changes: impl Iterator<Item = Change>) {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.waiting > 0 {
            changes.filter(|change| change.decided).for_each(|change| orders.wake(change.order.0));
        }
    }

    /// Looks now and then whether an order that is waited for is decided, until dropped.
    pub(super) async fn look_anyway(&self, database: &Database) {
        loop {
            tokio::time::sleep(LOOK_ANYWAY).await;
            let ids: Vec<Uuid> = {
                let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
                orders.waited_for.keys().copied().collect()
            };
            if ids.is_empty() {
                continue;
            }
            match decided(database, &ids).await {
                Ok(decided) => {
                    let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
                    decided.into_iter().for_each(|id| orders.wake(id));
                }
                Err(error) => tracing::debug!(error = error.chain(), "cannot look at orders that are waited for"),
            }
        }
    }

    /// Sends everybody away: the process ends, and an answer now is better than none.
    pub(super) fn close(&self) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.closed = true;
        orders.waited_for.values().for_each(|(word, _)| word.notify_waiters());
    }
}

impl Orders {
    fn wake(&self, id: Uuid) {
        if let Some((word, _)) = self.waited_for.get(&id) {
            word.notify_waiters();
        }
    }
}

impl DecisionNotifier for Waiters {
    fn listen(&self, caller: &str, id: OrderId, _waited: Duration) -> Option<BoxFuture<'static, ()>> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let own = orders.of_callers.get(caller).copied().unwrap_or_default();
        if orders.closed || own + orders.waiting >= self.most {
            return None;
        }
        orders.waiting += 1;
        orders.of_callers.insert(caller.to_owned(), own + 1);
        let (word, count) = orders.waited_for.entry(id.0).or_default();
        *count += 1;
        // From here on no word is missed.
        let word = Arc::clone(word).notified_owned();
        let waiter = Waiter { caller: caller.to_owned(), id: id.0, orders: Arc::clone(&self.orders) };
        Some(Box::pin(async move {
            word.await;
            drop(waiter);
        }))
    }
}

/// Somebody who waits, until it is dropped.
struct Waiter {
    caller: String,
    id: Uuid,
    orders: Arc<Mutex<Orders>>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.waiting -= 1;
        if let Some(own) = orders.of_callers.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                orders.of_callers.remove(&self.caller);
            }
        }
        if let Some((_, count)) = orders.waited_for.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                orders.waited_for.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use futures_util::FutureExt;

    fn order(number: u128) -> OrderId {
        OrderId(Uuid::from_u128(number))
    }

    fn change(number: u128, decided: bool) -> Change {
        Change { order: order(number), decided }
    }

    fn listen(waiting: &Waiters, number: u128) -> Option<BoxFuture<'static, ()>> {
        waiting.listen("zoe", order(number), Duration::ZERO)
    }

    /// So many places for a caller, or as many as it gets.
    fn taken(waiting: &Waiters, caller: &str, count: usize) -> Vec<BoxFuture<'static, ()>> {
        (0..count).filter_map(|_| waiting.listen(caller, order(1), Duration::ZERO)).collect()
    }

    #[tokio::test]
    async fn only_the_decision_of_its_own_order_wakes_who_waits() {
        let waiting = Waiters::new(10);
        let (mut first, mut second) = (listen(&waiting, 1).unwrap(), listen(&waiting, 1).unwrap());
        let mut other = listen(&waiting, 2).unwrap();
        waiting.hear([change(1, false), change(3, true)].into_iter());
        assert!((&mut first).now_or_never().is_none());
        waiting.hear([change(1, true)].into_iter());
        assert!((&mut first).now_or_never().is_some() && (&mut second).now_or_never().is_some());
        assert!((&mut other).now_or_never().is_none());
    }

    #[tokio::test]
    async fn nobody_waits_on_top_of_the_most_and_a_place_is_free_again() {
        let waiting = Waiters::new(4);
        let places = (listen(&waiting, 1), listen(&waiting, 1));
        assert!(places.0.is_some() && places.1.is_some() && listen(&waiting, 2).is_none());
        drop(places);
        {
            let orders = waiting.orders.lock().unwrap();
            assert!(orders.waited_for.is_empty() && orders.of_callers.is_empty() && orders.waiting == 0);
        }
        assert!(listen(&waiting, 2).is_some());
    }

    #[tokio::test]
    async fn one_caller_leaves_places_for_whoever_comes_and_equals_share_alike() {
        let waiting = Waiters::new(90);
        let first = taken(&waiting, "alice", 1_000);
        assert_eq!(first.len(), 45, "as many as it leaves");
        let second = taken(&waiting, "bob", 1_000);
        assert_eq!(second.len(), 23, "as many as there are left");
        assert_eq!(taken(&waiting, "carol", 1_000).len(), 11);
        assert!(taken(&waiting, "alice", 1).is_empty(), "it has more than are left");
        drop((first, second));
        let mut places = Vec::new();
        for _ in 0..1_000 {
            places.extend(["alice", "bob"].map(|caller| taken(&waiting, caller, 1)));
        }
        assert_eq!(places.iter().map(Vec::len).sum::<usize>(), 60, "thirty each, and thirty for who comes");
    }

    #[tokio::test]
    async fn at_the_end_everybody_is_sent_away() {
        let waiting = Waiters::new(2);
        let mut place = listen(&waiting, 1).unwrap();
        waiting.close();
        assert!((&mut place).now_or_never().is_some());
        assert!(listen(&waiting, 1).is_none());
    }
}
