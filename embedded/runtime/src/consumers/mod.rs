//! Works on the queues: receives in batches, has the step do its work, and settles each message by its outcome.

mod lanes;
mod long_waits;

use crate::{instance::Instance, metrics::MessageCounts, wake::Wakes};
use adapters::postgres::runtime::{
    lease::{InHand, Lease},
    queue::{PgQueue, Receipt, Received, Return},
};
use handlers::run::queue::{Handler, wait_of_busy};
use lanes::Lanes;
pub(crate) use long_waits::LongWaits;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::task::TaskTracker;
use tracing::field::display;
use uuid::Uuid;
use workflows::{
    backoff::{Backoff, part_of},
    ports::{Chance, Clock},
    steps::Outcome,
    wiring::{MAX_RECEIVES, QueueSpec},
};

/// A wake can be missed while the connection that listens is away; this is the longest it then goes unnoticed.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);
/// How many batching windows long messages are gathered under load, at most.
const MOST_WINDOWS: u32 = 2;
/// The pause after the database did not answer. It does not grow: a few tasks of one process ask, and orders wait for the
/// first answer.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// The shortest pause between two looks that find nothing: what is due may be in another's hand this moment.
const SHORTEST: Duration = Duration::from_millis(20);

/// What failed comes again after 1, 2, 4, 8 seconds, and a little by chance.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(32) };
const JITTER: Duration = Duration::from_millis(250);

/// What a consumer works with.
#[derive(Clone)]
pub(super) struct Consumer {
    /// The queue.
    pub(super) spec: QueueSpec,
    /// Where messages come from.
    pub(super) queue: PgQueue,
    /// The step.
    pub(super) handler: Handler,
    /// The time.
    pub(super) clock: Arc<dyn Clock>,
    /// For how much later something comes again.
    pub(super) chance: Arc<dyn Chance>,
    /// Who receives.
    pub(super) instance: Instance,
    /// For how long at a time.
    pub(super) lease: Lease,
    /// What is carried, for whoever renews the leases.
    pub(super) in_hand: InHand<Receipt>,
    /// The orders whose executions are carried.
    pub(super) on_their_way: InHand<Uuid>,
    /// What is counted.
    pub(super) counts: MessageCounts,
    /// What waits for minutes.
    pub(super) long_waits: LongWaits,
}

impl Consumer {
    /// Works until `stopping` turns true; what was received by then is finished under `tracker`.
    pub(super) async fn run(self, wakes: &Wakes, mut stopping: watch::Receiver<bool>, tracker: &TaskTracker) {
        let wake = wakes.topic(self.spec.name.as_str());
        let slots = Arc::new(Semaphore::new(self.spec.concurrency));
        let mut lanes = Lanes::of(&self.spec);
        loop {
            let slot = tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                slot = Arc::clone(&slots).acquire_owned() => slot,
            };
            let (batch, is_full) =
                match lanes.receive(&self.queue, self.lease, self.instance.number(), self.on_their_way.count()).await {
                    Ok(received) => received,
                    Err(error) => {
                        tracing::warn!(queue = self.spec.name.as_str(), error = error.chain(), "cannot receive");
                        tokio::time::sleep(AFTER_FAILURE).await;
                        continue;
                    }
                };
            if batch.is_empty() {
                drop(slot);
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    () = self.due(&wake, &lanes) => {}
                }
                self.await_batching_window(0).await;
                continue;
            }
            let taken = batch.len();
            let carried = self.in_hand.carry(batch.iter().map(|message| message.receipt));
            let consumer = self.clone();
            tracker.spawn(async move {
                consumer.work(batch).await;
                drop((slot, carried));
            });
            if !is_full {
                self.await_batching_window(taken).await;
            }
        }
    }

    /// Lets messages come together: the longer, the more came last time, since then each batch saves the more. A full
    /// batch shows that there is no need to.
    async fn await_batching_window(&self, taken: usize) {
        let factor = u32::try_from(taken / 4).unwrap_or(MOST_WINDOWS).clamp(1, MOST_WINDOWS);
        tokio::time::sleep(self.spec.batching_window * factor).await;
    }

    /// Returns when there may be something to receive.
    async fn due(&self, wake: &Notify, lanes: &Lanes) {
        let next = lanes.next_due(&self.queue).await.ok().flatten();
        let pause = next.map_or(LOOK_ANYWAY, |due| due.clamp(SHORTEST, LOOK_ANYWAY));
        // The end of the pause is as good a reason to look as a wake.
        drop(tokio::time::timeout(pause, wake.notified()).await);
    }

    /// A message that comes again is handled alone: if it is the one at fault, it fails nobody else.
    async fn work(&self, batch: Vec<Received>) {
        let (first, again): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| message.receive_count == 1);
        if !first.is_empty() {
            self.work_together(first).await;
        }
        for message in again {
            self.work_together(vec![message]).await;
        }
    }

    /// The lease is renewed for as long as the work takes, so work that hangs is ended here: it failed.
    async fn work_together(&self, batch: Vec<Received>) {
        let bodies = batch.iter().map(|message| message.body.clone()).collect();
        let work = self.handler.handle(bodies);
        let outcomes = match tokio::time::timeout(self.spec.in_hand, work).await {
            Ok(outcomes) => outcomes,
            Err(_) => {
                let why = format!("the step did not end within {} s", self.spec.in_hand.as_secs());
                vec![Outcome::Retry(why); batch.len()]
            }
        };
        self.settle(&batch, outcomes).await;
    }

    async fn settle(&self, batch: &[Received], outcomes: Vec<Outcome>) {
        let mut receipts = Vec::with_capacity(batch.len());
        let (mut returns, mut set_aside) = (Vec::new(), Vec::new());
        for (message, outcome) in batch.iter().zip(outcomes) {
            self.counts.count(self.spec.name.as_str(), &outcome);
            match outcome {
                Outcome::Done => receipts.push(message.receipt),
                Outcome::Refused(why) => {
                    tracing::info!(
                        queue = self.spec.name.as_str(),
                        order = message.subject.map(display),
                        why,
                        "refused"
                    );
                    receipts.push(message.receipt);
                }
                Outcome::Busy(error) => {
                    tracing::debug!(
                        queue = self.spec.name.as_str(),
                        order = message.subject.map(display),
                        error,
                        "not yet"
                    );
                    if self.long_waits.is_to_be_told(message.age, self.clock.now()) {
                        let (order, seconds) = (message.subject.map(display), message.age.as_secs());
                        tracing::warn!(
                            queue = self.spec.name.as_str(),
                            order,
                            seconds,
                            error,
                            "messages wait for minutes"
                        );
                    }
                    returns.push(self.give_back(message, false, error));
                }
                Outcome::Retry(error) => {
                    tracing::warn!(
                        queue = self.spec.name.as_str(),
                        order = message.subject.map(display),
                        error,
                        "failed"
                    );
                    if message.receive_count >= MAX_RECEIVES {
                        set_aside.push((message, error.clone()));
                    }
                    returns.push(self.give_back(message, true, error));
                }
            }
        }
        let settled = async {
            self.queue.delete(&receipts).await?;
            self.queue.give_back(self.spec.name, &returns).await
        };
        match settled.await {
            Ok(()) => {
                for (message, error) in set_aside {
                    let (order, id) = (message.subject.map(display), message.receipt.id);
                    tracing::warn!(queue = self.spec.name.as_str(), order, id, error, "set aside; see sluice dlq list");
                }
            }
            Err(error) => {
                tracing::warn!(
                    queue = self.spec.name.as_str(),
                    error = error.chain(),
                    "cannot settle; they will come again"
                );
            }
        }
    }

    /// What waits for something that is away comes again after a quarter of its age.
    fn give_back(&self, message: &Received, counts: bool, error: String) -> Return {
        let wait = if counts { wait_of_failed(message.receive_count) } else { wait_of_busy(message.age) };
        let delay = wait + part_of(JITTER, self.chance.draw());
        Return { receipt: message.receipt, counts, delay, error }
    }
}

/// How long a message waits that was received that often; a column can hold less than 0.
fn wait_of_failed(receive_count: i32) -> Duration {
    BACKOFF.after(u32::try_from(receive_count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::fresh_database::fresh_database;
    use crate::{
        instance::{self, Holdings},
        metrics::MessageCounts,
    };
    use handlers::{api::Metrics, ports::Ports};
    use testing::{Fault, Shop};
    use workflows::wiring::Step;

    #[test]
    fn what_failed_waits_twice_as_long_each_time_up_to_half_a_minute() {
        let waits = [i32::MIN, 0, 1, 2, 3, 4, 5, 6, 7, i32::MAX].map(|count| wait_of_failed(count).as_secs());
        assert_eq!(waits, [1, 1, 1, 2, 4, 8, 16, 32, 32, 32]);
    }

    /// What the message says then is a line of the audit, if it goes on for minutes.
    #[tokio::test]
    async fn a_step_that_hangs_fails_in_its_time_while_the_lease_is_renewed() {
        let database = fresh_database(4).await;
        let message = "insert into messages (queue, body)
                       values ('index', '{\"order_id\": \"00000000-0000-7000-8000-000000000001\"}')";
        sqlx::raw_sql(message).execute(&database.durable).await.unwrap();
        let (lease, holdings) = (Lease::default(), Holdings::default());
        let (instance, mut registration) = instance::register(&database, lease, holdings.clone()).await.unwrap();
        let shop = Shop::new();
        shop.faults.always("search.index_orders", Fault::Hangs);
        let chance = shop.chance.clone();
        let ports = Ports::on_database(shop.clock.clone(), shop.clone(), shop.clone(), shop);
        let consumer = Consumer {
            spec: QueueSpec { in_hand: Duration::from_secs(1), ..*QueueSpec::of(Step::Index).unwrap() },
            queue: PgQueue::new(database.clone()),
            handler: Handler::of(Step::Index, &ports).unwrap(),
            clock: ports.clock,
            chance,
            instance,
            lease,
            in_hand: holdings.messages,
            on_their_way: holdings.executions,
            counts: MessageCounts::register(&Metrics::default()),
            long_waits: LongWaits::default(),
        };
        let told = async {
            loop {
                let told =
                    sqlx::query_scalar::<_, Option<String>>("select last_error from messages where instance is null");
                match told.fetch_optional(&database.durable).await.unwrap().flatten() {
                    Some(error) => return error,
                    None => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let (wakes, tracker, (_stop, stopping)) = (Wakes::default(), TaskTracker::new(), watch::channel(false));
        let error = tokio::select! {
            () = consumer.run(&wakes, stopping, &tracker) => unreachable!("nobody stops it"),
            () = registration.keep() => unreachable!("nobody stops it"),
            told = tokio::time::timeout(Duration::from_secs(20), told) => told.unwrap(),
        };
        assert!(error.contains("did not end within 1 s"), "{error}");
    }
}
