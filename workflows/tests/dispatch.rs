//! Telling warehouses: each hears of its part of an order, in the order in which things happened, whatever fails and
//! however often it is delivered.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say it in their names, and fail by panicking"
)]

mod fakes;

use fakes::{ID, Moment, World, order_id};
use schemas::event::{Event, EventName};
use serde_json::{Value, json};
use workflows::{
    lifecycle::Command::{Cancel, Confirm},
    pattern::Pattern,
    steps::Outcome,
    wiring::{QueueName, rules},
};

fn told(world: &World, warehouse: &str) -> Vec<(EventName, Value)> {
    world.feed(warehouse).into_iter().map(|event| (event.name().unwrap(), event.data)).collect()
}

fn names(world: &World, warehouse: &str) -> Vec<EventName> {
    world.feed(warehouse).iter().map(|event| event.name().unwrap()).collect()
}

#[tokio::test]
async fn each_warehouse_is_told_its_own_lines_and_where_they_go() {
    let world = World::with_paid_orders(1);
    world.happens(ID, Confirm);
    assert_eq!(world.deliver(&[ID]).await, [Outcome::Done]);
    let ship_to = json!({ "name": "Zoe", "line1": "1 High Street", "city": "London", "postal_code": "N1",
        "country": "GB" });
    let expected = |warehouse: &str, lines: Value| {
        let data = json!({ "order_id": order_id(ID), "warehouse": warehouse, "lines": lines, "ship_to": ship_to });
        vec![(EventName::OrderConfirmed, data)]
    };
    let lines = json!([{ "sku": "TEA", "quantity": 2 }, { "sku": "TEA", "quantity": 1 }]);
    assert_eq!(told(&world, "north"), expected("north", lines));
    assert_eq!(told(&world, "south"), expected("south", json!([{ "sku": "CUP", "quantity": 3 }])));
    assert_eq!(told(&world, "west"), []);
}

#[tokio::test]
async fn a_warehouse_is_told_the_fact_itself_and_nothing_personal_that_it_does_not_need() {
    let world = World::with_paid_orders(1);
    world.happens(ID, Confirm);
    world.happens(ID, Cancel);
    assert_eq!(world.deliver(&[ID]).await, [Outcome::Done]);
    let facts: Vec<Event> = world.events(ID).into_iter().filter(|event| event.sequence > 3).collect();
    let bare = |events: Vec<Event>| -> Vec<Event> {
        events.into_iter().map(|event| Event { data: Value::Null, ..event }).collect()
    };
    assert_eq!(bare(world.feed("south")), bare(facts));
    let text = serde_json::to_string(&world.feed("south")).unwrap();
    for secret in ["zoe@example.com", "pm_card_visa", "pi_", "amount", "1 Billing Street", "TEA"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let cancelled = &told(&world, "south")[1].1;
    assert_eq!(cancelled.get("ship_to"), None, "nobody has to go anywhere");
}

#[tokio::test]
async fn a_cancellation_that_is_delivered_first_is_told_second() {
    let world = World::with_paid_orders(1);
    world.happens(ID, Confirm);
    world.happens(ID, Cancel);
    // One message for each of the two facts, in whatever order: the first tells both, the second finds nothing to tell.
    assert_eq!(world.deliver(&[ID]).await, [Outcome::Done]);
    assert_eq!(world.deliver(&[ID]).await, [Outcome::Done]);
    for warehouse in ["north", "south"] {
        assert_eq!(names(&world, warehouse), [EventName::OrderConfirmed, EventName::OrderCancelled]);
    }
    assert_eq!(world.calls_to_tell(), 1);
}

#[tokio::test]
async fn what_was_told_is_not_told_again_with_what_follows() {
    let world = World::with_paid_orders(1);
    world.happens(ID, Confirm);
    assert_eq!(world.deliver(&[ID, ID]).await, [Outcome::Done, Outcome::Done]);
    world.happens(ID, Cancel);
    assert_eq!(world.deliver(&[ID]).await, [Outcome::Done]);
    assert_eq!(world.said(), world.feed("north").len() + world.feed("south").len(), "each notice went out once");
    assert_eq!(names(&world, "north"), [EventName::OrderConfirmed, EventName::OrderCancelled]);
}

#[tokio::test]
async fn an_order_that_was_never_confirmed_is_told_to_nobody() {
    let world = World::with_paid_orders(2);
    world.happens(ID, Cancel);
    assert_eq!(world.deliver(&[ID, ID + 1]).await, [Outcome::Done, Outcome::Done]);
    assert_eq!((world.calls_to_tell(), world.mark(ID)), (0, 0));
}

#[tokio::test]
async fn whichever_call_fails_the_next_delivery_makes_it_good() {
    for call in 0..3 {
        for moment in [Moment::Before, Moment::After] {
            let world = World::with_paid_orders(2);
            world.happens(ID, Confirm);
            world.happens(ID + 1, Confirm);
            world.happens(ID, Cancel);
            world.fail(call, moment);
            let outcomes = world.deliver(&[ID, ID + 1]).await;
            assert!(
                outcomes.iter().all(|outcome| matches!(outcome, Outcome::Busy(_))),
                "{call} {moment:?}: {outcomes:?}"
            );
            assert_eq!(world.deliver(&[ID, ID + 1]).await, [Outcome::Done, Outcome::Done], "{call} {moment:?}");
            let two = [EventName::OrderConfirmed, EventName::OrderCancelled, EventName::OrderConfirmed];
            assert_eq!(names(&world, "north"), two, "{call} {moment:?}");
            assert_eq!((world.mark(ID), world.mark(ID + 1)), (5, 4), "{call} {moment:?}");
        }
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_told_fails_alone() {
    let world = World::with_paid_orders(3);
    (ID..ID + 3).for_each(|id| world.happens(id, Confirm));
    world.refuses(ID + 1);
    let outcomes = world.deliver(&[ID, ID + 1, ID + 2]).await;
    assert!(matches!(outcomes[..], [Outcome::Done, Outcome::Retry(_), Outcome::Done]), "{outcomes:?}");
    assert_eq!((world.mark(ID), world.mark(ID + 1), world.mark(ID + 2)), (4, 0, 4));
}

#[tokio::test]
async fn warehouses_that_go_away_while_orders_are_told_alone_are_not_asked_for_the_rest() {
    let world = World::with_paid_orders(3);
    (ID..ID + 3).for_each(|id| world.happens(id, Confirm));
    world.refuses(ID + 2);
    // Loading, all together, the first alone.
    world.fail(2, Moment::Before);
    let outcomes = world.deliver(&[ID, ID + 1, ID + 2]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Busy(_))), "{outcomes:?}");
    assert_eq!(world.calls_to_tell(), 2);
}

#[tokio::test]
async fn a_message_about_no_order_is_set_aside_in_time_and_its_neighbour_is_told() {
    let world = World::with_paid_orders(1);
    world.happens(ID, Confirm);
    let outcomes = world.deliver(&[ID + 7, ID]).await;
    assert!(matches!(outcomes[..], [Outcome::Retry(_), Outcome::Done]), "{outcomes:?}");
    assert_eq!(names(&world, "south"), [EventName::OrderConfirmed]);
}

#[test]
fn the_rule_takes_what_was_confirmed_and_no_order_that_was_called_off_before() {
    let rule = rules().into_iter().find(|rule| rule.queue == QueueName::Dispatch).unwrap();
    let pattern = Pattern::parse(&rule.pattern).unwrap();
    let world = World::with_paid_orders(2);
    world.happens(ID, Confirm);
    world.happens(ID, Cancel);
    world.happens(ID + 1, Cancel);
    let taken = |id: u128| -> Vec<EventName> {
        world.events(id).iter().filter(|event| pattern.matches(event)).filter_map(Event::name).collect()
    };
    assert_eq!(taken(ID), [EventName::OrderConfirmed, EventName::OrderCancelled]);
    assert_eq!(taken(ID + 1), []);
}
