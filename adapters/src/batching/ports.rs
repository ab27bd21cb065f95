//! Ports that gather the calls of many tasks into one: each workflow execution calls for its own order only, and the
//! database sees a few large transactions instead of many small ones.

use super::{BatchTiming, Batcher, GivenUp};
use async_trait::async_trait;
use schemas::{
    api::product::{Product, ProductPage},
    event::Event,
    ids::OrderId,
    kept::AcceptedOrder,
};
use std::{collections::HashSet, sync::Arc};
use workflows::{
    lifecycle::Command,
    order::StoredOrder,
    ports::{Acceptance, Applied, Catalogue, EventBus, Intake, Ledger, Submission, Unavailable},
};

/// The most calls that share a transaction. Each may be of an order of a thousand lines, and all are in memory at once.
const MAX: usize = 100;
/// Transactions of a kind under way at once: with one at work and one on its way to disk, both are busy.
const CONCURRENCY: usize = 2;

impl From<GivenUp> for Unavailable {
    fn from(given_up: GivenUp) -> Self {
        Self::because("batch", given_up)
    }
}

fn fail_all<T>(count: usize, error: &Unavailable) -> Vec<Result<T, Unavailable>> {
    (0..count).map(|_| Err(error.shared())).collect()
}

/// Together; and if the request itself is at fault, each alone, so that one bad item does not fail its neighbours.
async fn together_or_alone<I, O, F>(
    what: &'static str,
    batch: Vec<I>,
    call: impl Fn(Vec<I>) -> F,
) -> Vec<Result<O, Unavailable>>
where
    I: Clone,
    F: Future<Output = Result<Vec<O>, Unavailable>>,
{
    let error = match call(batch.clone()).await {
        Ok(answers) => return answers.into_iter().map(Ok).collect(),
        Err(error) => error,
    };
    if error.away || batch.len() == 1 {
        return fail_all(batch.len(), &error);
    }
    let mut answers = Vec::with_capacity(batch.len());
    for one in batch {
        let answer = call(vec![one])
            .await
            .and_then(|mut answers| answers.pop().ok_or_else(|| Unavailable::at_fault(what, "no answer was given")));
        answers.push(answer);
    }
    answers
}

/// Takes orders in, in batches.
pub struct BatchingIntake {
    inner: Arc<dyn Intake>,
    accept: Batcher<Submission, Result<Acceptance, Unavailable>>,
}

impl BatchingIntake {
    /// In front of that intake.
    pub fn new(inner: Arc<dyn Intake>) -> Self {
        let port = Arc::clone(&inner);
        // One at a time: whoever comes during a commit shares the next, and a commit that is quick is waited for as well.
        let accept = Batcher::new(MAX, 1, BatchTiming::PACE, move |batch: Vec<Submission>| {
            let port = Arc::clone(&port);
            async move { together_or_alone("intake.accept", batch, |batch| port.accept(batch)).await }
        });
        Self { inner, accept }
    }
}

#[async_trait]
impl Intake for BatchingIntake {
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        let answers = futures_util::future::join_all(batch.into_iter().map(|one| self.accept.call(one))).await;
        answers.into_iter().map(|answer| answer?).collect()
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        self.inner.find(id).await
    }
}

/// Looks up the SKUs of orders that are to be accepted, for several orders at once.
pub struct BatchingCatalogue {
    inner: Arc<dyn Catalogue>,
    known: Batcher<Vec<String>, Result<HashSet<String>, Unavailable>>,
}

/// The most orders whose SKUs are looked up together: each may name a thousand.
const LOOKED_UP: usize = 16;

impl BatchingCatalogue {
    /// In front of that catalogue.
    pub fn new(inner: Arc<dyn Catalogue>) -> Self {
        let port = Arc::clone(&inner);
        // One at a time: however many come, they never have more than one of the connections of acceptance.
        let known = Batcher::new(LOOKED_UP, 1, BatchTiming::PACE, move |batch: Vec<Vec<String>>| {
            let port = Arc::clone(&port);
            async move {
                match port.known(&batch.concat()).await {
                    Ok(known) => batch.into_iter().map(|skus| Ok(those_of(skus, &known))).collect(),
                    Err(error) => fail_all(batch.len(), &error),
                }
            }
        });
        Self { inner, known }
    }
}

fn those_of(skus: Vec<String>, known: &HashSet<String>) -> HashSet<String> {
    skus.into_iter().filter(|sku| known.contains(sku)).collect()
}

#[async_trait]
impl Catalogue for BatchingCatalogue {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        self.inner.product(sku).await
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        self.known.call(skus.to_vec()).await?
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        self.inner.products(cursor, limit).await
    }
}

/// Tells events, in batches.
pub struct BatchingEventBus {
    inner: Arc<dyn EventBus>,
    publish: Batcher<Vec<Event>, Result<(), Unavailable>>,
}

impl BatchingEventBus {
    /// In front of that bus.
    pub fn new(inner: Arc<dyn EventBus>) -> Self {
        let port = Arc::clone(&inner);
        let publish = Batcher::new(MAX, CONCURRENCY, BatchTiming::WINDOW, move |batch: Vec<Vec<Event>>| {
            let port = Arc::clone(&port);
            async move {
                let count = batch.len();
                match port.publish(&batch.concat()).await {
                    Ok(()) => (0..count).map(|_| Ok(())).collect(),
                    Err(error) => fail_all(count, &error),
                }
            }
        });
        Self { inner, publish }
    }
}

#[async_trait]
impl EventBus for BatchingEventBus {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        match events.len() {
            0 => Ok(()),
            // Already a batch.
            count if count >= MAX / 2 => self.inner.publish(events).await,
            _ => self.publish.call(events.to_vec()).await?,
        }
    }
}

/// Carries the commands of tasks out, in batches. What is a batch already goes by itself.
pub struct BatchingLedger {
    inner: Arc<dyn Ledger>,
    apply_one: Batcher<(OrderId, Command), Result<Applied, Unavailable>>,
}

impl BatchingLedger {
    /// In front of that ledger.
    pub fn new(inner: Arc<dyn Ledger>) -> Self {
        let port = Arc::clone(&inner);
        let apply_one = Batcher::new(MAX, CONCURRENCY, BatchTiming::WINDOW, move |batch: Vec<(OrderId, Command)>| {
            let port = Arc::clone(&port);
            async move { together_or_alone("orders.apply", batch, |batch| port.apply(batch)).await }
        });
        Self { inner, apply_one }
    }
}

#[async_trait]
impl Ledger for BatchingLedger {
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.inner.apply(batch).await
    }

    async fn apply_one(&self, order: OrderId, command: Command) -> Result<Applied, Unavailable> {
        self.apply_one.call((order, command)).await?
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.inner.load(ids).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        self.inner.events(id).await
    }
}
