//! The event bus: each event on every queue that a rule names, and on no other.

use super::shop::{Shop, heard};
use adapters::postgres::runtime::event_bus::PgEventBus;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;
use workflows::{
    ports::{Clock, EventBus},
    wiring::QueueName,
    wiring::{Rule, rules},
};

impl Shop {
    fn bus(&self) -> PgEventBus {
        PgEventBus::new(self.database.clone(), &rules()).unwrap()
    }

    fn event(&self, name: EventName, data: Value) -> Event {
        Event::new("test", OrderId(Uuid::from_u128(2)), 3, name, self.clock.now(), data)
    }

    /// Where the messages are, and then none are left.
    async fn collect(&self) -> Vec<String> {
        let queues = "select coalesce(array_agg(queue order by queue), '{}') from messages";
        let found = self.value(queues).await;
        self.run("delete from messages").await;
        found
    }
}

#[tokio::test]
async fn every_event_goes_to_the_queues_of_its_rules_and_to_no_other() {
    let shop = Shop::empty().await;
    let bus = shop.bus();
    for name in EventName::ALL {
        for reserved in [true, false] {
            // As the lifecycle says it: only a cancellation tells what the order was.
            let mut data = json!({ "reserved": reserved });
            if *name == EventName::OrderCancelled {
                data["was"] = json!("reserved");
            }
            bus.publish(&[shop.event(*name, data)]).await.unwrap();
            let expected: &[&str] = match (name, reserved) {
                (EventName::OrderConfirmed, _) => &["dispatch", "index", "invoice"],
                (EventName::OrderRejected | EventName::OrderCancelled, true) => &["index", "void"],
                (EventName::OrderRejected | EventName::OrderCancelled, false) | (EventName::OrderReserved, _) => {
                    &["index"]
                }
                (EventName::OrderSubmitted | EventName::PaymentAuthorized | EventName::InvoiceIssued, _) => &[],
            };
            assert_eq!(shop.collect().await, expected, "{name} {reserved}");
        }
    }
    bus.publish(&[shop.event(EventName::OrderCancelled, json!({ "was": "confirmed", "reserved": true }))])
        .await
        .unwrap();
    assert_eq!(shop.collect().await, ["dispatch", "index", "void"]);
}

#[tokio::test]
async fn a_message_carries_the_event_and_its_order_and_wakes_its_queue() {
    let shop = Shop::empty().await;
    let event = shop.event(EventName::OrderConfirmed, json!({ "total": { "amount": 5, "currency": "EUR" } }));
    let mut listener = shop.listener().await;
    shop.bus().publish(std::slice::from_ref(&event)).await.unwrap();
    let woken = BTreeSet::from([heard(&mut listener).await, heard(&mut listener).await, heard(&mut listener).await]);
    assert_eq!(woken, BTreeSet::from(["dispatch".to_owned(), "index".to_owned(), "invoice".to_owned()]));
    let (subject, body): (Uuid, Value) = sqlx::query_as("select subject, body from messages where queue = 'invoice'")
        .fetch_one(&shop.database.durable)
        .await
        .unwrap();
    assert_eq!(subject, event.subject.0);
    assert_eq!(serde_json::from_value::<Event>(body).unwrap(), event);
}

#[tokio::test]
async fn several_events_are_told_together() {
    let shop = Shop::empty().await;
    let names = [EventName::OrderConfirmed, EventName::OrderSubmitted, EventName::OrderReserved];
    let events: Vec<Event> = names.iter().map(|name| shop.event(*name, json!({}))).collect();
    shop.bus().publish(&events).await.unwrap();
    assert_eq!(shop.collect().await, ["dispatch", "index", "index", "invoice"]);
    shop.bus().publish(&[]).await.unwrap();
    assert_eq!(shop.collect().await, [""; 0]);
}

#[tokio::test]
async fn a_rule_that_cannot_be_run_is_refused_at_once() {
    let shop = Shop::empty().await;
    let rule =
        Rule { name: "odd", queue: QueueName::Index, pattern: json!({ "detail-type": [{ "cidr": "10.0.0.0/8" }] }) };
    assert!(PgEventBus::new(shop.database.clone(), &[rule]).is_err());
}
