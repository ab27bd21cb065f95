//! A function fed by a queue. Each message of a batch is read on its own, and the answer names exactly those that failed: a
//! bad one, or one whose time ran out, fails none of its neighbours. One that only waits for something that is away is
//! requeued as a new one, because SQS would count its delivery as a failure; so does a whole batch while the
//! secrets cannot be read that the function begins with.

use super::{
    deadline,
    renewal::Renewal,
    requeue::{Held, LONGEST, OnQueue, Requeue, age, requeue},
};
use crate::{
    functions::Trigger,
    ports::Ports,
    run::queue::{Handler, order_of},
};
use adapters::{
    aws::{payload::Payloads, queue::FIRST_SENT},
    system::SystemClock,
};
use anyhow::Context;
use futures_util::{Stream, StreamExt, future::BoxFuture, stream};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use schemas::ids::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    pin::{Pin, pin},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use workflows::{
    ports::{Clock, Unavailable},
    steps::{Outcome, task::TaskError},
    wiring::{QueueSpec, Step},
};

/// Bodies that are fetched at once.
const FETCHES: usize = 8;
/// The text of the messages that are handled together, from which on no other joins them. Read, it takes some ten times as
/// much, and a batch of references may stand for any number of bytes; a function has half a gigabyte.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// Kept of an invocation's time to requeue messages in.
const TO_REQUEUE: Duration = Duration::from_secs(1);

/// Serves the queue of a step.
pub async fn serve(step: Step) -> ExitCode {
    serve_with(step, |ports| ports).await
}

/// Serves the queue of a step with what only its program puts behind a port.
pub async fn serve_with(step: Step, complete: fn(Ports) -> Ports) -> ExitCode {
    super::run(Trigger::Queue(step), async |reach| {
        let queue = QueueSpec::of(step).with_context(|| format!("no queue triggers step {step:?}"))?.name;
        let waiting = Arc::new(OnQueue { queue, queues: reach.queues.clone() });
        let payloads = reach.payloads.clone();
        let wire =
            || -> BoxFuture<'_, _> { Box::pin(async { Ok(Handler::of(step, &complete(reach.wire().await?.ports))?) }) };
        let renewal = Arc::clone(&reach.renewal);
        let worker =
            Worker { step, clock: Arc::new(SystemClock), handler: OnceCell::new(), wire, payloads, waiting, renewal };
        let answer = service_fn(async |event: LambdaEvent<Batch>| {
            reach.renew_if_due().await;
            Box::pin(worker.answer(event)).await
        });
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
    message_group_id: Option<String>,
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
    /// The step with what it needs, from the first batch on for which that could be put together.
    handler: OnceCell<Handler>,
    wire: W,
    payloads: Option<Payloads>,
    waiting: Arc<dyn Requeue>,
    renewal: Arc<Renewal>,
}

/// What became of a message, and which order it was about if it said.
struct Settled {
    order: Option<OrderId>,
    outcome: Outcome,
}

impl<'a, W: Fn() -> BoxFuture<'a, anyhow::Result<Handler>>> Worker<W> {
    async fn answer(&self, event: LambdaEvent<Batch>) -> Result<Answer, Diagnostic> {
        let until = deadline::of(&event.context, self.clock.as_ref());
        self.work(event.payload.messages, until).await
    }

    /// A message that comes again is handled alone: if it is the one at fault, it fails nobody else.
    async fn work(&self, messages: Vec<Message>, until: Instant) -> Result<Answer, Diagnostic> {
        let mut answer = Answer::default();
        let mut busy = Vec::new();
        let now = i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let work_until = until.checked_sub(TO_REQUEUE).unwrap_or(until);
        let handler = self.handler(work_until).await?;
        let begin_until = Instant::now() + work_until.saturating_duration_since(Instant::now()) / 2;
        let (first, again): (Vec<_>, Vec<_>) = messages.into_iter().partition(Message::is_first_delivery);
        let batches = std::iter::once(first).chain(again.into_iter().map(|message| vec![message]));
        for batch in batches.filter(|batch| !batch.is_empty()) {
            let settled = match &handler {
                Ok(handler) => self.work_together(handler, &batch, begin_until, work_until).await,
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
        if !busy.is_empty() {
            self.renewal.doubt();
        }
        let held = |message: &Message| Held {
            text: message.body.clone(),
            group: message.attributes.message_group_id.clone(),
            first_sent: message.first_sent(now),
        };
        let waiting = busy.iter().map(held).collect();
        if let Err(error) = requeue(self.waiting.as_ref(), self.step, waiting, now, until).await {
            tracing::warn!(messages = busy.len(), error, "cannot be requeued; they count as failed");
            busy.into_iter().for_each(|message| answer.fails(message));
        }
        Ok(answer)
    }

    /// The step with what it needs; or why every message has to wait, if it cannot be had for the moment.
    ///
    /// # Errors
    /// If it cannot be had at all: a fault of the deployment, which an invocation that fails makes known.
    async fn handler(&self, until: Instant) -> Result<Result<&Handler, Outcome>, Diagnostic> {
        match timeout_at(until, self.handler.get_or_try_init(&self.wire)).await {
            Ok(Ok(handler)) => Ok(Ok(handler)),
            Ok(Err(error)) => match error.downcast::<Unavailable>() {
                Ok(error) if error.away => Ok(Err(Outcome::Busy(error.chain()))),
                Ok(error) => Err(cannot_begin(error.chain())),
                Err(error) => Err(cannot_begin(format!("{error:#}"))),
            },
            Err(_) => Ok(Err(Outcome::Busy("the function's time ran out before it could begin".to_owned()))),
        }
    }

    /// In chunks of so many bytes, one after the other: what was not begun has not failed, and what was begun has had
    /// half of the time at least.
    async fn work_together(
        &self,
        handler: &Handler,
        batch: &[Message],
        begin_until: Instant,
        until: Instant,
    ) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(batch.len());
        let mut bodies = pin!(stream::iter(batch).map(|message| self.body_of(message)).buffered(FETCHES));
        while settled.len() < batch.len() {
            let rest = batch.get(settled.len()..).unwrap_or_default();
            if Instant::now() >= begin_until {
                let busy = Outcome::Busy("the function had too little time left".to_owned());
                settled.extend(outcome_of_all(rest, &busy));
                break;
            }
            // Counted: a message that always takes too long has to be set aside some day.
            let late = Outcome::Retry("the function's time ran out".to_owned());
            let Ok(chunk) = timeout_at(until, chunk_of(bodies.as_mut())).await else {
                settled.extend(outcome_of_all(rest, &late));
                break;
            };
            let begun = rest.get(..chunk.len()).unwrap_or(rest);
            let outcomes = timeout_at(until, self.outcomes(handler, chunk)).await;
            settled.extend(outcomes.unwrap_or_else(|_| outcome_of_all(begun, &late)));
        }
        settled
    }

    async fn outcomes(&self, handler: &Handler, chunk: Vec<Body>) -> Vec<Settled> {
        let mut read = Vec::with_capacity(chunk.len());
        let mut good = Vec::with_capacity(chunk.len());
        for Body { content, .. } in chunk {
            match content {
                Ok(body) => {
                    read.push(Ok(order_of(self.step, &body)));
                    good.push(body);
                }
                Err(outcome) => read.push(Err(outcome)),
            }
        }
        let mut done = handler.handle(good).await.into_iter();
        let unanswered = || Outcome::Retry("the step gave no outcome".to_owned());
        let settled = |read| match read {
            Ok(order) => Settled { order, outcome: done.next().unwrap_or_else(unanswered) },
            Err(outcome) => Settled { order: None, outcome },
        };
        read.into_iter().map(settled).collect()
    }

    /// The body, fetched from where it lies if it was too large to travel.
    async fn body_of(&self, message: &Message) -> Body {
        let sent = message.body.len();
        let body = serde_json::from_str(&message.body).map_err(|error| {
            Outcome::Retry(format!("no JSON from line {} column {} on", error.line(), error.column()))
        });
        match (body, &self.payloads) {
            (Ok(body), Some(payloads)) => match payloads.resolve_counted(body).await {
                Ok((body, fetched)) => Body { content: Ok(body), bytes: sent.saturating_add(fetched) },
                Err(error) => Body { content: Err(error.into()), bytes: sent },
            },
            (content, _) => Body { content, bytes: sent },
        }
    }
}

/// What a message stands for, or why that cannot be had.
struct Body {
    content: Result<Value, Outcome>,
    /// How long its text is.
    bytes: usize,
}

/// The next bodies, until they are enough to be handled together. Whatever is fetched ahead waits for its turn.
async fn chunk_of(mut bodies: Pin<&mut impl Stream<Item = Body>>) -> Vec<Body> {
    let (mut chunk, mut bytes) = (Vec::new(), 0_usize);
    while bytes < CHUNK_BYTES {
        let Some(body) = bodies.next().await else { break };
        bytes = bytes.saturating_add(body.bytes);
        chunk.push(body);
    }
    chunk
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
    /// It is requeued, and not counted.
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
#[path = "queue_tests.rs"]
mod tests;
