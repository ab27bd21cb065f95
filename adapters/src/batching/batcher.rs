//! Gathers single calls into batches: whoever comes while a batch is under way is in the next one, so a busy system
//! pays for a commit a batch, not a call.

use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::{Instant, sleep_until},
};

/// How calls come together, beside that they wait for whatever is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchTiming {
    /// A batching window: a batch is open for that long after its first call, for tasks that run side by side, of which the
    /// first would always go alone.
    Window(Duration),
    /// A batch begins no sooner than that after the one before: for calls that somebody waits for. A lone one goes at once,
    /// and however soon the work is done, many share it.
    Apart(Duration),
}

impl BatchTiming {
    /// Long enough for tasks that were set going together to meet, and too short for anybody to feel.
    pub const WINDOW: Self = Self::Window(Duration::from_millis(2));
    /// At a few hundred calls a second a few share a batch, which is what saves most; whoever waits does not feel it.
    pub const PACE: Self = Self::Apart(Duration::from_millis(5));
}

/// The batch was given up before it had an answer: the process is shutting down, or the work panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work was given up before it had an answer")]
pub struct GivenUp;

type Call<I, O> = (I, oneshot::Sender<O>);

/// A front for work that is cheaper in batches.
#[derive(Debug)]
pub struct Batcher<I, O> {
    calls: mpsc::Sender<Call<I, O>>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { calls: self.calls.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// Batches of up to `max`, at most `concurrency` at once. `work` gives one answer for each item, in their order; an item
    /// that gets none sees [`GivenUp`].
    pub fn new<F, W>(max: usize, concurrency: usize, timing: BatchTiming, work: W) -> Self
    where
        W: Fn(Vec<I>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        let (calls, mut waiting) = mpsc::channel::<Call<I, O>>(max.saturating_mul(4));
        let work = Arc::new(work);
        tokio::spawn(async move {
            let slots = Arc::new(Semaphore::new(concurrency));
            let mut next = Instant::now();
            // A slot is taken before the batch is gathered: while all are busy, the next batch grows.
            while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
                let mut batch = Vec::with_capacity(max.min(64));
                if waiting.recv_many(&mut batch, max).await == 0 {
                    return;
                }
                if let BatchTiming::Window(window) = timing {
                    next = Instant::now() + window;
                }
                sleep_until(next).await;
                while batch.len() < max {
                    let Ok(call) = waiting.try_recv() else { break };
                    batch.push(call);
                }
                if let BatchTiming::Apart(apart) = timing {
                    next = Instant::now() + apart;
                }
                let work = Arc::clone(&work);
                tokio::spawn(async move {
                    let (items, callers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
                    for (answer, caller) in work(items).await.into_iter().zip(callers) {
                        // A caller that went away needs no answer.
                        drop(caller.send(answer));
                    }
                    drop(slot);
                });
            }
        });
        Self { calls }
    }

    /// Does the work on one item, together with others.
    ///
    /// # Errors
    /// [`GivenUp`] if the batch never came to an end.
    pub async fn call(&self, item: I) -> Result<O, GivenUp> {
        let (answer, answered) = oneshot::channel();
        self.calls.send((item, answer)).await.map_err(|_| GivenUp)?;
        answered.await.map_err(|_| GivenUp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn calls_made_while_a_batch_is_under_way_share_the_next() {
        let batches = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Notify::new());
        let (counted, opened) = (Arc::clone(&batches), Arc::clone(&gate));
        let batcher = Batcher::new(100, 1, BatchTiming::Apart(Duration::ZERO), move |items: Vec<u32>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let opened = Arc::clone(&opened);
            async move {
                opened.notified().await;
                items.into_iter().map(|item| item * 2).collect()
            }
        });
        let first = tokio::spawn({
            let batcher = batcher.clone();
            async move { batcher.call(1).await }
        });
        while batches.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (2..12_u32)
            .map(|item| {
                let batcher = batcher.clone();
                tokio::spawn(async move { batcher.call(item).await })
            })
            .collect();
        // Let them all queue up behind the first.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
        assert_eq!(first.await.unwrap(), Ok(2));
        gate.notify_one();
        for (item, other) in (2..12_u32).zip(others) {
            assert_eq!(other.await.unwrap(), Ok(item * 2));
        }
        assert_eq!(batches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_made_a_moment_after_the_first_share_its_batch() {
        let window = Duration::from_millis(2);
        let batcher =
            Batcher::new(
                3,
                1,
                BatchTiming::Window(window),
                |items: Vec<u32>| async move { vec![items.len(); items.len()] },
            );
        let calls = (0..4_u32).map(|item| {
            let batcher = batcher.clone();
            async move {
                tokio::time::sleep(window / 4 * item).await;
                batcher.call(item).await
            }
        });
        let shared_with = futures_util::future::join_all(calls).await;
        assert_eq!(shared_with, [Ok(3), Ok(3), Ok(3), Ok(1)], "three fill a batch");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lone_call_goes_at_once_and_those_that_come_soon_after_it_share_the_next_batch() {
        let apart = Duration::from_millis(5);
        let batcher =
            Batcher::new(
                100,
                1,
                BatchTiming::Apart(apart),
                |items: Vec<u32>| async move { vec![items.len(); items.len()] },
            );
        let begun = Instant::now();
        let called_after = async |millis: u64| {
            sleep_until(begun + Duration::from_millis(millis)).await;
            let shared_with = batcher.call(1).await.unwrap();
            (shared_with, begun.elapsed())
        };
        let calls = futures_util::future::join_all([0, 1, 2, 4, 20].map(called_after)).await;
        let millis = |count| Duration::from_millis(count);
        assert_eq!(calls[0], (1, millis(0)));
        assert_eq!(calls[1..4], [(3, millis(5)); 3]);
        assert_eq!(calls[4], (1, millis(20)), "nothing was begun for long");
    }

    #[tokio::test]
    async fn a_batch_that_panics_is_given_up_and_the_next_is_done() {
        let batcher = Batcher::new(10, 1, BatchTiming::PACE, |items: Vec<u32>| async move {
            assert!(!items.contains(&13), "unlucky");
            items
        });
        assert_eq!(batcher.call(13).await, Err(GivenUp));
        assert_eq!(batcher.call(1).await, Ok(1));
    }
}
