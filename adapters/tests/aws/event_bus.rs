//! Events reach the queue that a rule names, as the CloudEvents they are.

use super::account::{chance, clients, event, name, order_id, queue, received};
use adapters::aws::event_bus::EventBridgeBus;
use aws_sdk_eventbridge::types::Target;
use schemas::event::{Event, EventName};
use std::collections::HashSet;
use workflows::ports::EventBus;

#[tokio::test]
async fn more_events_than_a_call_takes_reach_whom_the_rule_names() {
    let clients = clients().await;
    let (url, arn) = queue(&clients, false).await;
    let bus = name("bus");
    clients.event_bridge.create_event_bus().name(&bus).send().await.unwrap();
    let rule = clients.event_bridge.put_rule().name("confirmed").event_bus_name(&bus);
    rule.event_pattern(r#"{"detail-type":["OrderConfirmed"]}"#).send().await.unwrap();
    let target = Target::builder().id("queue").arn(arn).input_path("$.detail").build().unwrap();
    let targets = clients.event_bridge.put_targets().rule("confirmed").event_bus_name(&bus).targets(target);
    targets.send().await.unwrap();

    let confirmed: Vec<Event> = (0..25).map(|_| event(order_id(), EventName::OrderConfirmed, 3)).collect();
    let others = (0..5).map(|_| event(order_id(), EventName::OrderReserved, 2));
    let events: Vec<Event> = confirmed.iter().cloned().chain(others).collect();
    EventBridgeBus::new(clients.event_bridge.clone(), &bus, chance()).publish(&events).await.unwrap();

    let heard = received(&clients, &url, confirmed.len()).await;
    let heard: Vec<Event> = heard.into_iter().map(|body| serde_json::from_value(body).unwrap()).collect();
    assert!(heard.iter().all(|event| confirmed.contains(event)));
    assert_eq!(heard.iter().map(|event| event.id).collect::<HashSet<_>>().len(), confirmed.len());
}
