//! Sends the requests, each at its time whether or not the ones before are answered. Latency counts from the scheduled time:
//! a server that stalls pays for everyone who would have come meanwhile.

use crate::{orders::Request, schedule::Schedule};
use reqwest::{
    Client, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION},
};
use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

/// So many requests may wait for their answer; more would only measure this program.
const MOST_IN_FLIGHT: usize = 5_000;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The order is accepted.
    Accepted {
        id: Uuid,
        /// The answer of an earlier request was given again.
        replayed: bool,
    },
    /// Another answer.
    Refused(u16),
    /// None.
    Failed(String),
}

/// A request that was dealt with.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Which request.
    pub(crate) index: usize,
    /// From its scheduled time to the end of the answer.
    pub(crate) latency: Duration,
    /// How much too late it was sent: this program's own fault, or the cap's.
    pub(crate) lateness: Duration,
    pub(crate) outcome: Outcome,
}

impl Answer {
    /// Whether the order was accepted, now or before.
    pub(crate) fn is_accepted(&self) -> bool {
        matches!(self.outcome, Outcome::Accepted { .. })
    }
}

/// The answers so far, for whoever shows progress.
pub(crate) type Answers = Rc<RefCell<Vec<Answer>>>;

/// Where to send, as whom.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    client: Client,
    orders: String,
    bearers: Vec<HeaderValue>,
}

impl Target {
    /// One token for each customer.
    pub(crate) fn new(client: Client, url: &str, tokens: &[String]) -> anyhow::Result<Self> {
        let bearers = tokens.iter().map(|token| Ok(HeaderValue::from_str(&format!("Bearer {token}"))?));
        Ok(Self { client, orders: format!("{url}/v1/orders"), bearers: bearers.collect::<anyhow::Result<_>>()? })
    }

    async fn submit(&self, request: Request) -> reqwest::Result<Outcome> {
        let mut post = self.client.post(&self.orders).header(CONTENT_TYPE, "application/json");
        if let Some(bearer) = self.bearers.get(request.customer) {
            post = post.header(AUTHORIZATION, bearer.clone());
        }
        let response = post.header("idempotency-key", request.key).body(request.body).send().await?;
        let outcome = outcome(&response);
        // Only a connection that was read to the end is used again.
        response.bytes().await?;
        Ok(outcome)
    }
}

fn outcome(response: &Response) -> Outcome {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let id = header(LOCATION.as_str()).and_then(|path| path.rsplit('/').next()).and_then(|id| id.parse().ok());
    match (status, id) {
        (StatusCode::ACCEPTED, Some(id)) => {
            Outcome::Accepted { id, replayed: header("idempotency-replayed") == Some("true") }
        }
        (status, _) => Outcome::Refused(status.as_u16()),
    }
}

/// Whether the cap was reached, and the requests whose answers are still to come.
pub(crate) struct Sent {
    /// How many requests had to wait because too many were in flight.
    pub(crate) held_back: usize,
    in_flight: JoinSet<()>,
}

impl Sent {
    /// Waits until each request has its answer, or its time-out.
    pub(crate) async fn answered(mut self) {
        while self.in_flight.join_next().await.is_some() {}
    }
}

/// Sends everything; returns when the last was sent. Runs on a `LocalSet`: one thread is enough, and takes less of the
/// processors that are to be measured.
pub(crate) async fn send(
    target: &Rc<Target>,
    requests: Vec<Request>,
    schedule: Schedule,
    start: Instant,
    answers: &Answers,
) -> Sent {
    let slots = Arc::new(Semaphore::new(MOST_IN_FLIGHT));
    let mut in_flight = JoinSet::new();
    let mut held_back = 0;
    for (index, request) in requests.into_iter().enumerate() {
        let due = start + schedule.due(index);
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        if slots.available_permits() == 0 {
            held_back += 1;
        }
        // Nobody closes it.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
        let (target, answers) = (Rc::clone(target), Rc::clone(answers));
        in_flight.spawn_local(async move {
            let lateness = due.elapsed();
            let outcome = target.submit(request).await.unwrap_or_else(|error| Outcome::Failed(error.to_string()));
            answers.borrow_mut().push(Answer { index, latency: due.elapsed(), lateness, outcome });
            drop(slot);
        });
        while in_flight.try_join_next().is_some() {}
    }
    Sent { held_back, in_flight }
}
