//! Readiness is asked without a token, by anybody: however many ask, the database is asked once a second.

use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};
use workflows::ports::{Readiness, Unavailable};

/// How long an answer stands.
const STANDS: Duration = Duration::from_secs(1);

/// Remembers the last answer, and has whoever asks meanwhile wait for the next.
pub(super) struct Remembered {
    inner: Arc<dyn Readiness>,
    last: Mutex<Option<(Instant, Result<(), Unavailable>)>>,
}

impl Remembered {
    pub(super) fn new(inner: Arc<dyn Readiness>) -> Self {
        Self { inner, last: Mutex::default() }
    }
}

#[async_trait]
impl Readiness for Remembered {
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
    use super::*;
    use futures_util::future::join_all;
    use testing::{FaultPoint, Shop};

    #[tokio::test(start_paused = true)]
    async fn however_many_ask_the_database_is_asked_once_a_second() {
        let shop = Shop::new();
        shop.faults.step_aside();
        shop.faults.fail("readiness.check", FaultPoint::After);
        let ready = Remembered::new(shop.clone());
        assert!(join_all((0..100).map(|_| ready.check())).await.iter().all(Result::is_err));
        assert_eq!(shop.faults.calls_of("readiness.check").len(), 1);
        tokio::time::sleep(STANDS).await;
        assert!(ready.check().await.is_ok());
        assert_eq!(shop.faults.calls_of("readiness.check").len(), 2);
    }
}
