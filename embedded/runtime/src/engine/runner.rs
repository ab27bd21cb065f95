//! Takes executions that are due in hand and carries each from action to action, storing its progress before the next.

use super::{
    put_events,
    store::{self, Claimed},
    tasks::Tasks,
};
use crate::{instance::Instance, wake::Wakes, wired::Wired};
use adapters::{
    batching::{BatchTiming, Batcher},
    postgres::{
        Database,
        runtime::{
            bell::EXECUTIONS,
            executions::{self, Checkpoint},
            floor::Floor,
            lease::{InHand, Lease},
        },
    },
};
use asl::{Action, Definition, Resumption, Transition};
use handlers::ports::NotWired;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use workflows::ports::{Chance, Clock, EventBus, Unavailable};

/// Executions a process has in hand at once: waiting for a slow provider costs memory only.
const IN_HAND: usize = 4_000;
/// Executions taken in hand at once.
const CLAIM: usize = 500;
/// How long executions that begin gather before the next are taken in hand: those that are taken together also act
/// together, which is what their transactions share.
const BATCHING_WINDOW: Duration = Duration::from_millis(20);
/// A wake can be missed while the connection that listens is away; this is the longest it then goes unnoticed.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);
/// The pause after the database did not answer, as for the consumers of queues.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// The shortest pause between two looks that find nothing: what is due may be in another's hand this moment.
const SHORTEST: Duration = Duration::from_millis(20);

/// Runs executions.
#[derive(Clone)]
pub struct Runner {
    database: Database,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    bus: Arc<dyn EventBus>,
    tasks: Tasks,
    definition: Arc<Definition>,
    instance: Instance,
    lease: Lease,
    in_hand: InHand<Uuid>,
    checkpoints: Batcher<Checkpoint, Result<bool, Unavailable>>,
    slots: Arc<Semaphore>,
}

impl Runner {
    /// A runner of that definition. What it carries is in `in_hand`, for whoever renews the leases.
    ///
    /// # Errors
    /// If a function needs what is not reached here.
    pub fn new(
        wired: &Wired,
        chance: Arc<dyn Chance>,
        definition: Arc<Definition>,
        instance: Instance,
        lease: Lease,
        in_hand: InHand<Uuid>,
    ) -> Result<Self, NotWired> {
        let database = wired.database.clone();
        let checkpoints = Batcher::new(500, 2, BatchTiming::WINDOW, move |batch: Vec<Checkpoint>| {
            let database = database.clone();
            async move {
                let count = batch.len();
                match executions::checkpoint(&database, lease, batch).await {
                    Ok(stored) => stored.into_iter().map(Ok).collect(),
                    Err(error) => (0..count).map(|_| Err(error.shared())).collect(),
                }
            }
        });
        Ok(Self {
            database: wired.database.clone(),
            clock: Arc::clone(&wired.ports.clock),
            chance,
            bus: wired.ports.bus()?,
            tasks: Tasks::of(&wired.ports)?,
            definition,
            instance,
            lease,
            in_hand,
            checkpoints,
            slots: Arc::new(Semaphore::new(IN_HAND)),
        })
    }

    /// Works until `stopping` turns true; what is in hand by then is finished or left where it is under `tracker`.
    pub async fn run(self, wakes: &Wakes, mut stopping: watch::Receiver<bool>, tracker: &TaskTracker) {
        let wake = wakes.topic(EXECUTIONS);
        let mut floor = Floor::default();
        loop {
            if *stopping.borrow() {
                return;
            }
            // With all hands full there is nothing to ask for.
            drop(self.slots.acquire().await);
            // The number may change at any moment: what is taken in hand under one is carried under the same.
            let instance = self.instance.number();
            let room = self.slots.available_permits().min(CLAIM);
            let now = self.clock.now();
            let taken = store::claim(&self.database, instance, self.lease, as_i64(room), &mut floor, now).await;
            let claimed = match taken {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::warn!(error = error.chain(), "cannot take executions in hand");
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            let (none, is_full) = (claimed.is_empty(), claimed.len() == room);
            let carried: Vec<_> = claimed.iter().map(|execution| self.in_hand.carry([execution.id])).collect();
            for (execution, carried) in claimed.into_iter().zip(carried) {
                let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else { return };
                let (runner, stopping) = (self.clone(), stopping.clone());
                tracker.spawn(async move {
                    runner.carry(execution, instance, stopping).await;
                    drop((slot, carried));
                });
            }
            if none {
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    () = self.due(&wake, &floor) => {}
                }
            } else if !is_full {
                tokio::time::sleep(BATCHING_WINDOW).await;
            }
        }
    }

    async fn due(&self, wake: &Notify, floor: &Floor) {
        let next = executions::next_due(&self.database, floor).await.ok().flatten();
        let pause = next.map_or(LOOK_ANYWAY, |due| due.clamp(SHORTEST, LOOK_ANYWAY));
        // The end of the pause is as good a reason to look as a wake.
        drop(tokio::time::timeout(pause, wake.notified()).await);
    }

    /// From action to action until it ends, waits, or turns out to be in somebody else's hand.
    async fn carry(&self, claimed: Claimed, instance: i64, stopping: watch::Receiver<bool>) {
        let Claimed { id, mut version, mut execution } = claimed;
        let mut action = self.definition.action(&execution, self.clock.now());
        loop {
            let mut over_since = None;
            let resumption = match action {
                Action::Invoke { function, payload, timeout } => {
                    Resumption::Task(self.tasks.call(&function, payload, timeout).await)
                }
                Action::PutEvents { entries, timeout } => {
                    Resumption::Task(put_events::put(self.bus.as_ref(), entries, timeout).await)
                }
                // Its end is of the clock of whoever stored it. That it is over the database has said, by its own.
                Action::WaitUntil(end) => {
                    over_since = Some(end);
                    Resumption::WaitElapsed
                }
                // It is not stored as ended, so this is of another definition.
                Action::Succeeded { .. } => return self.give_up(id, instance, version, "it has ended").await,
                Action::Failed { cause, .. } => return self.give_up(id, instance, version, &cause).await,
            };
            let now = self.clock.now();
            let now = over_since.map_or(now, |end| now.max(end));
            let transition = match self.definition.resume(execution, resumption, now, self.chance.draw()) {
                Ok(transition) => transition,
                Err(error) => return self.give_up(id, instance, version, &error.to_string()).await,
            };
            let visits;
            Transition { execution, visits, action } = transition;
            if let Action::Failed { error, cause } = &action {
                tracing::warn!(execution = %id, error, cause, "the workflow failed");
            }
            let rests = rests(&action, &stopping);
            let checkpoint = match store::checkpoint(id, instance, version, now, &execution, visits, &action) {
                Ok(checkpoint) => checkpoint,
                Err(error) => return self.give_up(id, instance, version, &error.chain()).await,
            };
            if !self.store(checkpoint).await || rests {
                return;
            }
            version += 1;
        }
    }

    /// Whether the progress is stored and the execution still in hand. The database may be away for a while, and may have
    /// stored it before it went: then it says so the next time.
    async fn store(&self, checkpoint: Checkpoint) -> bool {
        let mut alone = false;
        loop {
            match self.try_store(checkpoint.clone(), alone).await {
                Ok(in_hand) => return in_hand,
                Err(error) if error.away => {
                    tracing::debug!(execution = %checkpoint.id, error = error.chain(), "cannot store progress yet");
                    if self.instance.number() != checkpoint.instance {
                        // Others have taken it up.
                        return false;
                    }
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
                // Another of the batch may be at fault.
                Err(_) if !alone => alone = true,
                Err(error) => {
                    let Checkpoint { id, instance, version, .. } = checkpoint;
                    self.give_up(id, instance, version, &error.chain()).await;
                    return false;
                }
            }
        }
    }

    async fn try_store(&self, checkpoint: Checkpoint, alone: bool) -> Result<bool, Unavailable> {
        if alone {
            let stored = executions::checkpoint(&self.database, self.lease, vec![checkpoint]).await?;
            return Ok(stored == [true]);
        }
        match self.checkpoints.call(checkpoint).await {
            Ok(stored) => stored,
            Err(given_up) => Err(Unavailable::at_fault("executions.checkpoint", given_up)),
        }
    }

    /// What cannot go on is stored as failed: the sweep then begins anew, if the order still waits for it.
    async fn give_up(&self, id: Uuid, instance: i64, version: i32, cause: &str) {
        tracing::error!(execution = %id, cause, "cannot go on");
        let now = self.clock.now();
        if let Err(error) = executions::give_up(&self.database, id, instance, version, cause, now).await {
            tracing::error!(execution = %id, error = error.chain(), "cannot be given up either");
        }
    }
}

/// Whether nothing is to be done now: it waits, has ended, or the process is stopping (then others go on with it).
fn rests(action: &Action, stopping: &watch::Receiver<bool>) -> bool {
    match action {
        Action::WaitUntil(_) | Action::Succeeded { .. } | Action::Failed { .. } => true,
        Action::Invoke { .. } | Action::PutEvents { .. } => *stopping.borrow(),
    }
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
