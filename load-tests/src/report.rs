//! What a measurement says: figures, and faults. Slowness is a figure; a lost order, a doubled one or a broken promise is a
//! fault.

use crate::{
    journeys::{self, End, Journey, Tally},
    machine::Machine,
    orders::Wanted,
    percentile::Summary,
    process::{CpuSeconds, Memory},
    run::{Measured, Plan},
    send::{Answer, Outcome},
};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

/// A finished measurement; serialised, it is what `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) load: Load,
    pub(crate) machine: Machine,
    /// Orders per second within the window.
    pub(crate) per_second: Rates,
    /// `POST /v1/orders` from the scheduled time to the end of the answer.
    pub(crate) api: Summary,
    /// How late requests were sent; part of the latency, and no fault of the server's.
    pub(crate) sent_late: Summary,
    /// Requests that waited because too many were in flight.
    pub(crate) held_back: usize,
    /// Answers by kind.
    pub(crate) answers: BTreeMap<String, usize>,
    /// From the order's acceptance to its invoice, of all orders.
    pub(crate) accepted_to_invoiced: Summary,
    pub(crate) backlog: Backlog,
    /// From the end of the window until the last message was done.
    pub(crate) drained_after_seconds: f64,
    /// From the first request until everything had come to rest.
    pub(crate) cpu_seconds: CpuSeconds,
    /// The same, divided by the accepted orders.
    pub(crate) cpu_milliseconds_per_order: CpuSeconds,
    /// Processors in use during the window, on average.
    pub(crate) cores_busy: CpuSeconds,
    pub(crate) memory_bytes: Memory,
    /// How the orders ended.
    pub(crate) ends: BTreeMap<String, usize>,
    pub(crate) audit: Audit,
    /// Lines that the server logged as warnings or errors.
    pub(crate) log_lines: usize,
    /// What must not be, in words; empty if all is well.
    pub(crate) faults: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) requests: usize,
    pub(crate) orders: usize,
    pub(crate) repeats: usize,
    pub(crate) to_be_declined: usize,
    pub(crate) customers: usize,
    pub(crate) stock_per_sku: u64,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rates {
    pub(crate) sent: f64,
    pub(crate) accepted: f64,
    /// Invoiced, or waiting for the invoice on its queue; which the server counts every five seconds.
    pub(crate) confirmed: f64,
    pub(crate) invoiced: f64,
    pub(crate) rejected: f64,
    /// Messages that the index has worked off, by what an order has on average.
    pub(crate) indexed: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Backlog {
    /// Orders accepted and neither invoiced nor refused, at the end of each second of the window.
    pub(crate) orders_by_second: Vec<usize>,
    pub(crate) orders_at_end: usize,
    pub(crate) orders_at_most: usize,
    /// By how many orders it grew each second in the second half of the window.
    pub(crate) growth_per_second: f64,
    /// Messages by queue at the end of the window.
    pub(crate) messages_at_end: BTreeMap<String, f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Audit {
    pub(crate) clean: bool,
    pub(crate) promises: usize,
    pub(crate) broken: Vec<Value>,
}

impl Report {
    pub(crate) fn of(measured: &Measured, plan: &Plan, machine: Machine) -> Self {
        let seconds = plan.window.as_secs_f64();
        let moment = |after: Duration| measured.started + i128::try_from(after.as_nanos()).unwrap_or(i128::MAX);
        let journeys = &measured.journeys;
        let by_second: Vec<usize> = (1..=plan.window.as_secs())
            .map(|second| Tally::at(journeys, moment(Duration::from_secs(second))).backlog())
            .collect();
        let at_end = Tally::at(journeys, moment(plan.window));
        let later_half = by_second.get(by_second.len() / 2..).unwrap_or_default();
        let accepted = accepted(&measured.answers).len();
        let cpu = measured.at_rest.cpu.since(measured.first.cpu);
        let busy = measured.at_end.cpu.since(measured.first.cpu);
        let watched = (measured.at_end.at - measured.first.at).as_secs_f64();
        let invoiced: Vec<Duration> =
            journeys.iter().filter(|journey| journey.end == End::Invoiced).map(Journey::took).collect();
        Self {
            load: load(measured, plan),
            machine,
            per_second: rates(measured, at_end, seconds),
            api: Summary::of(measured.answers.iter().map(|answer| answer.latency).collect()),
            sent_late: Summary::of(measured.answers.iter().map(|answer| answer.lateness).collect()),
            held_back: measured.held_back,
            answers: answers(&measured.answers),
            accepted_to_invoiced: Summary::of(invoiced),
            backlog: Backlog {
                orders_at_end: at_end.backlog(),
                orders_at_most: by_second.iter().copied().max().unwrap_or_default(),
                growth_per_second: journeys::slope(later_half),
                messages_at_end: measured.at_end.counted.queues.clone(),
                orders_by_second: by_second,
            },
            drained_after_seconds: (measured.at_rest.at - measured.at_end.at).as_secs_f64(),
            cpu_seconds: cpu,
            cpu_milliseconds_per_order: cpu.scaled(1000.0 / accepted.max(1) as f64),
            cores_busy: busy.scaled(1.0 / watched.max(f64::EPSILON)),
            memory_bytes: measured.memory,
            ends: ends(journeys),
            audit: audit(&measured.audit),
            log_lines: measured.log.0,
            faults: faults(measured, plan),
        }
    }
}

fn load(measured: &Measured, plan: &Plan) -> Load {
    Load {
        seconds: plan.window.as_secs_f64(),
        requests: measured.requests,
        orders: measured.orders,
        repeats: measured.requests - measured.orders,
        to_be_declined: measured.declined,
        customers: plan.mix.customers,
        stock_per_sku: measured.stock,
        seed: plan.seed,
    }
}

fn rates(measured: &Measured, at_end: Tally, seconds: f64) -> Rates {
    let (first, end, rest) = (&measured.first.counted, &measured.at_end.counted, &measured.at_rest.counted);
    let waiting = end.queues.get("invoice").copied().unwrap_or_default();
    let finished = measured.journeys.iter().filter(|journey| journey.is_finished()).count();
    let messages_per_order = (rest.index_messages - first.index_messages) / finished.max(1) as f64;
    let indexed = (end.index_messages - first.index_messages) / messages_per_order.max(f64::EPSILON);
    let most = at_end.accepted.saturating_sub(at_end.rejected) as f64;
    Rates {
        sent: measured.requests as f64 / seconds,
        accepted: at_end.accepted as f64 / seconds,
        confirmed: (at_end.invoiced as f64 + waiting).min(most) / seconds,
        invoiced: at_end.invoiced as f64 / seconds,
        rejected: at_end.rejected as f64 / seconds,
        indexed: indexed / seconds,
    }
}

/// The orders that an answer promised.
fn accepted(answers: &[Answer]) -> BTreeSet<Uuid> {
    let id = |answer: &Answer| match answer.outcome {
        Outcome::Accepted { id, .. } => Some(id),
        Outcome::Refused(_) | Outcome::Failed(_) => None,
    };
    answers.iter().filter_map(id).collect()
}

fn answers(answers: &[Answer]) -> BTreeMap<String, usize> {
    counts(answers.iter().map(|answer| match &answer.outcome {
        Outcome::Accepted { replayed: false, .. } => "accepted".to_owned(),
        Outcome::Accepted { replayed: true, .. } => "replayed".to_owned(),
        Outcome::Refused(status) => format!("status {status}"),
        Outcome::Failed(error) => format!("no answer: {error}"),
    }))
}

fn ends(journeys: &[Journey]) -> BTreeMap<String, usize> {
    counts(journeys.iter().map(|journey| match journey.end {
        End::Invoiced => "confirmed and invoiced".to_owned(),
        End::Rejected(reason) => format!("rejected: {reason}"),
        End::Open(status) => format!("not finished: {status}"),
    }))
}

fn counts(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn audit((clean, report): &(bool, Value)) -> Audit {
    let lines = report.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_broken = |line: &Value| line.get("violations").and_then(Value::as_u64) != Some(0);
    Audit { clean: *clean, promises: lines.len(), broken: lines.into_iter().filter(is_broken).collect() }
}

fn faults(measured: &Measured, plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    let known: BTreeSet<Uuid> = measured.journeys.iter().map(|journey| journey.id).collect();
    let lost: Vec<Uuid> = accepted(&measured.answers).difference(&known).copied().collect();
    if let Some(first) = lost.first() {
        faults.push(format!("{} accepted orders are lost, such as {first}", lost.len()));
    }
    faults.extend(wrongly_answered(&measured.answers));
    let doubled = doubled(&measured.answers, &measured.originals);
    if doubled > 0 {
        faults.push(format!("{doubled} repeated requests were answered with another order, or taken as new"));
    }
    let set_aside = measured.at_rest.counted.set_aside();
    if set_aside > 0.0 {
        faults.push(format!("{set_aside} messages failed too often and were set aside"));
    }
    if !measured.audit.0 {
        faults.push("the audit found broken promises".to_owned());
    }
    if plan.mix.wanted == Wanted::OneSku {
        faults.extend(wrongly_sold(&measured.journeys, measured.stock));
    }
    faults
}

/// Answers that no load explains: too much of it may be told to come later, or not in time.
fn wrongly_answered(answers: &[Answer]) -> Option<String> {
    let is_wrong =
        |answer: &&Answer| matches!(answer.outcome, Outcome::Refused(status) if status != 429 && status != 503);
    let wrong: Vec<&Answer> = answers.iter().filter(is_wrong).collect();
    wrong.first().map(|first| format!("{} orders were refused, one with {:?}", wrong.len(), first.outcome))
}

/// Of one SKU that all want, every unit is sold and none twice.
fn wrongly_sold(journeys: &[Journey], stock: u64) -> Option<String> {
    let sold = journeys.iter().filter(|journey| journey.end == End::Invoiced).count();
    let wanted = journeys.len();
    let all_done = journeys.iter().all(Journey::is_finished);
    let stock = usize::try_from(stock).unwrap_or(usize::MAX);
    if sold > stock {
        Some(format!("{sold} units were sold of {stock} in stock"))
    } else if all_done && sold < stock.min(wanted) {
        Some(format!("only {sold} units were sold of {stock} in stock, though {wanted} were wanted"))
    } else {
        None
    }
}

/// Requests of one key that did not all get the same order, or were accepted as new more than once.
fn doubled(answers: &[Answer], originals: &[usize]) -> usize {
    let mut by_key: BTreeMap<usize, (BTreeSet<Uuid>, usize)> = BTreeMap::new();
    for answer in answers {
        let original = originals.get(answer.index).copied().unwrap_or(answer.index);
        if let Outcome::Accepted { id, replayed } = answer.outcome {
            let (ids, new) = by_key.entry(original).or_default();
            ids.insert(id);
            *new += usize::from(!replayed);
        }
    }
    by_key.values().filter(|(ids, new)| ids.len() > 1 || *new > 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::api::order::Reason;

    fn answer(index: usize, id: u128, replayed: bool) -> Answer {
        let outcome = Outcome::Accepted { id: Uuid::from_u128(id), replayed };
        Answer { index, latency: Duration::ZERO, lateness: Duration::ZERO, outcome }
    }

    #[test]
    fn a_repeat_that_makes_a_second_order_is_found() {
        let originals = [0, 1, 0];
        assert_eq!(doubled(&[answer(0, 7, false), answer(1, 8, false), answer(2, 7, true)], &originals), 0);
        assert_eq!(doubled(&[answer(2, 7, false), answer(0, 7, true)], &originals), 0);
        assert_eq!(doubled(&[answer(0, 7, false), answer(2, 9, true)], &originals), 1);
        assert_eq!(doubled(&[answer(0, 7, false), answer(2, 7, false)], &originals), 1);
    }

    fn buyers(invoiced: usize, refused: usize) -> Vec<Journey> {
        let journey = |end| Journey { id: Uuid::nil(), accepted: 0, changed: 1, end };
        let invoiced = std::iter::repeat_n(journey(End::Invoiced), invoiced);
        invoiced.chain(std::iter::repeat_n(journey(End::Rejected(Reason::OutOfStock)), refused)).collect()
    }

    #[test]
    fn a_hot_sku_is_sold_to_the_last_unit_and_not_further() {
        assert_eq!(wrongly_sold(&buyers(5, 5), 5), None);
        assert_eq!(wrongly_sold(&buyers(3, 0), 5), None);
        assert!(wrongly_sold(&buyers(6, 4), 5).is_some_and(|fault| fault.contains("6 units were sold of 5")));
        assert!(wrongly_sold(&buyers(4, 6), 5).is_some_and(|fault| fault.contains("only 4")));
    }

    #[test]
    fn only_too_much_load_explains_a_refusal() {
        let refused = |status| vec![Answer { outcome: Outcome::Refused(status), ..answer(1, 0, false) }];
        assert_eq!([202, 429, 503].map(|status| wrongly_answered(&refused(status)).is_some()), [true, false, false]);
        assert!(wrongly_answered(&refused(422)).is_some_and(|fault| fault.contains("422")));
        assert_eq!(wrongly_answered(&[answer(0, 7, false)]), None);
    }

    #[test]
    fn an_answer_without_a_promise_is_no_order() {
        let refused = Answer { outcome: Outcome::Refused(503), ..answer(1, 0, false) };
        assert_eq!(accepted(&[answer(0, 7, false), refused.clone(), answer(2, 7, true)]).len(), 1);
        assert_eq!(answers(&[refused]), BTreeMap::from([("status 503".to_owned(), 1)]));
    }
}
