//! What became of each order of a replay so far. Every order writes its own line, and whoever shows progress or reports
//! reads all of them, also when the replay is broken off.

use super::outcome::{Cancel, Record, Stage, Summary};
use schemas::api::order::{Order, Status};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How many orders came how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Answered by the API.
    pub(super) sent: u64,
    /// Paid for.
    pub(super) confirmed: u64,
    /// Refused, by the API or later.
    pub(super) refused: u64,
    /// At their end.
    pub(super) ended: u64,
}

/// All records.
pub(super) struct Records {
    started: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    records: Vec<Record>,
    counts: Counts,
    /// Calls that were made again because nobody answered.
    repeated: u64,
    /// How many orders wait for the pipeline, and since when nothing happened.
    waiting: usize,
    last_step: Instant,
    last_answer: Duration,
    last_end: Duration,
}

/// Somebody waits for the pipeline as long as this lives.
pub(super) struct Waiting<'a>(&'a Records);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.waiting = inner.waiting.saturating_sub(1);
    }
}

impl Records {
    /// For so many orders, from now on.
    pub(super) fn new(orders: usize) -> Self {
        let started = Instant::now();
        let inner = Inner {
            records: vec![Record::default(); orders],
            counts: Counts::default(),
            repeated: 0,
            waiting: 0,
            last_step: started,
            last_answer: Duration::ZERO,
            last_end: Duration::ZERO,
        };
        Self { started, inner: Mutex::new(inner) }
    }

    /// When the replay began.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Notes that an order waits for the pipeline.
    pub(super) fn wait(&self) -> Waiting<'_> {
        let mut inner = self.lock();
        if inner.waiting == 0 {
            inner.last_step = Instant::now();
        }
        inner.waiting += 1;
        Waiting(self)
    }

    /// A call got no answer and is made again.
    pub(super) fn repeated(&self) {
        self.lock().repeated += 1;
    }

    /// An order is being sent.
    pub(super) fn send(&self, index: usize) {
        self.step(index, |record, _| record.stage = Stage::Sent);
    }

    /// The API accepted an order that was due at `due`.
    pub(super) fn accepted(&self, index: usize, due: Instant) {
        self.answered(index, due, Stage::UnderWay(Status::Submitted));
    }

    /// The API refused an order that was due at `due`.
    pub(super) fn not_accepted(&self, index: usize, due: Instant, kind: &str) {
        self.answered(index, due, Stage::NotAccepted(kind.to_owned()));
        self.step(index, |_, counts| {
            counts.refused += 1;
            counts.ended += 1;
        });
    }

    fn answered(&self, index: usize, due: Instant, stage: Stage) {
        let taken = due.elapsed();
        self.lock().last_answer = self.started.elapsed();
        self.step(index, |record, counts| {
            record.answered = Some(taken);
            record.stage = stage;
            counts.sent += 1;
        });
    }

    /// An order's cancellation is planned, or was answered.
    pub(super) fn cancel(&self, index: usize, cancel: Cancel) {
        self.step(index, |record, _| record.cancel = cancel);
    }

    /// An order was read.
    ///
    /// Who asks hears of a change late, and the later the more orders there are to ask for. The order itself says when it
    /// last changed, so what it shows took no longer than from its acceptance to that.
    pub(super) fn read(&self, index: usize, due: Instant, order: &Order) {
        let seen = due.elapsed();
        let lived = Duration::try_from(order.updated_at - order.created_at).ok();
        let mut inner = self.lock();
        let Inner { records, counts, last_step, last_end, .. } = &mut *inner;
        let Some(record) = records.get_mut(index) else { return };
        let told = record.answered.zip(lived).map(|(answered, lived)| answered + lived);
        let taken = told.map_or(seen, |told| told.min(seen));
        if order.status.is_decided() && record.decided.is_none() {
            record.decided = Some(taken);
            match order.status {
                Status::Confirmed => counts.confirmed += 1,
                Status::Rejected => counts.refused += 1,
                Status::Submitted | Status::Reserved | Status::Cancelled => {}
            }
        }
        if order.invoice.is_some() && record.invoiced.is_none() {
            record.invoiced = Some(taken);
        }
        let ended = record.is_end(order);
        let stage = if ended { Stage::Ended(order.status, order.reason) } else { Stage::UnderWay(order.status) };
        if record.stage != stage {
            record.stage = stage;
            *last_step = Instant::now();
            if ended {
                counts.ended += 1;
                *last_end = (*last_end).max(due.saturating_duration_since(self.started) + taken);
            }
        }
    }

    /// Whether that is so of an order.
    pub(super) fn is(&self, index: usize, so: impl FnOnce(&Record) -> bool) -> bool {
        self.lock().records.get(index).is_none_or(so)
    }

    /// An order cannot be followed any more.
    pub(super) fn lost(&self, index: usize, why: String) {
        self.step(index, |record, _| record.stage = Stage::Lost(why));
    }

    /// How many came how far.
    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Whether orders wait, and nothing has happened for so long.
    pub(super) fn is_stuck(&self, patience: Duration) -> bool {
        let inner = self.lock();
        inner.waiting > 0 && inner.last_step.elapsed() > patience
    }

    /// Everything, for the report.
    pub(super) fn summary(&self) -> Summary {
        let inner = self.lock();
        Summary {
            records: inner.records.clone(),
            repeated: inner.repeated,
            sending: inner.last_answer,
            working: inner.last_end,
        }
    }

    fn step(&self, index: usize, change: impl FnOnce(&mut Record, &mut Counts)) {
        let mut inner = self.lock();
        let Inner { records, counts, last_step, .. } = &mut *inner;
        if let Some(record) = records.get_mut(index) {
            change(record, counts);
        }
        *last_step = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here can panic half way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::replay::outcome::Outcome;
    use serde_json::json;

    fn order(status: &str, invoice: bool) -> Order {
        let mut order = json!({
            "id": "0192f0c1-2222-7333-8444-555566667777", "status": status, "currency": "GBP", "total": null,
            "lines": [], "payment": null, "shipments": [],
            "created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T10:00:00Z"
        });
        if invoice {
            order["invoice"] = json!({ "number": "2026-000001", "href": "/" });
        }
        serde_json::from_value(order).unwrap()
    }

    fn has_ended(records: &Records) -> bool {
        records.is(0, |record| matches!(record.stage, Stage::Ended(..)))
    }

    fn records_of_one() -> (Records, Instant) {
        let records = Records::new(1);
        let due = records.started();
        records.send(0);
        records.accepted(0, due);
        (records, due)
    }

    #[test]
    fn a_confirmed_order_ends_with_its_invoice() {
        let (records, due) = records_of_one();
        records.read(0, due, &order("reserved", false));
        records.read(0, due, &order("confirmed", false));
        assert!(!has_ended(&records));
        assert!(records.summary().records[0].decided.is_some());
        records.read(0, due, &order("confirmed", true));
        assert!(has_ended(&records));
        assert_eq!(records.counts(), Counts { sent: 1, confirmed: 1, refused: 0, ended: 1 });
        assert_eq!(records.summary().records[0].outcome(), Outcome::Invoiced);
    }

    #[test]
    fn an_order_that_was_promised_to_be_cancelled_has_not_ended_before_it_is() {
        let (records, due) = records_of_one();
        records.cancel(0, Cancel::Planned);
        records.read(0, due, &order("confirmed", true));
        assert!(!has_ended(&records));
        records.cancel(0, Cancel::Promised);
        records.read(0, due, &order("confirmed", true));
        assert!(!has_ended(&records));
        records.read(0, due, &order("cancelled", true));
        assert!(has_ended(&records));
        assert_eq!(records.counts().ended, 1);
        assert_eq!(records.summary().records[0].outcome(), Outcome::Cancelled);
    }

    #[test]
    fn a_late_look_does_not_make_an_order_late() {
        let (records, due) = records_of_one();
        let answered = records.summary().records[0].answered.unwrap();
        let mut decided = order("rejected", false);
        decided.updated_at = decided.created_at + time::Duration::seconds(2);
        let long_ago = due.checked_sub(Duration::from_secs(60)).unwrap();
        records.read(0, long_ago, &decided);
        assert_eq!(records.summary().records[0].decided, Some(answered + Duration::from_secs(2)));
    }

    #[test]
    fn only_those_who_wait_for_the_pipeline_can_be_stuck() {
        let (records, due) = records_of_one();
        let (no_time, hour) = (Duration::ZERO, Duration::from_secs(3_600));
        assert!(!records.is_stuck(no_time), "nobody waits");
        let waiting = records.wait();
        assert!(records.is_stuck(no_time));
        assert!(!records.is_stuck(hour), "something happened a moment ago");
        let before = records.lock().last_step;
        records.read(0, due, &order("reserved", false));
        let changed = records.lock().last_step;
        assert!(changed > before, "something happened");
        records.read(0, due, &order("reserved", false));
        assert_eq!(records.lock().last_step, changed, "nothing new");
        drop(waiting);
        assert!(!records.is_stuck(no_time));
    }
}
