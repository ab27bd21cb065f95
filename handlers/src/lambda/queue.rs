//! A function fed by a queue. Each message of a batch is read on its own, and the answer names exactly those that must
//! come again: a bad one, or one whose time ran out, fails none of its neighbours.

use super::deadline;
use crate::{
    functions::Trigger,
    ports::Ports,
    queue::{handle, order_of},
};
use adapters::aws::payload::Payloads;
use futures_util::{StreamExt, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use schemas::ids::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{convert::Infallible, process::ExitCode};
use tokio::time::{Instant, timeout_at};
use workflows::{steps::Outcome, wiring::Step};

/// Bodies that are fetched at once.
const FETCHES: usize = 8;

/// Serves the queue of a step.
pub async fn serve(step: Step) -> ExitCode {
    super::run(Trigger::Queue(step), async |wired| {
        let worker = Worker { step, ports: wired.ports, payloads: wired.payloads };
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
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
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

impl Message {
    fn is_first_delivery(&self) -> bool {
        self.attributes.approximate_receive_count == "1"
    }
}

/// What works on the messages.
struct Worker {
    step: Step,
    ports: Ports,
    payloads: Option<Payloads>,
}

/// What became of a message, and which order it was about if it said.
struct Settled {
    order: Option<OrderId>,
    outcome: Outcome,
}

impl Worker {
    async fn answer(&self, event: LambdaEvent<Batch>) -> Result<Answer, Infallible> {
        let until = deadline::of(&event.context, self.ports.clock.as_ref());
        Ok(self.work(event.payload.messages, until).await)
    }

    /// A message that comes again is handled alone: if it is the one at fault, it fails nobody else.
    async fn work(&self, messages: Vec<Message>, until: Instant) -> Answer {
        let mut answer = Answer::default();
        let (first, again): (Vec<_>, Vec<_>) = messages.into_iter().partition(Message::is_first_delivery);
        let batches = std::iter::once(first).chain(again.into_iter().map(|message| vec![message]));
        for batch in batches.filter(|batch| !batch.is_empty()) {
            let settled = self.work_together(&batch, until).await;
            for (message, settled) in batch.into_iter().zip(settled) {
                if comes_again(&message.message_id, settled) {
                    answer.batch_item_failures.push(Failure { item_identifier: message.message_id });
                }
            }
        }
        answer
    }

    async fn work_together(&self, batch: &[Message], until: Instant) -> Vec<Settled> {
        let work = async {
            // Nothing is begun that cannot be ended.
            if Instant::now() < until { timeout_at(until, self.outcomes(batch)).await.ok() } else { None }
        };
        work.await.unwrap_or_else(|| {
            let late = || Outcome::Busy("the function's time ran out".to_owned());
            batch.iter().map(|_| Settled { order: None, outcome: late() }).collect()
        })
    }

    async fn outcomes(&self, batch: &[Message]) -> Vec<Settled> {
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
        let mut done = handle(self.step, &self.ports, good).await.into_iter();
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

/// Whether the queue is to deliver it again. What waits for something that is away cannot be told from a failure here:
/// both count as a delivery.
fn comes_again(message: &str, Settled { order, outcome }: Settled) -> bool {
    let order = order.map(|order| order.to_string());
    match outcome {
        Outcome::Done => false,
        Outcome::Refused(why) => {
            tracing::info!(message_id = message, order, why, "refused");
            false
        }
        Outcome::Busy(error) => {
            tracing::info!(message_id = message, order, error, "not yet");
            true
        }
        Outcome::Retry(error) => {
            tracing::warn!(message_id = message, order, error, "failed");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::fakes::{Fault, Shop, accepted, id};
    use serde_json::json;
    use std::{sync::Arc, time::Duration};

    fn worker(step: Step, shop: &Arc<Shop>) -> Worker {
        Worker { step, ports: shop.ports(), payloads: Some(Payloads::new(shop.clone())) }
    }

    /// A message as SQS delivers it.
    fn message(name: &str, receives: u32, body: &str) -> Message {
        let attributes = json!({ "ApproximateReceiveCount": receives.to_string() });
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
    async fn exactly_the_messages_that_must_come_again_are_named() {
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
        let answer = worker(Step::Cancel, &shop).work(messages, soon()).await;
        assert_eq!(names(&answer), ["no JSON", "not stored yet", "no order"]);
        let sent = serde_json::to_value(&answer).unwrap();
        assert_eq!(sent["batchItemFailures"][0], json!({ "itemIdentifier": "no JSON" }));
    }

    #[tokio::test]
    async fn a_message_that_comes_again_is_handled_alone() {
        let shop = Shop::new();
        let messages =
            [(1, 1), (2, 2), (3, 1), (4, 3)].map(|(number, receives)| message("m", receives, &cancel(number)));
        worker(Step::Cancel, &shop).work(messages.into(), soon()).await;
        let expected = [vec![id(1), id(3)], vec![id(2)], vec![id(4)]];
        assert_eq!(*shop.batches.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn a_panic_returns_the_whole_batch() {
        let shop = Shop::new();
        shop.fails(Fault::Panics);
        let messages = vec![message("a", 1, &cancel(1)), message("b", 1, &cancel(2)), message("c", 2, &cancel(3))];
        assert_eq!(names(&worker(Step::Cancel, &shop).work(messages, soon()).await), ["a", "b", "c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_done_when_the_time_runs_out_comes_again() {
        let shop = Shop::new();
        shop.fails(Fault::Hangs);
        let (began, until) = (Instant::now(), soon());
        let messages = vec![message("a", 1, &cancel(1)), message("b", 2, &cancel(2))];
        assert_eq!(names(&worker(Step::Cancel, &shop).work(messages, until).await), ["a", "b"]);
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        // The second was not begun.
        assert_eq!(*shop.batches.lock().unwrap(), [[id(1)]]);
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
        let answer = worker(Step::Reserve, &shop).work(messages, soon()).await;
        assert_eq!(names(&answer), ["gone"]);
        assert_eq!(*shop.started.lock().unwrap(), [id(1), id(3)]);
    }
}
