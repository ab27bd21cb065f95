//! Places for those who have something under way: some for each caller, and some for all together. Whoever finds none waits
//! in line for a while. So no caller, however impatient, keeps the others out.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// The places of all callers. Copies share them.
#[derive(Clone)]
pub(in crate::api) struct Places {
    /// Of each caller.
    pub(in crate::api) each: u16,
    in_all: Arc<Semaphore>,
    /// Only callers who are at it, so that it has no more entries than there are requests.
    callers: Arc<Mutex<HashMap<String, Own>>>,
}

/// The places of one caller.
struct Own {
    places: Arc<Semaphore>,
    /// Requests that have a place or wait for one.
    present: usize,
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("each", &self.each).finish_non_exhaustive()
    }
}

impl Places {
    /// So many for each caller, and for all callers together.
    pub(in crate::api) fn new(each: u16, in_all: u16) -> Self {
        Self { each, in_all: Arc::new(Semaphore::new(in_all.into())), callers: Arc::default() }
    }

    /// So many places at once, when that many are free, and at most all of the caller's; none if that is not so in time, or
    /// so many requests of the caller are there already.
    pub(in crate::api) async fn take(&self, caller: &str, count: u32, most: usize, until: Instant) -> Option<Place> {
        let (present, own) = self.enter(caller, most)?;
        let count = count.min(self.each.into());
        let places = async {
            let own = own.acquire_many_owned(count).await.ok()?;
            let of_all = Arc::clone(&self.in_all).acquire_many_owned(count).await.ok()?;
            Some([own, of_all])
        };
        let places = timeout_at(until, places).await.ok()??;
        Some(Place { places, present })
    }

    fn enter(&self, caller: &str, most: usize) -> Option<(Present, Arc<Semaphore>)> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = callers.get_mut(caller) {
            if own.present >= most {
                return None;
            }
            own.present += 1;
        } else {
            let places = Arc::new(Semaphore::new(self.each.into()));
            callers.insert(caller.to_owned(), Own { places, present: 1 });
        }
        let places = callers.get(caller).map(|own| Arc::clone(&own.places))?;
        Some((Present { caller: caller.to_owned(), callers: Arc::clone(&self.callers) }, places))
    }
}

/// Somebody's places, given up when this is dropped.
pub(in crate::api) struct Place {
    #[expect(dead_code, reason = "held, not looked at")]
    places: [OwnedSemaphorePermit; 2],
    #[expect(dead_code, reason = "held, not looked at")]
    present: Present,
}

/// Somebody who has a place or waits for one.
struct Present {
    caller: String,
    callers: Arc<Mutex<HashMap<String, Own>>>,
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = callers.get_mut(&self.caller) {
            own.present -= 1;
            if own.present == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use futures_util::future::join_all;
    use std::time::Duration;

    const MOMENT: Duration = Duration::from_secs(1);
    const MOST: usize = 100;

    async fn taken(places: &Places, caller: &str, count: usize) -> Vec<Option<Place>> {
        join_all((0..count).map(|_| places.take(caller, 1, MOST, Instant::now() + MOMENT))).await
    }

    fn callers(places: &Places) -> usize {
        places.callers.lock().unwrap().len()
    }

    #[tokio::test(start_paused = true)]
    async fn one_caller_has_so_many_places_and_others_have_theirs() {
        let places = Places::new(2, 3);
        let alice = taken(&places, "alice", 5).await;
        assert_eq!(alice.iter().flatten().count(), 2);
        let bob = taken(&places, "bob", 5).await;
        assert_eq!(bob.iter().flatten().count(), 1, "three in all");
        drop(alice);
        assert_eq!(taken(&places, "bob", 2).await.iter().flatten().count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_large_takes_more_places_and_at_most_all_of_its_caller() {
        let places = Places::new(4, 100);
        let take = async |count| places.take("alice", count, MOST, Instant::now() + MOMENT).await;
        let three = take(3).await.unwrap();
        assert!(take(2).await.is_none(), "one is left");
        let one = take(1).await.unwrap();
        drop((three, one));
        assert!(take(1_000).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_up_in_time_goes_to_who_waits() {
        let places = Places::new(1, 10);
        let first = places.take("alice", 1, MOST, Instant::now() + MOMENT).await;
        let giving_up = async {
            tokio::time::sleep(MOMENT / 2).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(places.take("alice", 1, MOST, Instant::now() + MOMENT), giving_up);
        assert!(second.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_is_too_long_is_not_joined() {
        let places = Places::new(1, 10);
        let started = Instant::now();
        let _first = places.take("alice", 1, 1, started + MOMENT).await.unwrap();
        assert!(places.take("alice", 1, 1, started + MOMENT).await.is_none());
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_who_is_gone_is_remembered() {
        let places = Places::new(1, 1);
        for caller in 0..100 {
            let taken = taken(&places, &caller.to_string(), 3).await;
            assert_eq!(callers(&places), 1);
            drop(taken);
        }
        assert_eq!(callers(&places), 0);
    }
}
