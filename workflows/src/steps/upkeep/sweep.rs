//! Scheduled: finds orders that wait for something nobody is doing any more, and sets it going again.
//!
//! Whether somebody is doing it can be seen only where queues and executions stand in the order database. Elsewhere an
//! order is set going again although its message still waits, so each is left alone twice as long as the time before.

use crate::{
    backoff::Backoff,
    lifecycle::{Stuck, is_stuck},
    order::StoredOrder,
    ports::{
        EventBus, LONGEST_PAUSE, Ledger, OrderLists, OutgoingMessage, Queue, Search, StuckOrders, Sweep, Unavailable,
        Workflows,
    },
    wiring::QueueName,
};
use futures_util::{StreamExt, future::join_all, stream};
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use std::collections::{BTreeMap, HashMap};
use time::Duration;
use uuid::Uuid;

/// How long something may take before it counts as forgotten.
pub const PATIENCE: Duration = Duration::minutes(2);
const BATCH: i64 = 500;
/// How many are set going by one request.
const TOGETHER: usize = 50;
/// How many are set going at once when each has to be tried alone.
const AT_ONCE: usize = 16;
/// How long an order is left alone after it was swept for the first time.
const FIRST_PAUSE: std::time::Duration = std::time::Duration::from_secs(60);
/// The longest that one is which holds stock: others want it, and a reservation ends in half an hour or so.
const LONGEST_HOLDING: Duration = Duration::minutes(5);

/// What sweeping needs from outside.
#[derive(Clone, Copy)]
pub struct SweepPorts<'p> {
    /// Finds what may be stuck, and keeps how often it was set going.
    pub stuck: &'p dyn StuckOrders,
    /// Shows how those orders stand, as far as they can be read.
    pub lists: &'p dyn OrderLists,
    /// Has the facts that are told again.
    pub ledger: &'p dyn Ledger,
    /// Starts workflows.
    pub workflows: &'p dyn Workflows,
    /// Takes what has an order cancelled.
    pub queue: &'p dyn Queue,
    /// Where facts are told again.
    pub bus: &'p dyn EventBus,
    /// Has rows that an older release left to be made anew.
    pub search: &'p dyn Search,
}

/// What became of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// What was set going.
    pub set_going: Vec<Stuck>,
    /// How many rows of search are found by folded words now.
    pub folded: u64,
    /// The first failure. It kept nothing else from being set going.
    pub failed: Option<Unavailable>,
}

/// Sets going what is stuck.
///
/// # Errors
/// If what is stuck cannot be found out; later failures are part of the answer.
pub async fn sweep(ports: SweepPorts<'_>) -> Result<Swept, Unavailable> {
    let (mut to_start, mut to_cancel, mut to_tell) = (Vec::new(), Vec::new(), Vec::new());
    for (stuck, swept) in ports.stuck.stuck(PATIENCE, BATCH).await? {
        let group = match stuck {
            Stuck::Unattended(_) => &mut to_start,
            Stuck::CancelForgotten(_) => &mut to_cancel,
            Stuck::Uninvoiced(_) | Stuck::Unvoided(_) | Stuck::Untold(_) => &mut to_tell,
        };
        group.push((stuck, swept));
    }
    // Beside each other: they need different services, and one that hangs is no reason to leave the others.
    let groups = [to_start, to_cancel, to_tell].map(|group| sweep_group(ports, group));
    let mut swept = Swept::default();
    for group in join_all(groups).await {
        swept.set_going.extend(group.set_going);
        swept.failed = swept.failed.or(group.failed);
    }
    // Whatever an older release left unfolded is left behind by whoever last had a hand in it, like what is stuck.
    match ports.search.keep_up().await {
        Ok(folded) => swept.folded = folded,
        Err(error) => drop(swept.failed.get_or_insert(error)),
    }
    Ok(swept)
}

/// Some at a time, so that an error leaves few in doubt whether they were set going.
async fn sweep_group(ports: SweepPorts<'_>, group: Vec<(Stuck, i32)>) -> Swept {
    let mut swept = Swept::default();
    for some in group.chunks(TOGETHER) {
        let (stuck, others) = match ports.judged(some).await {
            Ok(judged) => judged,
            Err(error) => {
                swept.failed.get_or_insert(error);
                break;
            }
        };
        let mark = |stuck: Stuck, times: i32| {
            let times = times.saturating_add(1);
            Sweep { stuck, times, pause: pause(stuck, times) }
        };
        // What is not stuck after all is left alone, or it would be found again and again, in the way of others.
        let mut settled: Vec<Sweep> = others.into_iter().map(|(stuck, times)| mark(stuck, times)).collect();
        let mut is_away = false;
        let to_set_going: Vec<Stuck> = stuck.iter().map(|(stuck, _)| *stuck).collect();
        for ((stuck, times), result) in stuck.iter().zip(ports.set_going(&to_set_going).await) {
            let mark = mark(*stuck, *times);
            match result {
                Ok(()) => {
                    swept.set_going.push(*stuck);
                    settled.push(mark);
                }
                Err(error) => {
                    // What fails for a fault of its own must not be in the way of others. What is away comes back.
                    if error.away {
                        is_away = true;
                    } else {
                        settled.push(mark);
                    }
                    swept.failed.get_or_insert(error);
                }
            }
        }
        // After they were set going: whatever is cut short is found again the next time.
        if !settled.is_empty()
            && let Err(error) = ports.stuck.mark_swept(&settled).await
        {
            swept.failed.get_or_insert(error);
        }
        if is_away {
            break;
        }
    }
    swept
}

/// How long an order is left alone after it was swept that often for one thing.
fn pause(stuck: Stuck, times: i32) -> Duration {
    let longest = match stuck {
        Stuck::Unattended(_) | Stuck::CancelForgotten(_) => LONGEST_HOLDING,
        Stuck::Uninvoiced(_) | Stuck::Unvoided(_) | Stuck::Untold(_) => LONGEST_PAUSE,
    };
    let failures = u32::try_from(times).unwrap_or(1);
    let pause = Backoff { first: FIRST_PAUSE, longest: longest.unsigned_abs() }.after(failures);
    Duration::try_from(pause).unwrap_or(longest)
}

/// What was found, with how often it was swept.
type Found = Vec<(Stuck, i32)>;

impl SweepPorts<'_> {
    /// What of it is stuck, and what is not. Of an order that cannot be read nobody can say; it is set going, because a later
    /// release may be able to.
    async fn judged(&self, found: &[(Stuck, i32)]) -> Result<(Found, Found), Unavailable> {
        let mut ids: Vec<OrderId> = found.iter().map(|(stuck, _)| stuck.order()).collect();
        ids.dedup();
        let orders = self.lists.load_readable(&ids).await?;
        let orders: HashMap<OrderId, StoredOrder> = orders.into_iter().map(|order| (order.id, order)).collect();
        let is_it = |stuck: Stuck| orders.get(&stuck.order()).is_none_or(|order| is_stuck(order, stuck));
        Ok(found.iter().partition(|(stuck, _)| is_it(*stuck)))
    }

    /// Together; and if the request itself is at fault, one by one, so that a bad one fails alone. One result for each.
    async fn set_going(&self, stuck: &[Stuck]) -> Vec<Result<(), Unavailable>> {
        if stuck.is_empty() {
            return Vec::new();
        }
        match self.set_going_together(stuck).await {
            Ok(()) => stuck.iter().map(|_| Ok(())).collect(),
            Err(error) if error.away || stuck.len() == 1 => stuck.iter().map(|_| Err(error.shared())).collect(),
            Err(_) => {
                let alone: Vec<_> = stuck.chunks(1).map(|one| self.set_going_together(one)).collect();
                stream::iter(alone).buffered(AT_ONCE).collect().await
            }
        }
    }

    async fn set_going_together(&self, stuck: &[Stuck]) -> Result<(), Unavailable> {
        let (mut starts, mut cancellations) = (Vec::new(), Vec::new());
        // An order may be stuck for two things that one event mends.
        let mut facts = BTreeMap::<Uuid, Event>::new();
        for one in stuck {
            match *one {
                Stuck::Unattended(id) => starts.push(id),
                Stuck::CancelForgotten(id) => cancellations.push(OutgoingMessage::naming(id)),
                Stuck::Uninvoiced(id) => facts.extend(self.facts(id, &[EventName::OrderConfirmed]).await?),
                Stuck::Unvoided(id) | Stuck::Untold(id) => {
                    facts.extend(self.facts(id, &[EventName::OrderRejected, EventName::OrderCancelled]).await?);
                }
            }
        }
        if !starts.is_empty() {
            self.workflows.start_checkout(&starts).await?;
        }
        if !cancellations.is_empty() {
            self.queue.send(QueueName::Cancel, cancellations).await?;
        }
        if !facts.is_empty() {
            self.bus.publish(&facts.into_values().collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    /// The order's events of those names, by their ids.
    async fn facts(&self, id: OrderId, names: &[EventName]) -> Result<Vec<(Uuid, Event)>, Unavailable> {
        let mut events = self.ledger.events(id).await?;
        events.retain(|event| event.name().is_some_and(|name| names.contains(&name)));
        Ok(events.into_iter().map(|event| (event.id, event)).collect())
    }
}
