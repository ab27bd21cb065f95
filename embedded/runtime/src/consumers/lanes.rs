//! How the messages of a queue are taken in hand: in batches of bounded bytes, and so that nobody waits behind one customer.
//!
//! Where a queue is fair, what one customer has waiting beyond a share is moved to a second lane once a full batch shows
//! that it crowds out others. The second lane has what room the first leaves, and a quarter at least; but large orders wait in it
//! while many are on their way.

use adapters::postgres::runtime::{
    floor::Floor,
    lease::Lease,
    queue::{BatchLimits, FairShare, PgQueue, Received},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use workflows::{
    ports::Unavailable,
    wiring::{QueueName, QueueSpec},
};

/// What a batch of a fair queue takes: some hundred orders of ordinary size, or a few of a thousand lines, which a step
/// deals with in a fraction of a second.
const FAIR_BYTES: i64 = 256 * 1024;
/// What a batch of another takes: as many events as a step takes at once, or of large orders some dozen.
const BYTES: i64 = 768 * 1024;
/// Orders of so many bytes are large: while so many orders are on their way already, the second lane gives large ones in
/// small batches, with a pause between them, since whoever comes meanwhile has to pass all that are on their way.
const LARGE: i64 = 8 * 1024;
const MANY: usize = 48;
const PAUSE: Duration = Duration::from_millis(250);
/// What one customer may have waiting in the first lane.
const SHARE: FairShare = FairShare { among: 1_000, bytes: 16 * 1024, messages: 25 };
/// How often the second lane is looked at that is thought empty.
const LOOK: Duration = Duration::from_secs(1);

/// The lanes of a queue, and where each is looked at.
pub(super) struct Lanes {
    queue: QueueName,
    messages: i64,
    bytes: i64,
    first: Floor,
    second: Option<SecondLane>,
}

struct SecondLane {
    name: String,
    floor: Floor,
    waits: bool,
    /// Whether what it gave last was large.
    is_large: bool,
    looked_at: Option<Instant>,
}

impl SecondLane {
    /// Whether it is its turn, with so many orders on their way.
    fn is_due(&self, on_their_way: usize) -> bool {
        let Some(ago) = self.looked_at.map(|moment| moment.elapsed()) else { return true };
        if self.waits { ago >= PAUSE || !self.must_pause(on_their_way) } else { ago >= LOOK }
    }

    fn must_pause(&self, on_their_way: usize) -> bool {
        self.is_large && on_their_way >= MANY
    }
}

impl Lanes {
    pub(super) fn of(spec: &QueueSpec) -> Self {
        let second = spec.fair.then(|| SecondLane {
            name: spec.name.second_lane(),
            floor: Floor::default(),
            waits: false,
            is_large: false,
            looked_at: None,
        });
        let bytes = if spec.fair { FAIR_BYTES } else { BYTES };
        Self { queue: spec.name, messages: spec.batch, bytes, first: Floor::default(), second }
    }

    /// Takes the next batch in hand, with so many orders on their way already; says whether it is full, so that no more
    /// need be waited for.
    pub(super) async fn receive(
        &mut self,
        queue: &PgQueue,
        lease: Lease,
        instance: i64,
        on_their_way: usize,
    ) -> Result<(Vec<Received>, bool), Unavailable> {
        let shared = self.second.as_ref().is_some_and(|second| second.waits);
        let of_all = |all: i64| if shared { all / 4 * 3 } else { all };
        let (messages, bytes) = (of_all(self.messages), of_all(self.bytes));
        let limits = BatchLimits { messages, bytes, from: self.first.from() };
        let began = Instant::now();
        let mut batch = queue.receive(self.queue, self.queue.as_str(), limits, lease, instance).await?;
        self.first.looked(began.elapsed(), last_due(&batch));
        let taken: i64 = batch.iter().map(|message| message.bytes).sum();
        let is_full = count(&batch) >= messages || taken >= bytes;
        let Some(second) = &mut self.second else { return Ok((batch, is_full)) };
        // What the first lane gave is in hand: it is worked on, whatever becomes of the rest.
        if is_full && is_crowded(&batch) {
            match queue.sift(self.queue, SHARE).await {
                Ok(moved) => second.waits |= moved > 0,
                Err(error) => tracing::warn!(queue = self.queue.as_str(), error = error.chain(), "cannot sift"),
            }
        }
        if second.is_due(on_their_way) {
            let room = BatchLimits {
                messages: (self.messages - count(&batch)).max(self.messages / 4),
                bytes: (self.bytes - taken).max(self.bytes / 4),
                from: second.floor.from(),
            };
            let began = Instant::now();
            match queue.receive(self.queue, &second.name, room, lease, instance).await {
                Ok(more) => {
                    second.floor.looked(began.elapsed(), last_due(&more));
                    second.waits = !more.is_empty();
                    second.is_large = more.iter().any(|message| message.bytes >= LARGE);
                    second.looked_at = Some(Instant::now());
                    batch.extend(more);
                }
                Err(error) => tracing::warn!(queue = second.name, error = error.chain(), "cannot receive"),
            }
        }
        Ok((batch, is_full || (second.waits && !second.must_pause(on_their_way))))
    }

    /// How long it is until the next message is due.
    pub(super) async fn next_due(&self, queue: &PgQueue) -> Result<Option<Duration>, Unavailable> {
        if self.second.as_ref().is_some_and(|second| second.waits) {
            return Ok(Some(PAUSE));
        }
        queue.next_due(self.queue.as_str(), self.first.from()).await
    }
}

fn last_due(batch: &[Received]) -> Option<time::OffsetDateTime> {
    batch.iter().map(|message| message.last_due_at).max()
}

fn count(batch: &[Received]) -> i64 {
    i64::try_from(batch.len()).unwrap_or(i64::MAX)
}

/// Whether one customer has half of it or more.
fn is_crowded(batch: &[Received]) -> bool {
    let mut shares: HashMap<&str, (usize, i64)> = HashMap::new();
    for message in batch {
        let customer = message.body.get("customer").and_then(Value::as_str).unwrap_or_default();
        let share = shares.entry(customer).or_default();
        *share = (share.0 + 1, share.1 + message.bytes);
    }
    let bytes: i64 = batch.iter().map(|message| message.bytes).sum();
    shares.values().any(|(messages, taken)| messages * 2 >= batch.len() || taken * 2 >= bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(waits: bool, is_large: bool, looked: Duration) -> SecondLane {
        let looked_at = Instant::now().checked_sub(looked);
        SecondLane { name: String::new(), floor: Floor::default(), waits, is_large, looked_at }
    }

    #[test]
    fn large_orders_wait_a_moment_in_the_second_lane_while_many_are_on_their_way() {
        let just_now = Duration::ZERO;
        assert!(!second(true, true, just_now).is_due(MANY));
        assert!(second(true, true, PAUSE).is_due(MANY), "they do not wait for good");
        assert!(second(true, true, just_now).is_due(MANY - 1));
        assert!(second(true, false, just_now).is_due(MANY), "small ones do not wait");
    }

    #[test]
    fn a_second_lane_that_is_thought_empty_is_looked_at_now_and_then() {
        assert!(!second(false, false, LOOK / 2).is_due(0));
        assert!(second(false, false, LOOK).is_due(MANY));
        assert!(SecondLane { looked_at: None, ..second(false, false, LOOK) }.is_due(MANY));
    }
}
