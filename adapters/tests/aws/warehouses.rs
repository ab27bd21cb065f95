//! Each warehouse hears its own notices on its own topic, those of one order in their order.

use super::account::{chance, clients, event, name, order_id, queue, received};
use adapters::aws::{Clients, warehouses::SnsWarehouses};
use aws_sdk_sqs::types::QueueAttributeName;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use workflows::ports::{Notice, Warehouses};

/// A topic of that name, and a queue that hears all of it.
async fn heard(clients: &Clients, topic: &str) -> (String, String) {
    let made = clients.sns.create_topic().name(format!("{topic}.fifo")).attributes("FifoTopic", "true");
    let topic = made.send().await.unwrap().topic_arn.unwrap();
    let (url, arn) = queue(clients, true).await;
    // A queue takes from a topic only what its own policy lets in.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    }] });
    let attributes = clients.sqs.set_queue_attributes().queue_url(&url);
    attributes.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
    let request = clients.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn);
    request.attributes("RawMessageDelivery", "true").send().await.unwrap();
    (topic, url)
}

/// What begins the ARNs of a test's topics, by the ARN of one of them.
fn before(topic: &str, warehouse: &str) -> String {
    topic.strip_suffix(&format!("{warehouse}.fifo")).unwrap().to_owned()
}

fn notice(warehouse: &str, order: OrderId, sequence: i32) -> Notice {
    Notice { warehouse: warehouse.to_owned(), event: event(order, EventName::OrderConfirmed, sequence) }
}

/// The sequences of each order, as they were heard.
fn by_order(heard: Vec<Value>) -> BTreeMap<OrderId, Vec<i32>> {
    let mut by_order: BTreeMap<_, Vec<i32>> = BTreeMap::new();
    for body in heard {
        let event: Event = serde_json::from_value(body).unwrap();
        by_order.entry(event.subject).or_default().push(event.sequence);
    }
    by_order
}

#[tokio::test]
async fn a_warehouse_hears_its_own_notices_in_order_and_once_and_nothing_of_another_s() {
    let clients = clients().await;
    let stage = name("stage");
    let (topic, north) = heard(&clients, &format!("{stage}-north")).await;
    // Characters that no topic's name may have.
    let (_, south) = heard(&clients, &format!("{stage}-Tor_203_C3_BC")).await;
    let orders: Vec<_> = (0..7).map(|_| order_id()).collect();
    let notices: Vec<Notice> = (1..=5)
        .flat_map(|sequence| orders.iter().map(move |order| (sequence, *order)))
        .flat_map(|(sequence, order)| ["north", "Tor 3ü"].map(|warehouse| notice(warehouse, order, sequence)))
        .filter(|notice| notice.warehouse == "north" || notice.event.sequence % 2 == 0)
        .collect();
    let warehouses = SnsWarehouses::new(clients.sns.clone(), before(&topic, "north"), chance());
    warehouses.tell(&notices).await.unwrap();
    warehouses.tell(&notices).await.unwrap();

    for (url, sequences) in [(north, vec![1, 2, 3, 4, 5]), (south, vec![2, 4])] {
        let by_order = by_order(received(&clients, &url, orders.len() * sequences.len()).await);
        assert_eq!(by_order.len(), orders.len());
        assert!(by_order.values().all(|heard| *heard == sequences), "{by_order:?}");
    }
}

#[tokio::test]
async fn a_warehouse_without_a_topic_keeps_nobody_from_hearing() {
    let clients = clients().await;
    let stage = name("stage");
    let (topic, north) = heard(&clients, &format!("{stage}-north")).await;
    let (shared, all) = heard(&clients, &format!("{stage}s")).await;
    let warehouses =
        SnsWarehouses::new(clients.sns.clone(), before(&topic, "north"), chance()).and_shared(Some(shared));
    let order = order_id();
    let long = "x".repeat(300);
    for sequence in [1, 2] {
        let notices =
            [notice("north", order, sequence), notice("nowhere", order, sequence), notice(&long, order, sequence)];
        warehouses.tell(&notices).await.unwrap();
    }
    assert_eq!(by_order(received(&clients, &north, 2).await)[&order], [1, 2]);
    // A topic that is made later is found by the next notice.
    let (_, nowhere) = heard(&clients, &format!("{stage}-nowhere")).await;
    warehouses.tell(&[notice("nowhere", order, 3)]).await.unwrap();
    assert_eq!(by_order(received(&clients, &nowhere, 1).await)[&order], [3]);
    // Whoever has not changed to a topic of its own yet still hears there.
    assert_eq!(by_order(received(&clients, &all, 7).await)[&order].len(), 7);
}
