//! How much may be read at once: a few requests of each caller, and not many more of all together. Whoever comes on top
//! waits a moment for a place, and is then asked to come again. So no caller, however impatient, takes the database from
//! the others or the processor from the acceptance of orders.
//!
//! A request keeps its place until what it asked for has ended, whether or not its caller still waits: who hangs up and
//! asks again must not have twice as much under way.

use super::{
    caller::Caller,
    problem::{Kind, Refusal},
};
use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};
use workflows::ports::Unavailable;

/// How long a request waits for a place.
const MOMENT: Duration = Duration::from_secs(1);
/// How long what is read may take. The database ends statements sooner; this is for one that fell silent.
const LONGEST: Duration = Duration::from_secs(10);
/// How long a place is taken for what is given without a token.
const PACE: Duration = Duration::from_millis(20);
/// The name of whoever has none; no token bears it.
const NOBODY: &str = "";
/// How many requests of a caller may wait for a place; more are turned away at once, since they could not be served in
/// time.
const LINE: usize = 100;

/// The places for those who read. Copies share them.
#[derive(Clone)]
pub struct Reads {
    each: usize,
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

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").field("each", &self.each).finish_non_exhaustive()
    }
}

impl Reads {
    /// So many requests of each caller at once, and of all callers.
    pub fn new(each: usize, in_all: usize) -> Self {
        Self { each, in_all: Arc::new(Semaphore::new(in_all)), callers: Arc::default() }
    }

    /// Does work that reads for a caller, once there is a place.
    pub(super) async fn read<T, E, W>(&self, caller: &Caller, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        Refusal: From<E>,
    {
        self.read_until(caller, LINE, Instant::now() + MOMENT, work).await
    }

    /// The same for somebody who has waited for this moment with many others: they wait in whatever line there is.
    pub(super) async fn read_in_line<T, E, W>(&self, caller: &Caller, until: Instant, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        Refusal: From<E>,
    {
        self.read_until(caller, Semaphore::MAX_PERMITS, until, work).await
    }

    /// Has whoever asks without a token, all of them together, go through places of their own, each for a pause at least.
    /// What they are given costs no more than work of the processor, so it is how often that counts.
    pub(super) async fn pace(&self) -> Result<(), Refusal> {
        let place = self.place(NOBODY, LINE, Instant::now() + MOMENT).await;
        let place = place.ok_or_else(|| Refusal::of(Kind::TooManyRequests))?;
        tokio::spawn(async move {
            tokio::time::sleep(PACE).await;
            drop(place);
        });
        Ok(())
    }

    async fn read_until<T, E, W>(&self, caller: &Caller, line: usize, until: Instant, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        Refusal: From<E>,
    {
        let place = self.place(caller.name(), line, until).await.ok_or_else(|| Refusal::of(Kind::TooManyRequests))?;
        let work = tokio::spawn(async move {
            let done = timeout(LONGEST, work).await;
            drop(place);
            done
        });
        let done = work.await.map_err(|_| Refusal::internal("the handler panicked"))?;
        Ok(done.map_err(|elapsed| Unavailable::because("reading", elapsed))??)
    }

    async fn place(&self, caller: &str, line: usize, until: Instant) -> Option<Place> {
        let (present, own) = self.enter(caller, line)?;
        let places = async {
            let own = own.acquire_owned().await.ok()?;
            let of_all = Arc::clone(&self.in_all).acquire_owned().await.ok()?;
            Some([own, of_all])
        };
        let places = timeout_at(until, places).await.ok()??;
        Some(Place { places, present })
    }

    fn enter(&self, caller: &str, line: usize) -> Option<(Present, Arc<Semaphore>)> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = callers.get_mut(caller) {
            if own.present >= self.each.saturating_add(line) {
                return None;
            }
            own.present += 1;
        } else {
            let places = Arc::new(Semaphore::new(self.each));
            callers.insert(caller.to_owned(), Own { places, present: 1 });
        }
        let places = callers.get(caller).map(|own| Arc::clone(&own.places))?;
        Some((Present { caller: caller.to_owned(), callers: Arc::clone(&self.callers) }, places))
    }
}

/// Somebody's place, given up when it is dropped.
struct Place {
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

    async fn places(reads: &Reads, caller: &str, count: usize) -> Vec<Option<Place>> {
        join_all((0..count).map(|_| reads.place(caller, LINE, Instant::now() + MOMENT))).await
    }

    fn callers(reads: &Reads) -> usize {
        reads.callers.lock().unwrap().len()
    }

    #[tokio::test(start_paused = true)]
    async fn one_caller_has_so_many_places_and_others_have_theirs() {
        let reads = Reads::new(2, 3);
        let alice = places(&reads, "alice", 5).await;
        assert_eq!(alice.iter().flatten().count(), 2);
        let bob = places(&reads, "bob", 5).await;
        assert_eq!(bob.iter().flatten().count(), 1, "three in all");
        drop(alice);
        assert_eq!(places(&reads, "bob", 2).await.iter().flatten().count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_up_in_time_goes_to_who_waits() {
        let reads = Reads::new(1, 10);
        let first = reads.place("alice", LINE, Instant::now() + MOMENT).await;
        let giving_up = async {
            tokio::time::sleep(MOMENT / 2).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(reads.place("alice", LINE, Instant::now() + MOMENT), giving_up);
        assert!(second.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_is_too_long_is_not_joined() {
        let reads = Reads::new(1, 10);
        let started = Instant::now();
        let _first = reads.place("alice", 0, started + MOMENT).await.unwrap();
        assert!(reads.place("alice", 0, started + MOMENT).await.is_none());
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_who_is_gone_is_remembered() {
        let reads = Reads::new(1, 1);
        for caller in 0..100 {
            let places = places(&reads, &caller.to_string(), 3).await;
            assert_eq!(callers(&reads), 1);
            drop(places);
        }
        assert_eq!(callers(&reads), 0);
    }
}
