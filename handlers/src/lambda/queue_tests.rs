//! What becomes of each message of a batch: done, refused, requeued, or named as failed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{
    in_memory::{accepted, ports, shop},
    lambda::logs::tests::logged,
};
use adapters::aws::queue::Requeued;
use async_trait::async_trait;
use schemas::api::order::Reason;
use serde_json::json;
use std::{
    future::{pending, ready},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use testing::{Fault, START, Shop, samples::order_id as id};
use workflows::lifecycle::Command;

/// What was requeued.
#[derive(Default)]
struct Back {
    messages: Mutex<Vec<Requeued>>,
    /// Nothing can be.
    away: bool,
}

#[async_trait]
impl Requeue for Back {
    async fn requeue(&self, messages: Vec<Requeued>) -> Result<(), Unavailable> {
        self.messages.lock().unwrap().extend(messages);
        if self.away { Err(Unavailable::because("queue.send", "the queue is away")) } else { Ok(()) }
    }
}

type Wire = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Handler>>>;

fn worker(step: Step, shop: &Arc<Shop>) -> Worker<Wire> {
    worker_over(step, shop, &Arc::default())
}

fn worker_over(step: Step, shop: &Arc<Shop>, back: &Arc<Back>) -> Worker<Wire> {
    let handler = Handler::of(step, &ports(shop)).unwrap();
    worker_wired_by(Box::new(move || Box::pin(ready(Ok(handler.clone())))), step, shop, back)
}

fn worker_wired_by(wire: Wire, step: Step, shop: &Arc<Shop>, back: &Arc<Back>) -> Worker<Wire> {
    let payloads = Some(Payloads::new(shop.clone()));
    let (clock, waiting, renewal) = (shop.clock.clone(), back.clone(), Arc::default());
    Worker { step, clock, handler: OnceCell::new(), wire, payloads, waiting, renewal }
}

/// A message as SQS delivers it.
fn message(name: &str, receives: u32, body: &str) -> Message {
    let sent = START.unix_timestamp() * 1_000;
    let attributes = json!({ "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": sent.to_string() });
    serde_json::from_value(json!({ "messageId": name, "body": body, "attributes": attributes })).unwrap()
}

fn cancel(number: u128) -> String {
    json!({ "order_id": id(number) }).to_string()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

#[tokio::test]
async fn exactly_the_messages_that_failed_are_named() {
    let shop = shop();
    shop.reserved(1);
    shop.happens(shop.reserved(2), Command::Reject { reason: Reason::OutOfStock, detail: None });
    shop.reserved(5);
    let messages = vec![
        message("good", 1, &cancel(1)),
        message("refused", 1, &cancel(2)),
        message("no JSON", 1, "{\"order_id\": "),
        message("not stored yet", 1, &cancel(4)),
        message("no order", 1, "{}"),
        message("good again", 1, &cancel(5)),
    ];
    let answer = worker(Step::Cancel, &shop).work(messages, soon()).await.unwrap();
    assert_eq!(names(&answer), ["no JSON", "no order"]);
    let sent = serde_json::to_value(&answer).unwrap();
    assert_eq!(sent["batchItemFailures"][0], json!({ "itemIdentifier": "no JSON" }));
}

#[tokio::test]
async fn a_message_that_comes_again_is_handled_alone() {
    let shop = shop();
    let messages = [(1, 1), (2, 2), (3, 1), (4, 3)].map(|(number, receives)| message("m", receives, &cancel(number)));
    worker(Step::Cancel, &shop).work(messages.into(), soon()).await.unwrap();
    let expected = [vec![id(1), id(3)], vec![id(2)], vec![id(4)]];
    assert_eq!(shop.faults.calls_of("orders.apply"), expected);
}

#[tokio::test]
async fn a_panic_returns_the_whole_batch() {
    let shop = shop();
    shop.faults.always("orders.", Fault::Panics);
    let messages = vec![message("a", 1, &cancel(1)), message("b", 1, &cancel(2)), message("c", 2, &cancel(3))];
    assert_eq!(names(&worker(Step::Cancel, &shop).work(messages, soon()).await.unwrap()), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_when_the_time_runs_out_comes_again() {
    let shop = shop();
    shop.faults.always("orders.", Fault::Hangs);
    let (began, until) = (Instant::now(), soon());
    let messages = vec![message("a", 1, &cancel(1)), message("b", 2, &cancel(2))];
    let back = Arc::<Back>::default();
    assert_eq!(names(&worker_over(Step::Cancel, &shop, &back).work(messages, until).await.unwrap()), ["a"]);
    assert_eq!(began.elapsed(), Duration::from_secs(9));
    // The second was not begun, so it has not failed.
    assert_eq!(shop.faults.calls_of("orders.apply"), [[id(1)]]);
    assert_eq!(back.messages.lock().unwrap()[0].text, cancel(2));
}

#[tokio::test(start_paused = true)]
async fn what_would_have_too_little_time_is_not_begun() {
    let shop = shop();
    for (number, took, begun) in [(1, 4, true), (2, 5, false)] {
        let back = Arc::<Back>::default();
        shop.reserved(number);
        shop.reserved(number + 10);
        shop.faults.mend();
        shop.faults.always("orders.", Fault::Takes(Duration::from_secs(took)));
        let messages = vec![message("slow", 1, &cancel(number)), message("again", 2, &cancel(number + 10))];
        let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
        assert!(names(&answer).is_empty());
        assert_eq!(back.messages.lock().unwrap().is_empty(), begun, "{took}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_secrets_cannot_be_read_every_message_waits() {
    let (shop, back) = (shop(), Arc::<Back>::default());
    shop.reserved(1);
    let away = Arc::new(AtomicBool::new(true));
    let (handler, is_away) = (Handler::of(Step::Cancel, &ports(&shop)).unwrap(), away.clone());
    let wire: Wire = Box::new(move || {
        let unread = || anyhow::Error::from(Unavailable::because("secrets.database_url", "not now"));
        Box::pin(ready(if is_away.load(Ordering::SeqCst) { Err(unread()) } else { Ok(handler.clone()) }))
    });
    let worker = worker_wired_by(wire, Step::Cancel, &shop, &back);
    let answer = worker.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap();
    assert!(names(&answer).is_empty());
    assert_eq!(back.messages.lock().unwrap()[0].text, cancel(1));
    assert!(shop.faults.calls().is_empty());
    away.store(false, Ordering::SeqCst);
    worker.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap();
    assert_eq!(shop.faults.calls_of("orders.apply"), [[id(1)]]);
    // Nor does one wait for ever who is not answered.
    let silent = worker_wired_by(Box::new(|| Box::pin(pending())), Step::Cancel, &shop, &back);
    assert!(names(&silent.work(vec![message("b", 1, &cancel(1))], soon()).await.unwrap()).is_empty());
    assert_eq!(back.messages.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_secret_that_is_none_fails_the_invocation() {
    let (shop, back) = (shop(), Arc::<Back>::default());
    let refused = || anyhow::Error::from(Unavailable::at_fault("secrets.database_url", "secret s names no host"));
    let wire: Wire = Box::new(move || Box::pin(ready(Err(refused()))));
    let failed = worker_wired_by(wire, Step::Cancel, &shop, &back);
    let error = failed.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap_err();
    assert!(error.error_message.contains("secret s names no host"), "{}", error.error_message);
    assert!(back.messages.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_ready_waits_on_its_queue_and_is_not_counted() {
    let (shop, back) = (shop(), Arc::<Back>::default());
    let now = i64::try_from(shop.clock.at().unix_timestamp_nanos() / 1_000_000).unwrap();
    let mut early = message("early", 1, &cancel(1));
    early.attributes.sent_timestamp = (now - 100).to_string();
    early.attributes.message_group_id = Some("g".to_owned());
    let mut late = message("late", 3, &cancel(2));
    late.attributes.sent_timestamp = (now - 100).to_string();
    let first_sent = json!({ "stringValue": (now - 40_000).to_string(), "dataType": "Number" });
    late.message_attributes = serde_json::from_value(json!({ FIRST_SENT: first_sent })).unwrap();
    let answer = worker_over(Step::Cancel, &shop, &back).work(vec![early, late], soon()).await.unwrap();
    assert!(names(&answer).is_empty());
    let waiting = |order, milliseconds, first_sent| Requeued {
        text: cancel(order),
        group: (order == 1).then(|| "g".to_owned()),
        delay: Duration::from_millis(milliseconds),
        first_sent,
    };
    assert_eq!(*back.messages.lock().unwrap(), [waiting(1, 500, now - 100), waiting(2, 10_000, now - 40_000)]);
}

#[tokio::test]
async fn what_has_waited_a_day_counts_as_failed() {
    let (shop, back) = (shop(), Arc::<Back>::default());
    let day = 24 * 60 * 60;
    let waited = |name: &str, seconds: i64| {
        let mut message = message(name, 1, &cancel(1));
        message.attributes.sent_timestamp = ((START.unix_timestamp() - seconds) * 1_000).to_string();
        message
    };
    let messages = vec![waited("less", day - 1), waited("a day", day)];
    let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
    assert_eq!(names(&answer), ["a day"]);
    assert_eq!(back.messages.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_requeued_counts_as_failed() {
    let (shop, back) = (shop(), Arc::new(Back { away: true, ..Back::default() }));
    shop.reserved(2);
    let messages = vec![message("not stored yet", 1, &cancel(1)), message("good", 1, &cancel(2))];
    let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
    assert_eq!(names(&answer), ["not stored yet"]);
}

#[tokio::test]
async fn a_body_that_lies_elsewhere_is_fetched_and_one_that_is_gone_fails_alone() {
    let shop = shop();
    shop.contents().documents.insert("intake/1.json".into(), accepted(1).to_string().into_bytes());
    let messages = vec![
        message("gone", 1, r#"{"$payload": "intake/2.json"}"#),
        message("there", 1, r#"{"$payload": "intake/1.json"}"#),
        message("small", 1, &accepted(3).to_string()),
    ];
    let answer = worker(Step::Reserve, &shop).work(messages, soon()).await.unwrap();
    assert_eq!(names(&answer), ["gone"]);
    assert_eq!(shop.contents().started, [id(1), id(3)]);
}

/// A message that refers to an order of a megabyte and a half.
fn refers(shop: &Shop, number: u128) -> Message {
    let mut order = accepted(number);
    order["customer"] = json!("c".repeat(1_500_000));
    let path = format!("intake/{number}.json");
    shop.contents().documents.insert(path.clone(), order.to_string().into_bytes());
    message(&number.to_string(), 1, &json!({ "$payload": path }).to_string())
}

#[tokio::test]
async fn references_to_large_bodies_are_handled_in_chunks_of_bounded_bytes() {
    let shop = shop();
    let mut messages: Vec<Message> = (1..=9).map(|number| refers(&shop, number)).collect();
    messages.insert(4, message("gone", 1, r#"{"$payload": "intake/none.json"}"#));
    messages.push(message("small", 1, &accepted(10).to_string()));
    let answer = worker(Step::Reserve, &shop).work(messages, soon()).await.unwrap();
    assert_eq!(names(&answer), ["gone"]);
    let parts = shop.faults.calls_of("orders.reserve");
    assert_eq!(parts.concat(), (1..=10).map(id).collect::<Vec<_>>());
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_part_for_which_too_little_time_is_left_waits_and_is_not_counted() {
    let (shop, back) = (shop(), Arc::<Back>::default());
    let messages: Vec<Message> = (1..=4).map(|number| refers(&shop, number)).collect();
    shop.faults.always("orders.", Fault::Takes(Duration::from_secs(5)));
    let answer = worker_over(Step::Reserve, &shop, &back).work(messages, soon()).await.unwrap();
    assert!(names(&answer).is_empty());
    assert_eq!(shop.faults.calls_of("orders.reserve").len(), 1);
    assert_eq!(back.messages.lock().unwrap()[0].text, json!({ "$payload": "intake/4.json" }).to_string());
}

#[test]
fn the_alarm_on_failing_messages_counts_those_that_failed_and_no_others() {
    let said = || "why".to_owned();
    let outcomes = [Outcome::Retry(said()), Outcome::Busy(said()), Outcome::Refused(said()), Outcome::Done];
    let lines = logged("INFO", || {
        for outcome in outcomes {
            next("m-1", Settled { order: None, outcome });
        }
    });
    let counted = |line: &&Value| line["level"] == "WARN" && line["message"] == "failed";
    let counted: Vec<&Value> = lines.iter().filter(counted).collect();
    assert_eq!((lines.len(), counted.len()), (3, 1), "{lines:?}");
    assert_eq!(counted[0]["error"], "why");
    let alarms = include_str!("../../../infra/operations.yaml");
    assert!(alarms.contains(r#"FilterPattern: '{ ($.level = "WARN") && ($.message = "failed") }'"#));
}
