//! Takes executions that are due in hand and carries each from action to action, storing its progress before the next.

use super::{
    functions, put_events,
    store::{self, Checkpoint, Claimed},
};
use crate::{
    asl::{Action, Definition, Event, Step},
    pipeline::{instance::Instance, parts::Parts, wake::Wakes},
};
use adapters::{
    batcher::{Batcher, MOMENT},
    postgres::bell::EXECUTIONS,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// Executions a process has in hand at once: waiting for a slow provider costs memory only.
const IN_HAND: usize = 4_000;
/// Executions taken in hand at once.
const CLAIM: usize = 500;
/// A wake can be missed while the connection that listens is away; this is the longest it then goes unnoticed.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// Runs executions.
#[derive(Clone)]
pub struct Runner {
    parts: Arc<Parts>,
    definition: Arc<Definition>,
    instance: Instance,
    checkpoints: Batcher<Checkpoint, Result<bool, Unavailable>>,
    slots: Arc<Semaphore>,
}

impl Runner {
    /// A runner of that definition.
    pub fn new(parts: Arc<Parts>, definition: Arc<Definition>, instance: Instance) -> Self {
        let (database, clock) = (parts.database.clone(), Arc::clone(&parts.ports.clock));
        let checkpoints = Batcher::new(500, 2, MOMENT, move |batch: Vec<Checkpoint>| {
            let (database, clock) = (database.clone(), Arc::clone(&clock));
            async move {
                let count = batch.len();
                match store::checkpoint(&database, batch, clock.now()).await {
                    Ok(moved) => moved.into_iter().map(Ok).collect(),
                    Err(error) => (0..count).map(|_| Err(error.shared())).collect(),
                }
            }
        });
        Self { parts, definition, instance, checkpoints, slots: Arc::new(Semaphore::new(IN_HAND)) }
    }

    /// Works until `stopping` turns true; what is in hand by then is finished or left where it is under `tracker`.
    pub async fn run(self, wakes: &Wakes, mut stopping: watch::Receiver<bool>, tracker: &TaskTracker) {
        let wake = wakes.topic(EXECUTIONS);
        loop {
            if *stopping.borrow() {
                return;
            }
            // With all hands full there is nothing to ask for.
            drop(self.slots.acquire().await);
            // The number may change at any moment: what is taken in hand under one is carried under the same.
            let instance = self.instance.number();
            let room = self.slots.available_permits().min(CLAIM);
            let claimed =
                match store::claim(&self.parts.database, instance, as_i64(room), self.parts.ports.clock.now()).await {
                    Ok(claimed) => claimed,
                    Err(error) => {
                        tracing::warn!(error = error.chain(), "cannot take executions in hand");
                        tokio::time::sleep(AFTER_FAILURE).await;
                        continue;
                    }
                };
            let none = claimed.is_empty();
            for execution in claimed {
                let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else { return };
                let (runner, stopping) = (self.clone(), stopping.clone());
                tracker.spawn(async move {
                    runner.carry(execution, instance, stopping).await;
                    drop(slot);
                });
            }
            if none {
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    () = self.due(&wake) => {}
                }
            }
        }
    }

    async fn due(&self, wake: &Notify) {
        let next = store::next_due(&self.parts.database).await.ok().flatten();
        let now = self.parts.ports.clock.now();
        let pause = next.map_or(LOOK_ANYWAY, |due| Duration::try_from(due - now).unwrap_or_default().min(LOOK_ANYWAY));
        // The end of the pause is as good a reason to look as a wake.
        drop(tokio::time::timeout(pause, wake.notified()).await);
    }

    /// From action to action until it ends, waits, or turns out to be in somebody else's hand.
    async fn carry(&self, claimed: Claimed, instance: i64, stopping: watch::Receiver<bool>) {
        let Claimed { id, mut version, mut execution } = claimed;
        let mut action = self.definition.action(&execution, self.parts.ports.clock.now());
        loop {
            let event = match action {
                Action::Invoke { function, payload, timeout } => {
                    Event::Task(functions::call(self.parts.ports.clone(), &function, payload, timeout).await)
                }
                Action::PutEvents { entries, timeout } => {
                    Event::Task(put_events::put(self.parts.ports.bus.as_ref(), entries, timeout).await)
                }
                Action::WaitUntil(_) => Event::WaitElapsed,
                // It is not stored as ended, so this is of another definition.
                Action::Succeeded { .. } => return self.give_up(id, instance, version, "it has ended").await,
                Action::Failed { cause, .. } => return self.give_up(id, instance, version, &cause).await,
            };
            let now = self.parts.ports.clock.now();
            let step = match self.definition.resume(execution, event, now, fastrand::u32(..)) {
                Ok(step) => step,
                Err(error) => return self.give_up(id, instance, version, &error.to_string()).await,
            };
            let rests = rests(&step, &stopping);
            if let Action::Failed { error, cause } = &step.action {
                tracing::warn!(execution = %id, error, cause, "the workflow failed");
            }
            execution = step.execution.clone();
            action = step.action.clone();
            if !self.store(Checkpoint { id, instance, version, step }).await || rests {
                return;
            }
            version += 1;
        }
    }

    /// Whether the progress is stored and the execution still in hand. The database may be away for a while.
    async fn store(&self, checkpoint: Checkpoint) -> bool {
        let mut next = Some(checkpoint);
        while let Some(checkpoint) = next.take() {
            let again = Checkpoint { step: checkpoint.step.clone(), ..checkpoint };
            match self.checkpoints.call(checkpoint).await {
                Ok(Ok(in_hand)) => return in_hand,
                Ok(Err(error)) if error.away => {
                    tracing::debug!(execution = %again.id, error = error.chain(), "cannot store progress yet");
                    if self.instance.number() != again.instance {
                        // Others have taken it up.
                        return false;
                    }
                    tokio::time::sleep(AFTER_FAILURE).await;
                    next = Some(again);
                }
                // Another of the batch may be at fault.
                Ok(Err(_)) | Err(_) => return self.store_alone(again).await,
            }
        }
        false
    }

    async fn store_alone(&self, checkpoint: Checkpoint) -> bool {
        let (id, instance, version) = (checkpoint.id, checkpoint.instance, checkpoint.version);
        match store::checkpoint(&self.parts.database, vec![checkpoint], self.parts.ports.clock.now()).await {
            Ok(in_hand) => in_hand == [true],
            Err(error) => {
                self.give_up(id, instance, version, &error.chain()).await;
                false
            }
        }
    }

    /// What cannot go on is stored as failed: the sweep then begins anew, if the order still waits for it.
    async fn give_up(&self, id: Uuid, instance: i64, version: i32, cause: &str) {
        tracing::error!(execution = %id, cause, "cannot go on");
        let now = self.parts.ports.clock.now();
        if let Err(error) = store::give_up(&self.parts.database, id, instance, version, cause, now).await {
            tracing::error!(execution = %id, error = error.chain(), "cannot be given up either");
        }
    }
}

/// Whether nothing is to be done now: it waits, has ended, or the process is stopping (then others go on with it).
fn rests(step: &Step, stopping: &watch::Receiver<bool>) -> bool {
    match step.action {
        Action::WaitUntil(_) | Action::Succeeded { .. } | Action::Failed { .. } => true,
        Action::Invoke { .. } | Action::PutEvents { .. } => *stopping.borrow(),
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
