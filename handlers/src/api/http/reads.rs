//! How much may be read at once: a few requests of each caller, and not many more of all together. Whoever comes on top
//! waits a moment for a place, and is then asked to come again. So no caller, however impatient, takes the database from
//! the others or the processor from the acceptance of orders.
//!
//! A request keeps its place until what it asked for has ended, whether or not its caller still waits: who hangs up and
//! asks again must not have twice as much under way.

use super::{
    caller::Caller,
    places::{Place, Places},
    problem::{Kind, Refusal},
};
use std::{future::Future, time::Duration};
use tokio::time::{Instant, timeout};
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
#[derive(Clone, Debug)]
pub struct Reads(Places);

impl Reads {
    /// So many requests of each caller at once, and of all callers.
    pub fn new(each: u16, in_all: u16) -> Self {
        Self(Places::new(each, in_all))
    }

    /// Does work that reads for a caller, once there is a place.
    pub(in crate::api) async fn read<T, E, W>(&self, caller: &Caller, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        Refusal: From<E>,
    {
        self.read_until(caller, LINE, Instant::now() + MOMENT, work).await
    }

    /// The same for somebody who has waited for this moment with many others: they wait in whatever line there is.
    pub(in crate::api) async fn read_in_line<T, E, W>(
        &self,
        caller: &Caller,
        until: Instant,
        work: W,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        Refusal: From<E>,
    {
        self.read_until(caller, usize::MAX, until, work).await
    }

    /// Has whoever asks without a token, all of them together, go through places of their own, each for a pause at least.
    /// What they are given costs no more than work of the processor, so it is how often that counts.
    pub(in crate::api) async fn pace(&self) -> Result<(), Refusal> {
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
        let most = usize::from(self.0.each).saturating_add(line);
        self.0.take(caller, 1, most, until).await
    }
}
