//! Queues on SQS.

use super::account::{clients, order_id, queue, queues, received};
use adapters::aws::queue::{FIRST_SENT, Requeued, fair_group};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use workflows::{
    ports::{OutgoingMessage, Queue},
    wiring::QueueName,
};

fn messages(bodies: &[Value]) -> Vec<OutgoingMessage> {
    bodies.iter().map(|body| OutgoingMessage { subject: order_id().0, body: body.clone() }).collect()
}

#[tokio::test]
async fn more_messages_than_a_call_takes_arrive_once_each() {
    let clients = clients().await;
    let (url, _) = queue(&clients, false).await;
    let bodies: Vec<Value> = (0..33).map(|n| json!({ "n": n, "filler": "x".repeat(40_000) })).collect();
    queues(&clients, &url, None).send(QueueName::Intake, messages(&bodies)).await.unwrap();
    let arrived = received(&clients, &url, bodies.len()).await;
    let numbers: BTreeSet<u64> = arrived.iter().map(|body| body["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..33).collect());
}

#[tokio::test]
async fn what_is_requeued_is_new_on_its_queue_and_says_when_it_was_first_sent() {
    let clients = clients().await;
    let (url, _) = queue(&clients, false).await;
    let waiting = |n: i64| Requeued {
        text: format!("{{\"n\":{n}}}"),
        group: Some(fair_group("zoe")),
        delay: Duration::from_millis(500),
        first_sent: n,
    };
    let messages: Vec<_> = (0..12).map(waiting).collect();
    queues(&clients, &url, None).requeue(QueueName::Intake, &messages).await.unwrap();
    let request = clients.sqs.receive_message().queue_url(&url).wait_time_seconds(5).message_attribute_names("All");
    let answer = request.send().await.unwrap();
    let [message] = answer.messages() else { panic!("{answer:?}") };
    let noted = message.message_attributes().unwrap()[FIRST_SENT].string_value().unwrap();
    assert_eq!(message.body().unwrap(), format!("{{\"n\":{noted}}}"));
    clients
        .sqs
        .delete_message()
        .queue_url(&url)
        .receipt_handle(message.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    received(&clients, &url, 11).await;
}

#[tokio::test]
async fn a_queue_without_a_url_and_a_body_without_a_bucket_are_refused() {
    let clients = clients().await;
    let (url, _) = queue(&clients, false).await;
    let queues = queues(&clients, &url, None);
    assert!(!queues.send(QueueName::Invoice, messages(&[json!({})])).await.unwrap_err().away);
    assert!(!queues.send(QueueName::Intake, messages(&[json!("x".repeat(210_000))])).await.unwrap_err().away);
    received(&clients, &url, 0).await;
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_refused_by_the_service() {
    let clients = clients().await;
    let (url, _) = queue(&clients, false).await;
    let error = queues(&clients, &format!("{url}-gone"), None)
        .send(QueueName::Intake, messages(&[json!({})]))
        .await
        .unwrap_err();
    assert!(!error.away, "{}", error.chain());
}
