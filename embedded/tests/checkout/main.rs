//! The checkout workflow, its file and its functions together, under what may befall it: functions that die or hang
//! between any two calls, a provider in every mood, and two executions of one order at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod run;
mod world;

use asl::TaskOutcome;
use futures_util::FutureExt;
use proptest::prelude::*;
use run::{Call, Cut, Queues, Run};
use schemas::{
    api::order::{PaymentStatus, Reason, Status},
    event::EventName,
};
use serde_json::json;
use std::{
    sync::Arc,
    task::{Context, Waker},
};
use workflows::{lifecycle::Command, order::State};
use world::{Book, Message, Moment, Provider, START, World};

fn failed(error: &str) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause: String::new() }
}

fn returned(result: &str, calls: i32) -> TaskOutcome {
    TaskOutcome::Returned(json!({ "result": result, "calls": calls }))
}

fn is_refused_for(world: &World, reason: Reason) -> bool {
    world.lock().order.state == State::Rejected { reason, detail: None }
}

/// Nothing that was begun for a confirmed order can take its money, and nothing is held for a closed one.
fn is_at_an_honest_end(world: &World) {
    let (status, payment, book) = (world.status(), world.payment(), world.lock().book);
    match status {
        Status::Confirmed => {
            assert_eq!((payment, book), (Some(PaymentStatus::Authorized), Book::Held));
            assert!(world.was_told(EventName::PaymentAuthorized));
            assert!(world.was_told(EventName::OrderConfirmed));
        }
        Status::Rejected | Status::Cancelled => {
            assert!(!matches!(payment, Some(PaymentStatus::Pending | PaymentStatus::Authorized)), "{payment:?}");
            assert_ne!(book, Book::Held);
        }
        Status::Submitted | Status::Reserved | Status::InReview | Status::Shipped | Status::Refunded => {
            panic!("it is {status}");
        }
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
    for provider in [Provider::Answers, Provider::Declines, Provider::Down, Provider::Slow] {
        let (world, mut run) = (World::new(), Run::start());
        world.lock().order.total = Some(0);
        world.lock().provider = provider;
        run.ends(&world);
        assert_eq!((world.status(), world.payment(), world.lock().book), (Status::Confirmed, None, Book::Nothing));
        assert_eq!(run.states, ["AuthorizePayment", "PaymentAnswered", "ConfirmOrder", "Closed"]);
    }
}

#[test]
fn an_order_whose_cancellation_was_promised_ends_cancelled_though_its_payment_is_declined() {
    let (world, mut run) = (World::new(), Run::start());
    world.lock().provider = Provider::Declines;
    run.until_in(&world, "RejectOrder");
    world.lock().order.cancel_requested = true;
    run.ends(&world);
    assert_eq!((world.status(), world.payment()), (Status::Cancelled, Some(PaymentStatus::Declined)));
    assert!(world.was_told(EventName::OrderCancelled) && !world.was_told(EventName::OrderRejected));
    is_at_an_honest_end(&world);
}

#[test]
fn a_call_that_hung_before_the_payment_was_noted_is_made_again() {
    for how in [Cut::Timeout, Cut::LeftAlone] {
        let (world, mut run) = (World::new(), Run::start());
        run.poll(&world);
        drop(run.cut(how));
        assert_eq!(world.payment(), None);
        run.ends(&world);
        assert_eq!(world.status(), Status::Confirmed, "{how:?}, {:?}", run.states);
        is_at_an_honest_end(&world);
    }
}

#[test]
fn an_execution_that_gives_up_late_leaves_the_money_of_an_order_that_another_confirmed() {
    let (world, mut late, mut other) = (World::new(), Run::start(), Run::start());
    world.lock().provider = Provider::Down;
    late.until_in(&world, "AbandonPayment");
    world.lock().provider = Provider::Answers;
    other.ends(&world);
    assert_eq!(world.status(), Status::Confirmed);
    late.ends(&world);
    Queues::default().drain(&world);
    is_at_an_honest_end(&world);
    assert_eq!(world.status(), Status::Confirmed);
}

#[test]
fn an_order_is_given_up_while_the_provider_is_away_and_what_comes_late_is_let_go() {
    let (world, mut run, mut queues) = (World::new(), Run::start(), Queues::default());
    world.lock().provider = Provider::Slow;
    run.until_in(&world, "AbandonPayment");
    world.lock().provider = Provider::Down;
    run.ends(&world);
    assert_eq!((run.failed(), is_refused_for(&world, Reason::PaymentUnavailable)), (None, true));
    (0..50).for_each(|_| queues.poll(&world));
    assert_eq!(world.lock().messages, [Message::Void]);
    world.lock().provider = Provider::Answers;
    world.lock().arrives();
    assert_eq!(world.lock().book, Book::Held);
    queues.drain(&world);
    assert_eq!(world.payment(), Some(PaymentStatus::Voided));
    is_at_an_honest_end(&world);
}

/// As an earlier release left it when it died between letting go of the money and refusing the order.
#[test]
fn an_order_whose_money_was_let_go_already_is_refused() {
    for by_the_ledger in [true, false] {
        let (world, mut run) = (World::new(), Run::start());
        world.happened(Command::AskForPayment);
        world.lock().book = Book::Closed;
        if by_the_ledger {
            world.happened(Command::RecordVoid);
        }
        run.ends(&world);
        assert!(is_refused_for(&world, Reason::PaymentUnavailable), "{:?}", run.states);
    }
}

#[test]
fn that_the_money_is_held_is_told_though_the_bus_was_away_when_it_was_recorded() {
    for mood in [Provider::Answers, Provider::Silent] {
        let (world, mut run) = (World::new(), Run::start());
        world.lock().provider = mood;
        world.lock().failure = Some(("bus.publish", Moment::Before));
        run.ends(&world);
        assert_eq!(world.lock().failure, None);
        is_at_an_honest_end(&world);
    }
}

#[test]
fn that_the_money_is_held_is_told_though_the_function_died_when_it_had_recorded_it() {
    for how in [Cut::Crash, Cut::Timeout] {
        let (world, mut run) = (World::new(), Run::start());
        while world.payment() != Some(PaymentStatus::Authorized) {
            run.poll(&world);
        }
        drop(run.cut(how));
        assert!(!world.was_told(EventName::PaymentAuthorized));
        run.ends(&world);
        is_at_an_honest_end(&world);
    }
}

#[test]
fn that_the_money_was_held_is_told_though_it_was_let_go_meanwhile() {
    let (world, mut run) = (World::new(), Run::start());
    while world.payment() != Some(PaymentStatus::Authorized) {
        run.poll(&world);
    }
    drop(run.cut(Cut::Crash));
    world.happened(Command::Cancel);
    world.happened(Command::RecordVoid);
    run.ends(&world);
    assert!(world.was_told(EventName::PaymentAuthorized));
    assert_eq!((world.status(), world.payment()), (Status::Cancelled, Some(PaymentStatus::Voided)));
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
    Fails(&'static str, Moment),
    ProviderIs(Provider),
    LateRequestArrives,
    BuyerCancels,
    TimeIsUp,
}

fn happening() -> impl Strategy<Value = Happening> {
    let cut = prop_oneof![Just(Cut::Crash), Just(Cut::Timeout), Just(Cut::LeftAlone)];
    let provider = prop_oneof![
        3 => Just(Provider::Answers),
        1 => Just(Provider::Declines),
        3 => Just(Provider::Down),
        2 => Just(Provider::Silent),
        4 => Just(Provider::Slow),
    ];
    let failing = prop_oneof![Just("orders.apply"), Just("orders.load"), Just("bus.publish")];
    let moment = prop_oneof![Just(Moment::Before), Just(Moment::After)];
    prop_oneof![
        20 => (0..2_usize, 1..6_usize).prop_map(|(run, times)| Happening::Runs(run, times)),
        2 => (0..2_usize).prop_map(|run| Happening::Runs(run, 300)),
        6 => (0..2_usize, cut).prop_map(|(run, how)| Happening::Cut(run, how)),
        6 => Just(Happening::StrayGoesOn),
        2 => Just(Happening::StrayDies),
        8 => (1..6_usize).prop_map(Happening::QueuesWork),
        2 => Just(Happening::QueuesDie),
        4 => (failing, moment).prop_map(|(what, moment)| Happening::Fails(what, moment)),
        8 => provider.prop_map(Happening::ProviderIs),
        3 => Just(Happening::LateRequestArrives),
        1 => Just(Happening::BuyerCancels),
        1 => Just(Happening::TimeIsUp),
    ]
}

/// The order and all that works on it.
struct Site {
    world: Arc<World>,
    runs: Vec<Run>,
    queues: Queues,
    strays: Vec<Call>,
}

impl Site {
    fn with(runs: usize) -> Self {
        let runs = (0..runs).map(|_| Run::start()).collect();
        Self { world: World::new(), runs, queues: Queues::default(), strays: Vec::new() }
    }

    fn let_happen(&mut self, happening: &Happening) {
        let world = &self.world;
        match happening {
            Happening::Runs(run, times) => {
                let run = run % self.runs.len();
                (0..*times).for_each(|_| self.runs[run].poll(world));
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
            Happening::QueuesWork(times) => (0..*times).for_each(|_| self.queues.poll(world)),
            Happening::QueuesDie => self.queues.cut(),
            Happening::Fails(what, moment) => world.lock().failure = Some((what, *moment)),
            Happening::ProviderIs(mood) => world.lock().provider = *mood,
            Happening::LateRequestArrives => {
                let mut world = world.lock();
                if std::mem::take(&mut world.under_way) {
                    world.arrives();
                }
            }
            Happening::BuyerCancels => {
                let mut world = world.lock();
                if matches!(world.order.state, State::Reserved { .. } | State::Confirmed) {
                    world.order.cancel_requested = true;
                    world.messages.push(Message::Cancel);
                }
            }
            Happening::TimeIsUp => {
                let mut world = world.lock();
                if let State::Reserved { until } = &mut world.order.state {
                    *until = START;
                    world.messages.push(Message::Expire);
                }
            }
        }
    }

    /// Nothing goes wrong any more, and what was forgotten is found, as `sweep` finds it.
    fn comes_to_rest(&mut self) {
        for calm in [Happening::ProviderIs(Provider::Answers), Happening::LateRequestArrives] {
            self.let_happen(&calm);
        }
        self.world.lock().failure = None;
        for _ in 0..10 {
            (0..50).for_each(|_| self.let_happen(&Happening::StrayGoesOn));
            for run in &mut self.runs {
                run.ends(&self.world);
            }
            self.queues.drain(&self.world);
            let is_open = self.world.status() == Status::Reserved && !self.world.lock().order.cancel_requested;
            for run in self.runs.iter_mut().filter(|run| is_open && run.failed().is_some()) {
                run.start_again();
            }
            let holds = matches!(self.world.payment(), Some(PaymentStatus::Pending | PaymentStatus::Authorized));
            if matches!(self.world.status(), Status::Rejected | Status::Cancelled) && holds {
                self.world.lock().messages.push(Message::Void);
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
        let mut site = Site::with(runs);
        history.iter().for_each(|happening| site.let_happen(happening));
        site.comes_to_rest();
        is_at_an_honest_end(&site.world);
        let states: Vec<_> = site.runs.iter().map(|run| &run.states).collect();
        prop_assert!(site.runs.iter().all(Run::has_ended), "{states:?}");
    }
}
