//! Each warehouse hears its own notices, those of one order in their order.

use super::account::{clients, event, name, order_id, queue, received};
use adapters::aws::{Clients, warehouses::SnsWarehouses};
use aws_sdk_sqs::types::QueueAttributeName;
use schemas::event::{Event, EventName};
use serde_json::json;
use std::collections::BTreeMap;
use workflows::ports::{Notice, Warehouses};

async fn subscribed(clients: &Clients, topic: &str, warehouse: &str) -> String {
    let (url, arn) = queue(clients, true).await;
    // A queue takes from a topic only what its own policy lets in.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    }] });
    let attributes = clients.sqs.set_queue_attributes().queue_url(&url);
    attributes.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
    let request = clients.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
    let request = request.attributes("RawMessageDelivery", "true");
    let request = request.attributes("FilterPolicy", format!(r#"{{"warehouse":["{warehouse}"]}}"#));
    request.send().await.unwrap();
    url
}

#[tokio::test]
async fn a_warehouse_hears_its_own_notices_in_order_and_once() {
    let clients = clients().await;
    let topic = clients.sns.create_topic().name(format!("{}.fifo", name("topic"))).attributes("FifoTopic", "true");
    let topic = topic.send().await.unwrap().topic_arn.unwrap();
    let (north, south) = (subscribed(&clients, &topic, "north").await, subscribed(&clients, &topic, "south").await);
    let orders: Vec<_> = (0..7).map(|_| order_id()).collect();
    let notices: Vec<Notice> = (1..=5)
        .flat_map(|sequence| orders.iter().map(move |order| (sequence, *order)))
        .flat_map(|(sequence, order)| {
            let event = event(order, EventName::OrderConfirmed, sequence);
            ["north", "south"].map(|warehouse| Notice { warehouse: warehouse.to_owned(), event: event.clone() })
        })
        .filter(|notice| notice.warehouse == "north" || notice.event.sequence % 2 == 0)
        .collect();
    let warehouses = SnsWarehouses::new(clients.sns.clone(), &topic);
    warehouses.tell(&notices).await.unwrap();
    warehouses.tell(&notices).await.unwrap();

    for (url, sequences) in [(north, vec![1, 2, 3, 4, 5]), (south, vec![2, 4])] {
        let heard = received(&clients, &url, orders.len() * sequences.len()).await;
        let mut by_order: BTreeMap<_, Vec<i32>> = BTreeMap::new();
        for body in heard {
            let event: Event = serde_json::from_value(body).unwrap();
            by_order.entry(event.subject).or_default().push(event.sequence);
        }
        assert_eq!(by_order.len(), orders.len());
        assert!(by_order.values().all(|heard| *heard == sequences), "{by_order:?}");
    }
}
