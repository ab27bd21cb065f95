//! The lifecycle over random histories: whatever is said, in whatever order and however often, an order keeps its word.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say it in their names, and fail by panicking"
)]

use proptest::prelude::*;
use schemas::{
    address::Address,
    event::EventName,
    ids::OrderId,
    order::{PaymentStatus, Reason},
};
use time::{Date, Duration, Month, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Verdict, decide},
    order::{State, StoredInvoice, StoredOrder},
};

const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn reserved() -> StoredOrder {
    StoredOrder {
        id: OrderId(Uuid::from_u128(7)),
        customer: "zoe".into(),
        state: State::Reserved { until: START + Duration::minutes(30) },
        version: 2,
        currency: "EUR".parse().unwrap(),
        total: Some(1_000),
        lines: Vec::new(),
        email: "zoe@example.com".into(),
        shipping_address: Address {
            name: "Zoe".into(),
            line1: "1 High Street".into(),
            line2: None,
            city: "London".into(),
            postal_code: "N1".into(),
            country: "GB".into(),
        },
        billing_address: None,
        payment_method: "pm_card_visa".into(),
        payment: None,
        invoice: None,
        cancel_requested: false,
        traceparent: None,
        created_at: START,
        updated_at: START,
    }
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::AskForPayment),
        (0..3).prop_map(|calls| Command::AskForPaymentAfter { calls }),
        Just(Command::RecordAuthorization { authorization_id: "pi_1".into() }),
        Just(Command::RecordDecline { code: "card_declined".into() }),
        Just(Command::RecordVoid),
        Just(Command::Confirm),
        Just(Command::Reject { reason: Reason::PaymentDeclined, detail: None }),
        Just(Command::Cancel),
        Just(Command::Expire),
        Just(Command::RecordInvoice),
    ]
}

/// What happens to an order from outside its commands: time passes, a buyer asks to cancel, a number is given.
#[derive(Clone, Debug)]
enum Happening {
    Said(Command),
    Minutes(i64),
    CancelRequested,
    Numbered,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => command().prop_map(Happening::Said),
        1 => (1..40_i64).prop_map(Happening::Minutes),
        1 => Just(Happening::CancelRequested),
        1 => Just(Happening::Numbered),
    ]
}

/// Plays a history; gives the order, the events it told and how often it released its stock.
fn play(history: &[Happening], mut each: impl FnMut(&StoredOrder, &StoredOrder, &Command, &Verdict, OffsetDateTime)) {
    let (mut order, mut now) = (reserved(), START);
    for happening in history {
        match happening {
            Happening::Minutes(minutes) => now += Duration::minutes(*minutes),
            Happening::CancelRequested => {
                // As the database notes it: only where a cancellation is still possible.
                order.cancel_requested |= matches!(order.state, State::Reserved { .. } | State::Confirmed);
            }
            Happening::Numbered => {
                if order.state == State::Confirmed && order.invoice.is_none() {
                    let issued_on = Date::from_calendar_date(1970, Month::January, 1).unwrap();
                    order.invoice = Some(StoredInvoice { number: "1970-000001".into(), issued_on, stored: false });
                }
            }
            Happening::Said(command) => {
                let before = order.clone();
                let verdict = decide(&mut order, command, now);
                each(&before, &order, command, &verdict, now);
            }
        }
    }
}

fn holds_stock(order: &StoredOrder) -> bool {
    matches!(order.state, State::Reserved { .. } | State::Confirmed)
}

proptest! {
    #[test]
    fn saying_the_same_again_changes_nothing(history in prop::collection::vec(happening(), 1..40)) {
        play(&history, |_, after, command, verdict, now| {
            let mut again = after.clone();
            let second = decide(&mut again, command, now);
            // Asking for money again is allowed: the key makes it one charge, and it counts the calls unless it is said
            // how many there were.
            if *command == Command::AskForPayment {
                assert_eq!(again.state, after.state);
            } else if matches!(command, Command::AskForPaymentAfter { .. }) {
                assert_eq!(&again, after);
            } else {
                assert_eq!(&again, after, "{command:?} after {verdict:?} then {second:?}");
                assert!(!matches!(second, Verdict::Changed(_)));
            }
        });
    }

    #[test]
    fn stock_is_released_exactly_when_an_order_stops_holding_it(
        history in prop::collection::vec(happening(), 1..40)
    ) {
        let mut released = 0;
        play(&history, |before, after, _, verdict, _| {
            let releases = matches!(verdict, Verdict::Changed(effects) if effects.releases_stock);
            assert_eq!(releases, holds_stock(before) && !holds_stock(after));
            released += usize::from(releases);
        });
        prop_assert!(released <= 1);
    }

    #[test]
    fn every_event_takes_the_next_sequence_and_tells_once(history in prop::collection::vec(happening(), 1..40)) {
        let mut told: Vec<EventName> = Vec::new();
        play(&history, |before, after, command, verdict, _| {
            let event = match verdict {
                Verdict::Changed(effects) => effects.event.clone(),
                Verdict::Already | Verdict::Refused => None,
            };
            assert_eq!(after.version - before.version, i32::from(event.is_some()));
            if let Some((name, _)) = event {
                assert!(!told.contains(&name), "{name} was told twice");
                assert_eq!(command.event_name(after), Some(name));
                told.push(name);
            }
        });
    }

    #[test]
    fn an_order_is_confirmed_only_while_its_money_is_held_and_nobody_called_it_off(
        history in prop::collection::vec(happening(), 1..40)
    ) {
        play(&history, |before, after, _, _, _| {
            if after.state == State::Confirmed && before.state != State::Confirmed {
                assert!(!before.cancel_requested);
                assert_eq!(after.payment.as_ref().map(|p| p.state), Some(PaymentStatus::Authorized));
            }
        });
    }

    #[test]
    fn a_confirmed_order_keeps_its_money(further in prop::collection::vec(happening(), 1..40)) {
        let authorized = Command::RecordAuthorization { authorization_id: "pi_1".into() };
        let paid = [Command::AskForPayment, authorized, Command::Confirm].map(Happening::Said);
        let history: Vec<_> = paid.into_iter().chain(further).collect();
        play(&history, |_, after, _, _, _| {
            if after.state == State::Confirmed {
                assert_eq!(after.payment.as_ref().map(|p| p.state), Some(PaymentStatus::Authorized));
            }
        });
    }

    #[test]
    fn what_is_closed_stays_closed_and_is_asked_for_no_money(history in prop::collection::vec(happening(), 1..40)) {
        play(&history, |before, after, command, verdict, _| {
            if matches!(before.state, State::Rejected { .. } | State::Cancelled) {
                assert_eq!(after.state, before.state);
                if matches!(command, Command::AskForPayment | Command::AskForPaymentAfter { .. }) {
                    assert_eq!(*verdict, Verdict::Refused);
                }
            }
        });
    }

    #[test]
    fn an_order_whose_buyer_was_promised_its_cancellation_ends_as_nothing_else(
        history in prop::collection::vec(happening(), 1..40)
    ) {
        play(&history, |before, after, _, verdict, _| {
            if before.cancel_requested && before.state != after.state {
                assert_eq!(after.state, State::Cancelled);
                let Verdict::Changed(effects) = verdict else { panic!("{verdict:?}") };
                assert_eq!(effects.event.as_ref().map(|(name, _)| *name), Some(EventName::OrderCancelled));
            }
        });
    }

    #[test]
    fn a_free_order_is_confirmed_without_money_and_never_refused_for_want_of_it(
        history in prop::collection::vec(happening(), 1..40)
    ) {
        let (mut order, mut now) = (StoredOrder { total: Some(0), ..reserved() }, START);
        for happening in history {
            match happening {
                Happening::Said(command) => drop(decide(&mut order, &command, now)),
                Happening::Minutes(minutes) => now += Duration::minutes(minutes),
                Happening::CancelRequested | Happening::Numbered => {}
            }
            prop_assert!(order.payment.is_none());
        }
    }

    #[test]
    fn a_payment_that_was_voided_is_never_authorized(history in prop::collection::vec(happening(), 1..40)) {
        play(&history, |before, after, _, _, _| {
            let state = |order: &StoredOrder| order.payment.as_ref().map(|p| p.state);
            if state(before) == Some(PaymentStatus::Voided) {
                assert_eq!(state(after), Some(PaymentStatus::Voided));
            }
        });
    }
}

#[test]
fn a_reservation_expires_when_its_time_is_up_and_not_before() {
    let mut order = reserved();
    assert_eq!(decide(&mut order, &Command::Expire, START + Duration::minutes(29)), Verdict::Refused);
    assert!(matches!(decide(&mut order, &Command::Expire, START + Duration::minutes(30)), Verdict::Changed(_)));
    assert_eq!(order.state, State::Rejected { reason: Reason::ReservationExpired, detail: None });
}

#[test]
fn an_order_for_which_money_may_be_held_does_not_expire() {
    let late = START + Duration::minutes(31);
    let authorized = || Command::RecordAuthorization { authorization_id: "pi_1".into() };
    let declined = || Command::RecordDecline { code: "card_declined".into() };
    for (said, expires) in [
        (vec![], true),
        (vec![Command::AskForPayment], false),
        (vec![Command::AskForPayment, authorized()], false),
        (vec![Command::AskForPayment, declined()], true),
        (vec![Command::AskForPayment, Command::RecordVoid], true),
    ] {
        let mut order = reserved();
        said.iter().for_each(|command| assert_ne!(decide(&mut order, command, START), Verdict::Refused));
        let verdict = decide(&mut order, &Command::Expire, late);
        assert_eq!(matches!(verdict, Verdict::Changed(_)), expires, "{said:?}: {verdict:?}");
    }
}

#[test]
fn a_call_to_the_provider_that_is_noted_twice_is_counted_once() {
    let mut order = reserved();
    let mut calls_after = |calls| {
        let asked = decide(&mut order, &Command::AskForPaymentAfter { calls }, START);
        assert!(matches!(asked, Verdict::Changed(_)), "the provider is asked each time");
        order.payment.as_ref().map(|payment| payment.calls)
    };
    assert_eq!([0, 0, 1, 1].map(&mut calls_after), [1, 1, 2, 2].map(Some));
}

#[test]
fn money_that_comes_for_an_order_called_off_meanwhile_is_recorded_so_that_it_can_be_let_go() {
    let mut order = reserved();
    decide(&mut order, &Command::AskForPayment, START);
    decide(&mut order, &Command::Cancel, START);
    let authorized = Command::RecordAuthorization { authorization_id: "pi_1".into() };
    assert!(matches!(decide(&mut order, &authorized, START), Verdict::Changed(_)));
    assert_eq!(decide(&mut order, &Command::Confirm, START), Verdict::Refused);
    assert!(matches!(decide(&mut order, &Command::RecordVoid, START), Verdict::Changed(_)));
    assert_eq!(order.payment.unwrap().state, PaymentStatus::Voided);
}

#[test]
fn an_authorization_that_was_let_go_since_is_known_as_recorded_and_another_is_not() {
    let mut order = reserved();
    let authorized = |id: &str| Command::RecordAuthorization { authorization_id: id.into() };
    for command in [Command::AskForPayment, authorized("pi_1"), Command::Cancel, Command::RecordVoid] {
        assert!(matches!(decide(&mut order, &command, START), Verdict::Changed(_)));
    }
    assert_eq!(decide(&mut order, &authorized("pi_1"), START), Verdict::Already);
    assert_eq!(decide(&mut order, &authorized("pi_2"), START), Verdict::Refused);
    assert_eq!(order.payment.unwrap().state, PaymentStatus::Voided);
}

#[test]
fn an_order_whose_buyer_called_it_off_is_not_confirmed_though_the_money_came() {
    let mut order = reserved();
    decide(&mut order, &Command::AskForPayment, START);
    decide(&mut order, &Command::RecordAuthorization { authorization_id: "pi_1".into() }, START);
    let mut undisturbed = order.clone();
    assert!(matches!(decide(&mut undisturbed, &Command::Confirm, START), Verdict::Changed(_)));
    order.cancel_requested = true;
    assert_eq!(decide(&mut order, &Command::Confirm, START), Verdict::Refused);
    assert!(matches!(decide(&mut order, &Command::Cancel, START), Verdict::Changed(_)));
}

#[test]
fn a_free_order_needs_no_payment_to_be_confirmed_and_one_that_costs_does() {
    for (total, confirmed) in [(Some(0), true), (Some(1), false), (None, false)] {
        let mut order = StoredOrder { total, ..reserved() };
        let asked = decide(&mut order, &Command::AskForPayment, START);
        assert_eq!(asked == Verdict::Already, confirmed, "{total:?}");
        assert_eq!(matches!(decide(&mut order, &Command::Confirm, START), Verdict::Changed(_)), confirmed, "{total:?}");
    }
}

#[test]
fn what_cancelled_an_order_is_told_again_when_its_refusal_is_said_again() {
    for command in [Command::Reject { reason: Reason::PaymentDeclined, detail: None }, Command::Expire] {
        let mut order = StoredOrder { cancel_requested: true, ..reserved() };
        let now = START + Duration::minutes(30);
        assert!(matches!(decide(&mut order, &command, now), Verdict::Changed(_)));
        assert_eq!(decide(&mut order, &command, now), Verdict::Already);
        assert_eq!(command.event_name(&order), Some(EventName::OrderCancelled));
        assert_eq!(decide(&mut order, &Command::Cancel, now), Verdict::Already);
    }
}
