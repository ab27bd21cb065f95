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
    api::order::{PaymentStatus, Reason},
    event::EventName,
    ids::OrderId,
    kept::StoredLine,
};
use time::{Date, Duration, Month, OffsetDateTime, macros::date};
use uuid::Uuid;
use workflows::{
    issued_invoice::SeriesPosition,
    lifecycle::{
        Command, Effects, NotCancellable, Prospect, Series, Stuck, Verdict, decide, is_stuck, prospect_of_invoice,
        settled_payments, to_let_go,
    },
    order::{State, StoredOrder},
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
        Just(Command::AskToCancel),
        Just(Command::Cancel),
        Just(Command::Expire),
        Just(numbered()),
        Just(Command::RecordInvoice),
    ]
    .prop_map(among_them)
}

/// Another command does not compile here until it stands among those above.
fn among_them(command: Command) -> Command {
    match command {
        Command::AskForPayment
        | Command::AskForPaymentAfter { .. }
        | Command::RecordAuthorization { .. }
        | Command::RecordDecline { .. }
        | Command::RecordVoid
        | Command::Confirm
        | Command::Reject { .. }
        | Command::AskToCancel
        | Command::Cancel
        | Command::Expire
        | Command::GiveNumber { .. }
        | Command::RecordInvoice => command,
    }
}

fn numbered() -> Command {
    let issued_on = Date::from_calendar_date(1970, Month::January, 1).unwrap();
    Command::GiveNumber { number: "1970-000001".into(), issued_on }
}

/// What happens to an order: somebody has something done to it, or time passes.
#[derive(Clone, Debug)]
enum Happening {
    Said(Command),
    Minutes(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => command().prop_map(Happening::Said),
        1 => (1..40_i64).prop_map(Happening::Minutes),
    ]
}

/// Plays a history; gives the order, the events it told and how often it released its stock.
fn play(history: &[Happening], mut each: impl FnMut(&StoredOrder, &StoredOrder, &Command, &Verdict, OffsetDateTime)) {
    let (mut order, mut now) = (reserved(), START);
    for happening in history {
        match happening {
            Happening::Minutes(minutes) => now += Duration::minutes(*minutes),
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

#[test]
fn a_wish_to_cancel_is_noted_while_it_can_be_kept_and_known_again() {
    let mut order = reserved();
    assert_eq!(decide(&mut order, &Command::AskToCancel, START), Verdict::Changed(Effects::default()));
    assert!(order.cancel_requested);
    assert_eq!(decide(&mut order, &Command::AskToCancel, START), Verdict::Already);
    assert!(is_stuck(&order, Stuck::CancelForgotten(order.id)));
    assert!(matches!(decide(&mut order, &Command::Cancel, START), Verdict::Changed(_)));
    assert_eq!(decide(&mut order, &Command::AskToCancel, START), Verdict::Already);
    assert!(!is_stuck(&order, Stuck::CancelForgotten(order.id)));
    let mut refused = reserved();
    decide(&mut refused, &Command::Reject { reason: Reason::PaymentDeclined, detail: None }, START);
    for command in [Command::AskToCancel, Command::Cancel] {
        assert_eq!(decide(&mut refused, &command, START), Verdict::Refused);
    }
    assert_eq!(NotCancellable::why(&refused).to_string(), "an order that is rejected cannot be cancelled");
    assert!(!refused.cancel_requested);
}

#[test]
fn a_number_is_given_once_and_to_none_that_is_not_confirmed_or_will_be_cancelled() {
    let confirmed = || StoredOrder { state: State::Confirmed, ..reserved() };
    let rejected = State::Rejected { reason: Reason::OutOfStock, detail: None };
    for (mut order, verdict) in [
        (confirmed(), Verdict::Changed(Effects::default())),
        (StoredOrder { cancel_requested: true, ..confirmed() }, Verdict::Refused),
        (reserved(), Verdict::Refused),
        (StoredOrder { state: rejected, ..reserved() }, Verdict::Refused),
        (StoredOrder { state: State::Cancelled, ..reserved() }, Verdict::Refused),
    ] {
        let is_due = is_stuck(&order, Stuck::Uninvoiced(order.id));
        assert_eq!(decide(&mut order, &numbered(), START), verdict);
        assert_eq!(is_due, order.invoice.is_some());
        assert_eq!(order.version, reserved().version, "nobody is told of a number alone");
    }
    // A number that was given is printed, whatever became of the order.
    let mut order = confirmed();
    for command in [numbered(), Command::Cancel] {
        decide(&mut order, &command, START);
        assert!(is_stuck(&order, Stuck::Uninvoiced(order.id)), "{command:?}");
    }
    let other = Command::GiveNumber { number: "1970-000002".into(), issued_on: Date::MIN };
    assert_eq!(decide(&mut order, &other, START), Verdict::Already);
    assert_eq!(order.invoice.as_ref().map(|invoice| invoice.number.as_str()), Some("1970-000001"));
    decide(&mut order, &Command::RecordInvoice, START);
    assert!(!is_stuck(&order, Stuck::Uninvoiced(order.id)));
}

#[test]
fn the_numbers_of_a_year_follow_each_other_and_whoever_gets_none_leaves_no_gap() {
    let confirmed = || StoredOrder { state: State::Confirmed, ..reserved() };
    let (eve, new_year) = (date!(2026 - 12 - 31), date!(2027 - 01 - 01));
    let mut series = Series::after(eve, 41);
    let mut given = |order: &mut StoredOrder| series.give_number(order, START).map(|position| position.to_string());
    let mut first = confirmed();
    assert_eq!(given(&mut first).as_deref(), Some("2026-000042"));
    assert_eq!(given(&mut first), None, "it keeps the one that it has");
    assert_eq!(given(&mut reserved()), None);
    assert_eq!(given(&mut confirmed()).as_deref(), Some("2026-000043"));
    assert_eq!(series.last(), SeriesPosition { year: 2026, number: 43 });
    let invoice = first.invoice.unwrap();
    assert_eq!((invoice.number.as_str(), invoice.issued_on, invoice.stored), ("2026-000042", eve, false));
    assert_eq!((Series::year(eve), Series::year(new_year)), (2026, 2027));
    let next_year = Series::after(new_year, 0).give_number(&mut confirmed(), START);
    assert_eq!(next_year, Some(SeriesPosition { year: 2027, number: 1 }));
}

#[test]
fn no_number_is_given_where_no_invoice_could_say_what_was_sold_and_the_order_goes_on_waiting_for_one() {
    let line = |unit_price, tax_rate_bp| StoredLine { unit_price, tax_rate_bp, quantity: 1, ..StoredLine::default() };
    for (line, verdict) in [
        (line(Some(5), Some(0)), Verdict::Changed(Effects::default())),
        (line(None, Some(0)), Verdict::Refused),
        (line(Some(5), None), Verdict::Refused),
    ] {
        let mut order = StoredOrder { state: State::Confirmed, lines: vec![line], ..reserved() };
        assert_eq!(decide(&mut order, &numbered(), START), verdict);
        assert_eq!(order.invoice.is_some(), verdict != Verdict::Refused);
        assert!(is_stuck(&order, Stuck::Uninvoiced(order.id)));
    }
}

#[test]
fn who_searches_for_money_to_let_go_passes_over_those_payments_of_which_nothing_is_held() {
    let authorized = || Command::RecordAuthorization { authorization_id: "pi_1".into() };
    let declined = || Command::RecordDecline { code: "card_declined".into() };
    let mut met = Vec::new();
    for said in [vec![], vec![authorized()], vec![declined()], vec![Command::Cancel, Command::RecordVoid]] {
        let mut order = reserved();
        for command in [Command::AskForPayment].into_iter().chain(said).chain([Command::Cancel]) {
            assert_ne!(decide(&mut order, &command, START), Verdict::Refused);
        }
        let payment = order.payment.as_ref().unwrap().state;
        assert_eq!(settled_payments().contains(&payment.to_string()), to_let_go(&order).is_none(), "{payment}");
        met.push(payment);
    }
    assert_eq!(met, PaymentStatus::ALL);
}

#[test]
fn what_an_order_waits_for_follows_from_where_it_stands() {
    let of = |order: &StoredOrder| {
        let kinds: [fn(OrderId) -> Stuck; 5] =
            [Stuck::Unattended, Stuck::CancelForgotten, Stuck::Uninvoiced, Stuck::Unvoided, Stuck::Untold];
        kinds.map(|kind| is_stuck(order, kind(order.id)))
    };
    let mut order = reserved();
    assert_eq!(of(&order), [true, false, false, false, false]);
    let mut refused = order.clone();
    decide(&mut refused, &Command::Reject { reason: Reason::PaymentUnavailable, detail: None }, START);
    assert_eq!(of(&refused), [false, false, false, false, true], "nobody was asked for money");
    decide(&mut order, &Command::AskForPayment, START);
    let mut called_off = order.clone();
    decide(&mut called_off, &Command::AskToCancel, START);
    assert_eq!(of(&called_off), [false, true, false, false, false]);
    decide(&mut called_off, &Command::Cancel, START);
    assert_eq!(of(&called_off), [false, false, false, true, true], "the request may still reach the provider");
    decide(&mut called_off, &Command::RecordVoid, START);
    assert_eq!(of(&called_off), [false, false, false, false, true]);
    for command in [Command::RecordAuthorization { authorization_id: "pi_1".into() }, Command::Confirm] {
        decide(&mut order, &command, START);
    }
    assert_eq!(of(&order), [false, false, true, false, false]);
}

#[test]
fn what_is_said_of_an_invoice_is_what_will_become_of_it() {
    let confirmed = || StoredOrder { state: State::Confirmed, ..reserved() };
    let mut numbered_and_cancelled = confirmed();
    for command in [numbered(), Command::Cancel] {
        decide(&mut numbered_and_cancelled, &command, START);
    }
    for (order, prospect) in [
        (reserved(), Prospect::ToCome),
        (confirmed(), Prospect::ToCome),
        (StoredOrder { cancel_requested: true, ..confirmed() }, Prospect::Never),
        (StoredOrder { state: State::Cancelled, ..reserved() }, Prospect::Never),
        // The series has no blank.
        (numbered_and_cancelled.clone(), Prospect::ToCome),
    ] {
        assert_eq!(prospect_of_invoice(&order), prospect, "{order:?}");
    }
    decide(&mut numbered_and_cancelled, &Command::RecordInvoice, START);
    assert!(matches!(prospect_of_invoice(&numbered_and_cancelled), Prospect::Issued(_)));
}
