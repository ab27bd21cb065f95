//! The checkout workflow, its file and its functions together, under what may befall it: functions that die or hang
//! between any two calls, a provider in every mood, and two executions of one order at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod run;
mod site;

use asl::TaskOutcome;
use futures_util::FutureExt;
use proptest::prelude::*;
use run::{Call, Cut, Queues, Run};
use schemas::{
    api::order::{PaymentStatus, Reason, Status},
    event::EventName,
};
use serde_json::json;
use site::{Message, ORDER, Site};
use std::task::{Context, Waker};
use testing::{Book, FaultPoint, Mood, START};
use workflows::{
    lifecycle::{Command, Stuck, Verdict, is_stuck, payment_key},
    order::State,
    ports::Applied,
};

fn failed(error: &str) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause: String::new() }
}

fn returned(result: &str, calls: i32) -> TaskOutcome {
    TaskOutcome::Returned(json!({ "result": result, "calls": calls }))
}

fn is_refused_for(site: &Site, reason: Reason) -> bool {
    site.order().state == State::Rejected { reason, detail: None }
}

/// Nothing that was begun for a confirmed order can take its money, and nothing is held for a closed one.
fn is_at_an_honest_end(site: &Site) {
    let (status, payment, book) = (site.status(), site.payment(), site.book());
    match status {
        Status::Confirmed => {
            assert_eq!((payment, book), (Some(PaymentStatus::Authorized), Some(Book::Held)));
            assert!(site.was_told(EventName::PaymentAuthorized));
            assert!(site.was_told(EventName::OrderConfirmed));
        }
        Status::Rejected | Status::Cancelled => {
            assert!(!matches!(payment, Some(PaymentStatus::Pending | PaymentStatus::Authorized)), "{payment:?}");
            assert_ne!(book, Some(Book::Held));
        }
        Status::Submitted | Status::Reserved => panic!("it is {status}"),
    }
}

#[test]
fn an_order_is_given_up_only_because_the_provider_is_away() {
    let given_up = ["AuthorizePayment", "AbandonPayment"];
    let mut run = Run::start();
    (0..31).for_each(|_| run.is_told(failed("Payment.Unavailable")));
    assert_eq!(run.states, given_up);
    for error in ["Sluice.Busy", "Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.Unknown"] {
        let mut run = Run::start();
        (0..31).for_each(|_| run.is_told(failed(error)));
        assert_eq!(run.failed(), Some(error));
        assert_eq!(run.states, given_up[..1]);
    }
}

#[test]
fn the_trouble_of_others_is_not_counted_against_the_provider() {
    let mut run = Run::start();
    (0..30).for_each(|_| run.is_told(failed("Sluice.Busy")));
    (0..30).for_each(|_| run.is_told(failed("Payment.Unavailable")));
    run.is_told(returned("authorized", 61));
    assert_eq!(run.states, ["AuthorizePayment", "PaymentAnswered", "ConfirmOrder"]);
}

#[test]
fn a_payment_that_cannot_be_taken_any_more_is_given_up() {
    let mut run = Run::start();
    run.is_told(returned("voided", 1));
    assert_eq!(run.states, ["AuthorizePayment", "PaymentAnswered", "AbandonPayment"]);
}

#[test]
fn a_free_order_is_confirmed_whatever_the_provider_would_say() {
    for mood in [Mood::Answers, Mood::Declines, Mood::Down, Mood::Slow] {
        let (site, mut run) = (Site::new(), Run::start());
        site.alter(|order| order.total = Some(0));
        site.provider_is(mood);
        run.ends(&site);
        assert_eq!((site.status(), site.payment(), site.book()), (Status::Confirmed, None, None));
        assert_eq!(run.states, ["AuthorizePayment", "PaymentAnswered", "ConfirmOrder", "Closed"]);
    }
}

#[test]
fn an_order_whose_cancellation_was_promised_ends_cancelled_though_its_payment_is_declined() {
    let (site, mut run) = (Site::new(), Run::start());
    site.provider_is(Mood::Declines);
    run.until_in(&site, "RejectOrder");
    site.alter(|order| order.cancel_requested = true);
    run.ends(&site);
    assert_eq!((site.status(), site.payment()), (Status::Cancelled, Some(PaymentStatus::Declined)));
    assert!(site.was_told(EventName::OrderCancelled) && !site.was_told(EventName::OrderRejected));
    is_at_an_honest_end(&site);
}

#[test]
fn a_call_that_hung_before_the_payment_was_noted_is_made_again() {
    for how in [Cut::Timeout, Cut::LeftAlone] {
        let (site, mut run) = (Site::new(), Run::start());
        run.poll(&site);
        drop(run.cut(how));
        assert_eq!(site.payment(), None);
        run.ends(&site);
        assert_eq!(site.status(), Status::Confirmed, "{how:?}, {:?}", run.states);
        is_at_an_honest_end(&site);
    }
}

#[test]
fn an_execution_that_gives_up_late_leaves_the_money_of_an_order_that_another_confirmed() {
    let (site, mut late, mut other) = (Site::new(), Run::start(), Run::start());
    site.provider_is(Mood::Down);
    late.until_in(&site, "AbandonPayment");
    site.provider_is(Mood::Answers);
    other.ends(&site);
    assert_eq!(site.status(), Status::Confirmed);
    late.ends(&site);
    Queues::default().drain(&site);
    is_at_an_honest_end(&site);
    assert_eq!(site.status(), Status::Confirmed);
}

#[test]
fn an_order_is_given_up_while_the_provider_is_away_and_what_comes_late_is_let_go() {
    let (site, mut run, mut queues) = (Site::new(), Run::start(), Queues::default());
    site.provider_is(Mood::Slow);
    run.until_in(&site, "AbandonPayment");
    site.provider_is(Mood::Down);
    run.ends(&site);
    assert_eq!((run.failed(), is_refused_for(&site, Reason::PaymentUnavailable)), (None, true));
    (0..50).for_each(|_| queues.poll(&site));
    assert_eq!(site.next_message(), Some(Message::Void));
    site.provider_is(Mood::Answers);
    site.shop.contents().provider.hears_late();
    assert_eq!(site.book(), Some(Book::Held));
    queues.drain(&site);
    assert_eq!(site.payment(), Some(PaymentStatus::Voided));
    is_at_an_honest_end(&site);
}

/// As an earlier release left it when it died between letting go of the money and refusing the order.
#[test]
fn an_order_whose_money_was_let_go_already_is_refused() {
    for by_the_ledger in [true, false] {
        let (site, mut run) = (Site::new(), Run::start());
        site.shop.happens(ORDER, Command::AskForPayment);
        let key = payment_key(&site.order());
        site.shop.contents().provider.books.insert(key, (Book::Closed, None));
        if by_the_ledger {
            site.shop.happens(ORDER, Command::RecordVoid);
        }
        run.ends(&site);
        assert!(is_refused_for(&site, Reason::PaymentUnavailable), "{:?}", run.states);
    }
}

#[test]
fn that_the_money_is_held_is_told_though_the_bus_was_away_when_it_was_recorded() {
    for mood in [Mood::Answers, Mood::Silent] {
        let (site, mut run) = (Site::new(), Run::start());
        site.provider_is(mood);
        site.shop.faults.fail("event_bus.publish", FaultPoint::Before);
        run.ends(&site);
        assert!(!site.shop.faults.are_left());
        is_at_an_honest_end(&site);
    }
}

#[test]
fn that_the_money_is_held_is_told_though_the_function_died_when_it_had_recorded_it() {
    for how in [Cut::Crash, Cut::Timeout] {
        let (site, mut run) = (Site::new(), Run::start());
        while site.payment() != Some(PaymentStatus::Authorized) {
            run.poll(&site);
        }
        drop(run.cut(how));
        assert!(!site.was_told(EventName::PaymentAuthorized));
        run.ends(&site);
        is_at_an_honest_end(&site);
    }
}

#[test]
fn that_the_money_was_held_is_told_though_it_was_let_go_meanwhile() {
    let (site, mut run) = (Site::new(), Run::start());
    while site.payment() != Some(PaymentStatus::Authorized) {
        run.poll(&site);
    }
    drop(run.cut(Cut::Crash));
    site.shop.happens(ORDER, Command::Cancel);
    site.shop.happens(ORDER, Command::RecordVoid);
    run.ends(&site);
    assert!(site.was_told(EventName::PaymentAuthorized));
    assert_eq!((site.status(), site.payment()), (Status::Cancelled, Some(PaymentStatus::Voided)));
}

/// What may happen next.
#[derive(Clone, Debug)]
enum Happening {
    /// One of the executions is carried on, so many times.
    Runs(usize, usize),
    /// A call of one of them is ended.
    Cut(usize, Cut),
    /// A call that was left alone goes on.
    StrayGoesOn,
    StrayDies,
    QueuesWork(usize),
    QueuesDie,
    Fails(&'static str, FaultPoint),
    ProviderIs(Mood),
    LateRequestArrives,
    BuyerCancels,
    TimeIsUp,
}

fn happening() -> impl Strategy<Value = Happening> {
    let cut = prop_oneof![Just(Cut::Crash), Just(Cut::Timeout), Just(Cut::LeftAlone)];
    let provider = prop_oneof![
        3 => Just(Mood::Answers),
        1 => Just(Mood::Declines),
        3 => Just(Mood::Down),
        2 => Just(Mood::Silent),
        4 => Just(Mood::Slow),
    ];
    let failing = prop_oneof![Just("orders.apply"), Just("orders.load"), Just("event_bus.publish")];
    let point = prop_oneof![Just(FaultPoint::Before), Just(FaultPoint::After)];
    prop_oneof![
        20 => (0..2_usize, 1..6_usize).prop_map(|(run, times)| Happening::Runs(run, times)),
        2 => (0..2_usize).prop_map(|run| Happening::Runs(run, 300)),
        6 => (0..2_usize, cut).prop_map(|(run, how)| Happening::Cut(run, how)),
        6 => Just(Happening::StrayGoesOn),
        2 => Just(Happening::StrayDies),
        8 => (1..6_usize).prop_map(Happening::QueuesWork),
        2 => Just(Happening::QueuesDie),
        4 => (failing, point).prop_map(|(what, point)| Happening::Fails(what, point)),
        8 => provider.prop_map(Happening::ProviderIs),
        3 => Just(Happening::LateRequestArrives),
        1 => Just(Happening::BuyerCancels),
        1 => Just(Happening::TimeIsUp),
    ]
}

/// All that works on the order.
struct Story {
    site: Site,
    runs: Vec<Run>,
    queues: Queues,
    strays: Vec<Call>,
}

impl Story {
    fn with(runs: usize) -> Self {
        let runs = (0..runs).map(|_| Run::start()).collect();
        Self { site: Site::new(), runs, queues: Queues::default(), strays: Vec::new() }
    }

    fn let_happen(&mut self, happening: &Happening) {
        let site = &self.site;
        match happening {
            Happening::Runs(run, times) => {
                let run = run % self.runs.len();
                (0..*times).for_each(|_| self.runs[run].poll(site));
            }
            Happening::Cut(run, how) => {
                let run = run % self.runs.len();
                self.strays.extend(self.runs[run].cut(*how));
            }
            Happening::StrayGoesOn => {
                let context = &mut Context::from_waker(Waker::noop());
                self.strays.retain_mut(|stray| stray.poll_unpin(context).is_pending());
            }
            Happening::StrayDies => drop(self.strays.pop()),
            Happening::QueuesWork(times) => (0..*times).for_each(|_| self.queues.poll(site)),
            Happening::QueuesDie => self.queues.cut(),
            Happening::Fails(what, point) => {
                site.shop.faults.mend();
                site.shop.faults.fail(what, *point);
            }
            Happening::ProviderIs(mood) => site.provider_is(*mood),
            Happening::LateRequestArrives => site.shop.contents().provider.hears_late(),
            Happening::BuyerCancels => {
                let noted = site.shop.contents().apply(ORDER, &Command::AskToCancel, START);
                if matches!(noted, Applied::Order { verdict: Verdict::Changed(_), .. }) {
                    site.send(Message::Cancel);
                }
            }
            Happening::TimeIsUp => {
                if let State::Reserved { .. } = site.order().state {
                    site.alter(|order| order.state = State::Reserved { until: START });
                    site.send(Message::Expire);
                }
            }
        }
    }

    /// Nothing goes wrong any more, and what was forgotten is found, as `sweep` finds it.
    fn comes_to_rest(&mut self) {
        for calm in [Happening::ProviderIs(Mood::Answers), Happening::LateRequestArrives] {
            self.let_happen(&calm);
        }
        self.site.shop.faults.mend();
        for _ in 0..10 {
            (0..50).for_each(|_| self.let_happen(&Happening::StrayGoesOn));
            for run in &mut self.runs {
                run.ends(&self.site);
            }
            self.queues.drain(&self.site);
            let order = self.site.order();
            let is_open = is_stuck(&order, Stuck::Unattended(ORDER));
            for run in self.runs.iter_mut().filter(|run| is_open && run.failed().is_some()) {
                run.start_again();
            }
            if is_stuck(&order, Stuck::Unvoided(ORDER)) {
                self.site.send(Message::Void);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_befalls_the_executions_of_an_order_it_comes_to_an_honest_end(
        runs in 1..3_usize,
        history in prop::collection::vec(happening(), 0..80),
    ) {
        let mut story = Story::with(runs);
        history.iter().for_each(|happening| story.let_happen(happening));
        story.comes_to_rest();
        is_at_an_honest_end(&story.site);
        let states: Vec<_> = story.runs.iter().map(|run| &run.states).collect();
        prop_assert!(story.runs.iter().all(Run::has_ended), "{states:?}");
    }
}
