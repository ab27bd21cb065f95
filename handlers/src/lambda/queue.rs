//! A function fed by a queue. Each message of a batch is read on its own, and the answer names exactly those that failed: a
//! bad one, or one whose time ran out, fails none of its neighbours. One that only waits for something that is away is
//! put on the queue again as a new one, because SQS would count its delivery as a failure; so does a whole batch while the
//! secrets cannot be read that the function begins with.

use super::{
    deadline,
    put_back::{LONGEST, OnQueue, PutBack, age, put_back},
};
use crate::{
    functions::Trigger,
    ports::Ports,
    queue::{handle, order_of},
};
use adapters::{
    aws::{payload::Payloads, queue::FIRST_SENT},
    system::SystemClock,
};
use futures_util::{StreamExt, future::BoxFuture, stream};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use schemas::ids::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, process::ExitCode, sync::Arc, time::Duration};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use workflows::{
    ports::{Clock, Unavailable},
    steps::{Outcome, task::TaskError},
    wiring::{QUEUES, Step},
};

/// Bodies that are fetched at once.
const FETCHES: usize = 8;
/// Kept back of an invocation's time to put messages back in.
const TO_PUT_BACK: Duration = Duration::from_secs(1);

/// Serves the queue of a step.
pub async fn serve(step: Step) -> ExitCode {
    serve_with(step, |ports| ports).await
}

/// Serves the queue of a step with what only its program puts behind a port.
pub async fn serve_with(step: Step, complete: fn(Ports) -> Ports) -> ExitCode {
    super::run(Trigger::Queue(step), async |reach| {
        let queue = QUEUES.iter().find(|spec| spec.step == step).map(|spec| spec.name).unwrap_or_default();
        let waiting = Arc::new(OnQueue { queue, queues: reach.queues.clone() });
        let payloads = reach.payloads.clone();
        let wire = || -> BoxFuture<'_, _> { Box::pin(async { Ok(complete(reach.wire().await?.ports)) }) };
        let worker = Worker { step, clock: Arc::new(SystemClock), ports: OnceCell::new(), wire, payloads, waiting };
        let answer = service_fn(|event: LambdaEvent<Batch>| worker.answer(event));
        lambda_runtime::run(answer).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

/// What Lambda invokes a function with that is fed by a queue.
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    messages: Vec<Message>,
}

/// A message as it was delivered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    body: String,
    attributes: Attributes,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
    sent_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageAttribute {
    string_value: Option<String>,
}

/// Which messages must come again; Lambda deletes the others.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl Answer {
    fn fails(&mut self, message: Message) {
        self.batch_item_failures.push(Failure { item_identifier: message.message_id });
    }
}

impl Message {
    fn is_first_delivery(&self) -> bool {
        self.attributes.approximate_receive_count == "1"
    }

    /// When it was first sent, in milliseconds since 1970; now, if it does not say.
    fn first_sent(&self, now: i64) -> i64 {
        let noted = self.message_attributes.get(FIRST_SENT).and_then(|attribute| attribute.string_value.as_ref());
        noted.unwrap_or(&self.attributes.sent_timestamp).parse().unwrap_or(now)
    }
}

/// What works on the messages.
struct Worker<W> {
    step: Step,
    clock: Arc<dyn Clock>,
    /// What the step needs, from the first batch on for which it could be put together.
    ports: OnceCell<Ports>,
    wire: W,
    payloads: Option<Payloads>,
    waiting: Arc<dyn PutBack>,
}

/// What became of a message, and which order it was about if it said.
struct Settled {
    order: Option<OrderId>,
    outcome: Outcome,
}

impl<'a, W: Fn() -> BoxFuture<'a, anyhow::Result<Ports>>> Worker<W> {
    async fn answer(&self, event: LambdaEvent<Batch>) -> Result<Answer, Diagnostic> {
        let until = deadline::of(&event.context, self.clock.as_ref());
        self.work(event.payload.messages, until).await
    }

    /// A message that comes again is handled alone: if it is the one at fault, it fails nobody else.
    async fn work(&self, messages: Vec<Message>, until: Instant) -> Result<Answer, Diagnostic> {
        let mut answer = Answer::default();
        let mut busy = Vec::new();
        let now = i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let work_until = until.checked_sub(TO_PUT_BACK).unwrap_or(until);
        let ports = self.ports(work_until).await?;
        let begin_until = Instant::now() + work_until.saturating_duration_since(Instant::now()) / 2;
        let (first, again): (Vec<_>, Vec<_>) = messages.into_iter().partition(Message::is_first_delivery);
        let batches = std::iter::once(first).chain(again.into_iter().map(|message| vec![message]));
        for batch in batches.filter(|batch| !batch.is_empty()) {
            let settled = match &ports {
                Ok(ports) => self.work_together(ports, &batch, begin_until, work_until).await,
                Err(busy) => outcome_of_all(&batch, busy),
            };
            for (message, settled) in batch.into_iter().zip(settled) {
                match next(&message.message_id, settled) {
                    Next::Forgotten => {}
                    Next::Waits if age(message.first_sent(now), now) < LONGEST => busy.push(message),
                    Next::Waits => answer.fails(message),
                    Next::Fails => answer.fails(message),
                }
            }
        }
        let waiting = busy.iter().map(|message| (message.body.clone(), message.first_sent(now))).collect();
        if let Err(error) = put_back(self.waiting.as_ref(), self.step, waiting, now, until).await {
            tracing::warn!(messages = busy.len(), error, "cannot be put back; they count as failed");
            busy.into_iter().for_each(|message| answer.fails(message));
        }
        Ok(answer)
    }

    /// What the step needs; or why every message has to wait, if it cannot be had for the moment.
    ///
    /// # Errors
    /// If it cannot be had at all: a fault of the deployment, which an invocation that fails makes known.
    async fn ports(&self, until: Instant) -> Result<Result<&Ports, Outcome>, Diagnostic> {
        match timeout_at(until, self.ports.get_or_try_init(&self.wire)).await {
            Ok(Ok(ports)) => Ok(Ok(ports)),
            Ok(Err(error)) => match error.downcast::<Unavailable>() {
                Ok(error) if error.away => Ok(Err(Outcome::Busy(error.chain()))),
                Ok(error) => Err(cannot_begin(error.chain())),
                Err(error) => Err(cannot_begin(format!("{error:#}"))),
            },
            Err(_) => Ok(Err(Outcome::Busy("the function's time ran out before it could begin".to_owned()))),
        }
    }

    async fn work_together(
        &self,
        ports: &Ports,
        batch: &[Message],
        begin_until: Instant,
        until: Instant,
    ) -> Vec<Settled> {
        // What was not begun has not failed, and what was begun has had half of the time at least.
        if Instant::now() >= begin_until {
            return outcome_of_all(batch, &Outcome::Busy("the function had too little time left".to_owned()));
        }
        // Counted: a message that always takes too long has to be set aside some day.
        let late = |_| outcome_of_all(batch, &Outcome::Retry("the function's time ran out".to_owned()));
        timeout_at(until, self.outcomes(ports, batch)).await.unwrap_or_else(late)
    }

    async fn outcomes(&self, ports: &Ports, batch: &[Message]) -> Vec<Settled> {
        let bodies = stream::iter(batch).map(|message| self.body_of(message)).buffered(FETCHES);
        let bodies: Vec<Result<Value, Outcome>> = bodies.collect().await;
        let mut read = Vec::with_capacity(batch.len());
        let mut good = Vec::with_capacity(batch.len());
        for body in bodies {
            match body {
                Ok(body) => {
                    read.push(Ok(order_of(self.step, &body)));
                    good.push(body);
                }
                Err(outcome) => read.push(Err(outcome)),
            }
        }
        let mut done = handle(self.step, ports, good).await.into_iter();
        let unanswered = || Outcome::Retry("the step gave no outcome".to_owned());
        let settled = |read| match read {
            Ok(order) => Settled { order, outcome: done.next().unwrap_or_else(unanswered) },
            Err(outcome) => Settled { order: None, outcome },
        };
        read.into_iter().map(settled).collect()
    }

    /// The body, fetched from where it lies if it was too large to travel.
    async fn body_of(&self, message: &Message) -> Result<Value, Outcome> {
        let body = serde_json::from_str(&message.body).map_err(|error| {
            Outcome::Retry(format!("no JSON from line {} column {} on", error.line(), error.column()))
        })?;
        match &self.payloads {
            Some(payloads) => Ok(payloads.resolve(body).await?),
            None => Ok(body),
        }
    }
}

fn outcome_of_all(batch: &[Message], outcome: &Outcome) -> Vec<Settled> {
    batch.iter().map(|_| Settled { order: None, outcome: outcome.clone() }).collect()
}

fn cannot_begin(cause: String) -> Diagnostic {
    Diagnostic { error_type: TaskError::BUSY.to_owned(), error_message: cause }
}

/// What is to become of a message.
enum Next {
    /// The queue forgets it.
    Forgotten,
    /// It is put back, and not counted.
    Waits,
    /// The queue delivers it again, or sets it aside.
    Fails,
}

fn next(message: &str, Settled { order, outcome }: Settled) -> Next {
    let order = order.map(|order| order.to_string());
    match outcome {
        Outcome::Done => Next::Forgotten,
        Outcome::Refused(why) => {
            tracing::info!(message_id = message, order, why, "refused");
            Next::Forgotten
        }
        Outcome::Busy(error) => {
            tracing::info!(message_id = message, order, error, "not yet");
            Next::Waits
        }
        Outcome::Retry(error) => {
            tracing::warn!(message_id = message, order, error, "failed");
            Next::Fails
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{
        fakes::{self, Fault, Shop, accepted, id},
        lambda::logs::tests::logged,
    };
    use adapters::aws::queue::Waiting;
    use async_trait::async_trait;
    use serde_json::json;
    use std::{
        future::{pending, ready},
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering},
        },
    };

    /// What was put back.
    #[derive(Default)]
    struct Back {
        messages: Mutex<Vec<Waiting>>,
        /// Nothing can be.
        away: bool,
    }

    #[async_trait]
    impl PutBack for Back {
        async fn put_back(&self, messages: Vec<Waiting>) -> Result<(), Unavailable> {
            self.messages.lock().unwrap().extend(messages);
            if self.away { Err(Unavailable::because("queue.send", "the queue is away")) } else { Ok(()) }
        }
    }

    type Wire = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Ports>>>;

    fn worker(step: Step, shop: &Arc<Shop>) -> Worker<Wire> {
        worker_over(step, shop, &Arc::default())
    }

    fn worker_over(step: Step, shop: &Arc<Shop>, back: &Arc<Back>) -> Worker<Wire> {
        let ports = shop.ports();
        worker_wired_by(Box::new(move || Box::pin(ready(Ok(ports.clone())))), step, shop, back)
    }

    fn worker_wired_by(wire: Wire, step: Step, shop: &Arc<Shop>, back: &Arc<Back>) -> Worker<Wire> {
        let payloads = Some(Payloads::new(shop.clone()));
        Worker { step, clock: shop.ports().clock, ports: OnceCell::new(), wire, payloads, waiting: back.clone() }
    }

    /// A message as SQS delivers it.
    fn message(name: &str, receives: u32, body: &str) -> Message {
        let sent = fakes::NOW.unix_timestamp() * 1_000;
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
        let shop = Shop::new();
        shop.reserved(1);
        shop.rejected(2);
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
        let shop = Shop::new();
        let messages =
            [(1, 1), (2, 2), (3, 1), (4, 3)].map(|(number, receives)| message("m", receives, &cancel(number)));
        worker(Step::Cancel, &shop).work(messages.into(), soon()).await.unwrap();
        let expected = [vec![id(1), id(3)], vec![id(2)], vec![id(4)]];
        assert_eq!(*shop.batches.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn a_panic_returns_the_whole_batch() {
        let shop = Shop::new();
        shop.fails(Fault::Panics);
        let messages = vec![message("a", 1, &cancel(1)), message("b", 1, &cancel(2)), message("c", 2, &cancel(3))];
        assert_eq!(names(&worker(Step::Cancel, &shop).work(messages, soon()).await.unwrap()), ["a", "b", "c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_done_when_the_time_runs_out_comes_again() {
        let shop = Shop::new();
        shop.fails(Fault::Hangs);
        let (began, until) = (Instant::now(), soon());
        let messages = vec![message("a", 1, &cancel(1)), message("b", 2, &cancel(2))];
        let back = Arc::<Back>::default();
        assert_eq!(names(&worker_over(Step::Cancel, &shop, &back).work(messages, until).await.unwrap()), ["a"]);
        assert_eq!(began.elapsed(), Duration::from_secs(9));
        // The second was not begun, so it has not failed.
        assert_eq!(*shop.batches.lock().unwrap(), [[id(1)]]);
        assert_eq!(back.messages.lock().unwrap()[0].text, cancel(2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_have_too_little_time_is_not_begun() {
        let shop = Shop::new();
        for (number, took, begun) in [(1, 4, true), (2, 5, false)] {
            let back = Arc::<Back>::default();
            shop.reserved(number);
            shop.reserved(number + 10);
            shop.fails(Fault::Takes(Duration::from_secs(took)));
            let messages = vec![message("slow", 1, &cancel(number)), message("again", 2, &cancel(number + 10))];
            let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
            assert!(names(&answer).is_empty());
            assert_eq!(back.messages.lock().unwrap().is_empty(), begun, "{took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_secrets_cannot_be_read_every_message_waits() {
        let (shop, back) = (Shop::new(), Arc::<Back>::default());
        shop.reserved(1);
        let away = Arc::new(AtomicBool::new(true));
        let (ports, is_away) = (shop.ports(), away.clone());
        let wire: Wire = Box::new(move || {
            let unread = || anyhow::Error::from(Unavailable::because("secrets.database", "not now"));
            Box::pin(ready(if is_away.load(Ordering::SeqCst) { Err(unread()) } else { Ok(ports.clone()) }))
        });
        let worker = worker_wired_by(wire, Step::Cancel, &shop, &back);
        let answer = worker.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap();
        assert!(names(&answer).is_empty());
        assert_eq!(back.messages.lock().unwrap()[0].text, cancel(1));
        assert!(shop.batches.lock().unwrap().is_empty());
        away.store(false, Ordering::SeqCst);
        worker.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap();
        assert_eq!(*shop.batches.lock().unwrap(), [[id(1)]]);
        // Nor does one wait for ever who is not answered.
        let silent = worker_wired_by(Box::new(|| Box::pin(pending())), Step::Cancel, &shop, &back);
        assert!(names(&silent.work(vec![message("b", 1, &cancel(1))], soon()).await.unwrap()).is_empty());
        assert_eq!(back.messages.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_secret_that_is_none_fails_the_invocation() {
        let (shop, back) = (Shop::new(), Arc::<Back>::default());
        let refused = || anyhow::Error::from(Unavailable::refused("secrets.database", "secret s names no host"));
        let wire: Wire = Box::new(move || Box::pin(ready(Err(refused()))));
        let failed = worker_wired_by(wire, Step::Cancel, &shop, &back);
        let error = failed.work(vec![message("a", 1, &cancel(1))], soon()).await.unwrap_err();
        assert!(error.error_message.contains("secret s names no host"), "{}", error.error_message);
        assert!(back.messages.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_not_ready_waits_on_its_queue_and_is_not_counted() {
        let (shop, back) = (Shop::new(), Arc::<Back>::default());
        let now = i64::try_from(shop.ports().clock.now().unix_timestamp_nanos() / 1_000_000).unwrap();
        let mut early = message("early", 1, &cancel(1));
        early.attributes.sent_timestamp = (now - 100).to_string();
        let mut late = message("late", 3, &cancel(2));
        late.attributes.sent_timestamp = (now - 100).to_string();
        let first_sent = json!({ "stringValue": (now - 40_000).to_string(), "dataType": "Number" });
        late.message_attributes = serde_json::from_value(json!({ FIRST_SENT: first_sent })).unwrap();
        let answer = worker_over(Step::Cancel, &shop, &back).work(vec![early, late], soon()).await.unwrap();
        assert!(names(&answer).is_empty());
        let waiting = |order, milliseconds, first_sent| Waiting {
            text: cancel(order),
            delay: Duration::from_millis(milliseconds),
            first_sent,
        };
        assert_eq!(*back.messages.lock().unwrap(), [waiting(1, 500, now - 100), waiting(2, 10_000, now - 40_000)]);
    }

    #[tokio::test]
    async fn what_has_waited_a_day_counts_as_failed() {
        let (shop, back) = (Shop::new(), Arc::<Back>::default());
        let day = 24 * 60 * 60;
        let waited = |name: &str, seconds: i64| {
            let mut message = message(name, 1, &cancel(1));
            message.attributes.sent_timestamp = ((fakes::NOW.unix_timestamp() - seconds) * 1_000).to_string();
            message
        };
        let messages = vec![waited("less", day - 1), waited("a day", day)];
        let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
        assert_eq!(names(&answer), ["a day"]);
        assert_eq!(back.messages.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_put_back_counts_as_failed() {
        let (shop, back) = (Shop::new(), Arc::new(Back { away: true, ..Back::default() }));
        shop.reserved(2);
        let messages = vec![message("not stored yet", 1, &cancel(1)), message("good", 1, &cancel(2))];
        let answer = worker_over(Step::Cancel, &shop, &back).work(messages, soon()).await.unwrap();
        assert_eq!(names(&answer), ["not stored yet"]);
    }

    #[tokio::test]
    async fn a_body_that_lies_elsewhere_is_fetched_and_one_that_is_gone_fails_alone() {
        let shop = Shop::new();
        shop.documents.lock().unwrap().insert("intake/1.json".into(), accepted(1).to_string().into_bytes());
        let messages = vec![
            message("gone", 1, r#"{"$payload": "intake/2.json"}"#),
            message("there", 1, r#"{"$payload": "intake/1.json"}"#),
            message("small", 1, &accepted(3).to_string()),
        ];
        let answer = worker(Step::Reserve, &shop).work(messages, soon()).await.unwrap();
        assert_eq!(names(&answer), ["gone"]);
        assert_eq!(*shop.started.lock().unwrap(), [id(1), id(3)]);
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
}
