//! Readiness is asked without a token, by anybody: however many ask, the database is asked once a second.

use async_trait::async_trait;
use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};
use workflows::ports::{Readiness, Unavailable};

/// How long an answer stands.
const STANDS: Duration = Duration::from_secs(1);

/// Remembers the last answer, and has whoever asks meanwhile wait for the next.
pub(super) struct Remembered<R> {
    inner: R,
    last: Mutex<Option<(Instant, Result<(), Unavailable>)>>,
}

impl<R> Remembered<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, last: Mutex::default() }
    }
}

#[async_trait]
impl<R: Readiness> Readiness for Remembered<R> {
    async fn check(&self) -> Result<(), Unavailable> {
        let mut last = self.last.lock().await;
        let fresh = last.take().filter(|(at, _)| at.elapsed() < STANDS);
        let (at, answer) = match fresh {
            Some(fresh) => fresh,
            None => {
                let answer = self.inner.check().await;
                (Instant::now(), answer)
            }
        };
        let given = answer.as_ref().map_err(Unavailable::shared).copied();
        *last = Some((at, answer));
        given
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Counted(AtomicUsize);

    #[async_trait]
    impl Readiness for Counted {
        async fn check(&self) -> Result<(), Unavailable> {
            let before = self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(STANDS / 2).await;
            if before == 0 { Err(Unavailable::because("database", "away")) } else { Ok(()) }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_ask_the_database_is_asked_once_a_second() {
        let ready = Remembered::new(Counted::default());
        assert!(join_all((0..100).map(|_| ready.check())).await.iter().all(Result::is_err));
        assert_eq!(ready.inner.0.load(Ordering::SeqCst), 1);
        tokio::time::sleep(STANDS).await;
        assert!(ready.check().await.is_ok());
    }
}
