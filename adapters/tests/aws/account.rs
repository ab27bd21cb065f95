//! What a test needs in its account: queues, tables and the like under names of its own.

use adapters::{
    aws::{Clients, queue::SqsQueues},
    system::SystemChance,
};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_sqs::types::QueueAttributeName;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use workflows::{
    ports::{Chance, Clock, Ids},
    wiring::QueueName,
};

/// How long something may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn now() -> OffsetDateTime {
    adapters::system::SystemClock.now()
}

pub(crate) fn order_id() -> OrderId {
    adapters::system::SystemIds.order_id()
}

/// A name that no other test has.
pub(crate) fn name(kind: &str) -> String {
    format!("{kind}-{}", order_id().0.simple())
}

fn endpoint() -> String {
    let wanted =
        std::env::var("SLUICE_TEST_AWS_ENDPOINT").expect("SLUICE_TEST_AWS_ENDPOINT says where the local AWS is");
    let used = std::env::var("AWS_ENDPOINT_URL").ok();
    assert_eq!(used.as_ref(), Some(&wanted), "AWS_ENDPOINT_URL has to be the same");
    wanted
}

pub(crate) async fn clients() -> Clients {
    endpoint();
    Clients::load().await
}

/// A new queue: its URL and its ARN.
pub(crate) async fn queue(clients: &Clients, fifo: bool) -> (String, String) {
    let mut request = clients.sqs.create_queue();
    request = if fifo {
        request.queue_name(format!("{}.fifo", name("queue"))).attributes(QueueAttributeName::FifoQueue, "true")
    } else {
        request.queue_name(name("queue"))
    };
    let url = request.send().await.unwrap().queue_url.unwrap();
    let asked = clients.sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let mut attributes = asked.send().await.unwrap().attributes.unwrap();
    (url, attributes.remove(&QueueAttributeName::QueueArn).unwrap())
}

/// The bodies on a queue, once there are that many and no more come; in the order they were received.
pub(crate) async fn received(clients: &Clients, url: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    let mut bodies = Vec::new();
    loop {
        let enough = bodies.len() >= count;
        let request = clients.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let answer = request.wait_time_seconds(1).send().await.unwrap();
        let messages = answer.messages();
        if messages.is_empty() && (enough || Instant::now() > deadline) {
            assert_eq!(bodies.len(), count, "messages on {url}");
            return bodies;
        }
        for message in messages {
            bodies.push(serde_json::from_str(message.body().unwrap()).unwrap());
            let receipt = message.receipt_handle().unwrap();
            clients.sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await.unwrap();
        }
    }
}

pub(crate) fn chance() -> Arc<dyn Chance> {
    Arc::new(SystemChance)
}

/// Queue `intake` at that URL.
pub(crate) fn queues(clients: &Clients, url: &str, payloads: Option<adapters::aws::payload::Payloads>) -> SqsQueues {
    let urls = BTreeMap::from([(QueueName::Intake, url.to_owned())]);
    SqsQueues::new(clients.sqs.clone(), urls, payloads, chance())
}

/// A new table with the key that submissions have.
pub(crate) async fn table(clients: &Clients) -> String {
    let name = name("table");
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    let of_type = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let request = clients.dynamo_db.create_table().table_name(&name).key_schema(key);
    let request = request.attribute_definitions(of_type.build().unwrap()).billing_mode(BillingMode::PayPerRequest);
    request.send().await.unwrap();
    name
}

/// A new bucket. The adapters have no call that makes one, so this is said in plain HTTP.
pub(crate) async fn bucket() -> String {
    let name = name("bucket");
    let endpoint = endpoint();
    let host = endpoint.strip_prefix("http://").expect("a local AWS without TLS").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    name
}

pub(crate) fn event(order: OrderId, name: EventName, sequence: i32) -> Event {
    Event::new("test", order, sequence, name, now(), json!({}))
}
