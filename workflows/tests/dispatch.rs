//! Telling warehouses: each hears of its part of an order, in the order in which things happened, whatever fails and
//! however often it is delivered.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say it in their names, and fail by panicking"
)]

use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use serde_json::{Value, json};
use std::sync::Arc;
use testing::{FaultPoint, Shop, samples::order_id};
use workflows::{
    lifecycle::Command::{Cancel, Confirm},
    pattern::Pattern,
    steps::{Outcome, fulfilment::dispatch_orders::dispatch_orders},
    wiring::{QueueName, rules},
};

/// The first order's number; the others follow.
const ID: u128 = 7;

/// A shop with so many orders whose money is held: two lines of TEA in `north`, and one of CUP in `south`.
fn with_paid_orders(count: u128) -> Arc<Shop> {
    let shop = Shop::new();
    for number in ID..ID + count {
        shop.paid(number);
    }
    shop
}

async fn deliver(shop: &Shop, numbers: &[u128]) -> Vec<Outcome> {
    let ids: Vec<OrderId> = numbers.iter().copied().map(order_id).collect();
    dispatch_orders(shop, shop, &ids).await
}

fn events(shop: &Shop, number: u128) -> Vec<Event> {
    shop.contents().events[&order_id(number)].clone()
}

fn heard(shop: &Shop, warehouse: &str) -> Vec<Event> {
    shop.contents().heard_by(warehouse)
}

fn told(shop: &Shop, warehouse: &str) -> Vec<(EventName, Value)> {
    heard(shop, warehouse).into_iter().map(|event| (event.name().unwrap(), event.data)).collect()
}

fn names(shop: &Shop, warehouse: &str) -> Vec<EventName> {
    heard(shop, warehouse).iter().map(|event| event.name().unwrap()).collect()
}

fn calls_to_tell(shop: &Shop) -> usize {
    shop.faults.calls_of("warehouses.tell").len()
}

/// How far the order's warehouses are known to have been told.
fn mark(shop: &Shop, number: u128) -> i32 {
    shop.contents().dispatched.get(&order_id(number)).copied().unwrap_or_default()
}

#[tokio::test]
async fn each_warehouse_is_told_its_own_lines_and_where_they_go() {
    let shop = with_paid_orders(1);
    shop.happens(order_id(ID), Confirm);
    assert_eq!(deliver(&shop, &[ID]).await, [Outcome::Done]);
    let ship_to = json!({ "name": "Zoe", "line1": "1 High Street", "city": "London", "postal_code": "N1",
        "country": "GB" });
    let expected = |warehouse: &str, lines: Value| {
        let data = json!({ "order_id": order_id(ID), "warehouse": warehouse, "lines": lines, "ship_to": ship_to });
        vec![(EventName::OrderConfirmed, data)]
    };
    let lines = json!([{ "sku": "TEA", "quantity": 2 }, { "sku": "TEA", "quantity": 1 }]);
    assert_eq!(told(&shop, "north"), expected("north", lines));
    assert_eq!(told(&shop, "south"), expected("south", json!([{ "sku": "CUP", "quantity": 3 }])));
    assert_eq!(told(&shop, "west"), []);
}

#[tokio::test]
async fn a_warehouse_is_told_the_fact_itself_and_nothing_personal_that_it_does_not_need() {
    let shop = with_paid_orders(1);
    shop.happens(order_id(ID), Confirm);
    shop.happens(order_id(ID), Cancel);
    assert_eq!(deliver(&shop, &[ID]).await, [Outcome::Done]);
    let facts: Vec<Event> = events(&shop, ID).into_iter().filter(|event| event.sequence > 3).collect();
    let bare = |events: Vec<Event>| -> Vec<Event> {
        events.into_iter().map(|event| Event { data: Value::Null, ..event }).collect()
    };
    assert_eq!(bare(heard(&shop, "south")), bare(facts));
    let text = serde_json::to_string(&heard(&shop, "south")).unwrap();
    for secret in ["zoe@example.com", "pm_card_visa", "pi_", "amount", "1 Billing Street", "TEA"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let cancelled = &told(&shop, "south")[1].1;
    assert_eq!(cancelled.get("ship_to"), None, "nobody has to go anywhere");
}

#[tokio::test]
async fn a_cancellation_that_is_delivered_first_is_told_second() {
    let shop = with_paid_orders(1);
    shop.happens(order_id(ID), Confirm);
    shop.happens(order_id(ID), Cancel);
    // One message for each of the two facts, in whatever order: the first tells both, the second finds nothing to tell.
    assert_eq!(deliver(&shop, &[ID]).await, [Outcome::Done]);
    assert_eq!(deliver(&shop, &[ID]).await, [Outcome::Done]);
    for warehouse in ["north", "south"] {
        assert_eq!(names(&shop, warehouse), [EventName::OrderConfirmed, EventName::OrderCancelled]);
    }
    assert_eq!(calls_to_tell(&shop), 1);
}

#[tokio::test]
async fn what_was_told_is_not_told_again_with_what_follows() {
    let shop = with_paid_orders(1);
    shop.happens(order_id(ID), Confirm);
    assert_eq!(deliver(&shop, &[ID, ID]).await, [Outcome::Done, Outcome::Done]);
    shop.happens(order_id(ID), Cancel);
    assert_eq!(deliver(&shop, &[ID]).await, [Outcome::Done]);
    let fed = shop.contents().feed.len();
    assert_eq!(fed, heard(&shop, "north").len() + heard(&shop, "south").len(), "each notice went out once");
    assert_eq!(names(&shop, "north"), [EventName::OrderConfirmed, EventName::OrderCancelled]);
}

#[tokio::test]
async fn an_order_that_was_never_confirmed_is_told_to_nobody() {
    let shop = with_paid_orders(2);
    shop.happens(order_id(ID), Cancel);
    assert_eq!(deliver(&shop, &[ID, ID + 1]).await, [Outcome::Done, Outcome::Done]);
    assert_eq!((calls_to_tell(&shop), mark(&shop, ID)), (0, 0));
}

#[tokio::test]
async fn whichever_call_fails_the_next_delivery_makes_it_good() {
    for call in 0..3 {
        for point in [FaultPoint::Before, FaultPoint::After] {
            let shop = with_paid_orders(2);
            shop.happens(order_id(ID), Confirm);
            shop.happens(order_id(ID + 1), Confirm);
            shop.happens(order_id(ID), Cancel);
            shop.faults.fail_after(call, point);
            let outcomes = deliver(&shop, &[ID, ID + 1]).await;
            assert!(
                outcomes.iter().all(|outcome| matches!(outcome, Outcome::Busy(_))),
                "{call} {point:?}: {outcomes:?}"
            );
            assert_eq!(deliver(&shop, &[ID, ID + 1]).await, [Outcome::Done, Outcome::Done], "{call} {point:?}");
            let two = [EventName::OrderConfirmed, EventName::OrderCancelled, EventName::OrderConfirmed];
            assert_eq!(names(&shop, "north"), two, "{call} {point:?}");
            assert_eq!((mark(&shop, ID), mark(&shop, ID + 1)), (5, 4), "{call} {point:?}");
        }
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_told_fails_alone() {
    let shop = with_paid_orders(3);
    (ID..ID + 3).for_each(|id| shop.happens(order_id(id), Confirm));
    shop.faults.refuse("warehouses.tell", order_id(ID + 1));
    let outcomes = deliver(&shop, &[ID, ID + 1, ID + 2]).await;
    assert!(matches!(outcomes[..], [Outcome::Done, Outcome::Retry(_), Outcome::Done]), "{outcomes:?}");
    assert_eq!((mark(&shop, ID), mark(&shop, ID + 1), mark(&shop, ID + 2)), (4, 0, 4));
}

#[tokio::test]
async fn warehouses_that_go_away_while_orders_are_told_alone_are_not_asked_for_the_rest() {
    let shop = with_paid_orders(3);
    (ID..ID + 3).for_each(|id| shop.happens(order_id(id), Confirm));
    shop.faults.refuse("warehouses.tell", order_id(ID + 2));
    // Loading, all together, the first alone.
    shop.faults.fail_after(2, FaultPoint::Before);
    let outcomes = deliver(&shop, &[ID, ID + 1, ID + 2]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Busy(_))), "{outcomes:?}");
    assert_eq!(calls_to_tell(&shop), 2);
}

#[tokio::test]
async fn a_message_about_no_order_is_set_aside_in_time_and_its_neighbour_is_told() {
    let shop = with_paid_orders(1);
    shop.happens(order_id(ID), Confirm);
    let outcomes = deliver(&shop, &[ID + 7, ID]).await;
    assert!(matches!(outcomes[..], [Outcome::Retry(_), Outcome::Done]), "{outcomes:?}");
    assert_eq!(names(&shop, "south"), [EventName::OrderConfirmed]);
}

#[test]
fn the_rule_takes_what_was_confirmed_and_no_order_that_was_called_off_before() {
    let rule = rules().into_iter().find(|rule| rule.queue == QueueName::Dispatch).unwrap();
    let pattern = Pattern::parse(&rule.pattern).unwrap();
    let shop = with_paid_orders(2);
    shop.happens(order_id(ID), Confirm);
    shop.happens(order_id(ID), Cancel);
    shop.happens(order_id(ID + 1), Cancel);
    let taken = |id: u128| -> Vec<EventName> {
        events(&shop, id).iter().filter(|event| pattern.matches(event)).filter_map(Event::name).collect()
    };
    assert_eq!(taken(ID), [EventName::OrderConfirmed, EventName::OrderCancelled]);
    assert_eq!(taken(ID + 1), []);
}
