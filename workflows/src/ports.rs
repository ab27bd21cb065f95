//! What the steps need from outside, each port narrow and described by what its callers may rely on.
//!
//! A transaction never crosses a port. Every call takes a batch and is safe to repeat.

use crate::{
    invoice::InvoiceDocument,
    issued::Printed,
    lifecycle::{Command, Verdict},
    order::{State, StoredOrder},
    steps::forget::Terms,
};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use schemas::{
    event::Event,
    ids::OrderId,
    intake::AcceptedOrder,
    money::Amount,
    order as api,
    product::{Product, ProductPage},
};
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Something outside did not do what was asked: the work is to be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed")]
pub struct Unavailable {
    /// What was asked, such as `orders.apply`.
    pub what: &'static str,
    /// Whether it is the other side that is away (so that waiting helps), and not the request that is at fault.
    pub away: bool,
    /// Why, if it said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Unavailable {
    /// The other side is away, for the reason given.
    pub fn because(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, away: true, source: Some(source.into()) }
    }

    /// The other side is there and did not take the request.
    pub fn refused(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, away: false, source: Some(source.into()) }
    }

    /// The same failure for another of those that shared the request.
    pub fn shared(&self) -> Self {
        Self {
            what: self.what,
            away: self.away,
            source: self.source.as_ref().map(|source| flat(source.as_ref()).into()),
        }
    }

    /// The whole chain in one line, for the one place that logs it.
    pub fn chain(&self) -> String {
        flat(self)
    }
}

fn flat(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

/// The time. MUST have no more than microseconds, which is what the database keeps.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// Where order ids come from.
pub trait Ids: Send + Sync {
    /// A new UUIDv7.
    fn order_id(&self) -> OrderId;
}

/// An order to be accepted under a key.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The order, with the id it gets if the key is new.
    pub order: AcceptedOrder,
    /// The caller's idempotency key.
    pub key: String,
    /// SHA-256 of the request as it was written.
    pub fingerprint: [u8; 32],
}

impl Submission {
    /// Whether it asks for what was accepted before. Equal fingerprints say so at once; others may come of fields that were
    /// sent empty in the one and not at all in the other.
    pub fn repeats(&self, earlier: &AcceptedOrder) -> bool {
        earlier.request.clone().without_empty() == self.order.request.clone().without_empty()
    }
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The key was new.
    Accepted,
    /// The key was used for the same request: this is the order it made.
    Replayed {
        /// The order's id.
        id: OrderId,
        /// When it was accepted.
        accepted_at: OffsetDateTime,
    },
    /// The key was used for another request.
    KeyReused,
}

/// Takes orders in without touching the order database.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Stores key and order and puts the order on queue `intake`. MUST take a known key's order for the same if its
    /// fingerprint is, or if the submission repeats it. MUST, for `Accepted` and `Replayed`, have made both
    /// durable; a crash between them is healed by a retry, so a replay puts the order on the queue again.
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable>;

    /// The accepted order of that id, for a moment in which the order database does not know it yet.
    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable>;
}

/// What became of an order on its way through `reserve`.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The order.
    pub id: OrderId,
    /// Where it stands now; a redelivered one may be further.
    pub state: State,
    /// The facts to be told.
    pub events: Vec<Event>,
}

/// What became of a command to an order.
#[derive(Clone, Debug)]
pub enum Applied {
    /// The database has no such order.
    Missing,
    /// The order as it is now.
    Order {
        /// The order.
        order: Box<StoredOrder>,
        /// What the lifecycle said.
        verdict: Verdict,
        /// The facts to be told: those of this change, or of the earlier one if it was done before.
        events: Vec<Event>,
    },
}

impl Applied {
    /// The facts to be told.
    pub fn into_events(self) -> Vec<Event> {
        match self {
            Self::Order { events, .. } => events,
            Self::Missing => Vec::new(),
        }
    }
}

/// What became of a request to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRequest {
    /// Noted: nothing else can happen to it before it is cancelled.
    Noted,
    /// It is cancelled already.
    Already,
    /// It stands where it cannot be cancelled any more.
    TooLate(api::Status),
    /// The order database has no such order.
    Missing,
}

/// An order's invoice, once it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// It is to be printed and stored.
    Due(Box<InvoiceDocument>),
    /// It is known to be in the document store, so somebody may have it: it must not be written again.
    Stored,
}

/// An order that got stuck, as `sweep` finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Reserved, and no workflow cares for it.
    Unattended(OrderId),
    /// Its cancellation was noted and nobody carries it out.
    CancelForgotten(OrderId),
    /// Confirmed without an invoice, or called off after its invoice got a number and before it was stored, and no
    /// message asks for one.
    Uninvoiced(OrderId),
    /// Refused or cancelled while money is held, and no message asks to let it go.
    Unvoided(OrderId),
    /// Refused or cancelled, and search was never told.
    Untold(OrderId),
}

/// That an order was set going again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The order, and what it was stuck for.
    pub stuck: Stuck,
    /// How often it was set going for that by now.
    pub times: i32,
    /// How long it is left alone from now on.
    pub pause: Duration,
}

/// A page of a customer's orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderList {
    /// The orders, newest first: fewer than asked for, or none, where the looking was cut short.
    pub orders: Vec<api::Order>,
    /// Where the next page begins, behind this one; nothing if there is none.
    pub next: Option<OrderId>,
}

/// An order as `dispatch` needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The order.
    pub order: StoredOrder,
    /// All its events, by sequence.
    pub events: Vec<Event>,
    /// The sequence of the last of them that its warehouses are known to have been told; 0 if of none.
    pub told: i32,
}

/// Orders, their stock, money and events.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Prices the orders, reserves each one's stock whole or not at all, and stores them with the outcome. MUST be one
    /// transaction, and MUST leave an order that is stored already as it is, and tell its first events again.
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable>;

    /// Carries commands out as the lifecycle decides. MUST be one transaction; outcomes stand in the order of the batch.
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable>;

    /// The orders of those ids that exist. MUST fail if one of them cannot be read.
    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable>;

    /// The same for a list. MUST leave out one that cannot be read, and have the log name it.
    async fn load_readable(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.load(ids).await
    }

    /// Orders of a customer, newest first, older than `before`, at most `limit`; accepted ones not stored yet among them.
    /// MUST look at no more than a bounded number of rows, however long the customer's history is.
    async fn list(
        &self,
        customer: &str,
        status: Option<api::Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable>;

    /// Notes that an order is to be cancelled, so that neither payment nor shipping overtakes it.
    async fn request_cancel(&self, id: OrderId) -> Result<CancelRequest, Unavailable>;

    /// Reservations whose time is up by the clock that they were made by, the same for all processes, and for which no
    /// money may be held; at most `limit`.
    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable>;

    /// Orders that have been waiting for longer than `patience` for something that nobody is known to be doing, at most
    /// `limit` of each kind, the longest due first; each with how often it was marked as swept for that. MUST leave out
    /// those that are not to be looked at yet, and MUST judge all of it by the clock of whoever keeps them.
    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable>;

    /// Notes that orders were set going again, and for how long to leave them alone. MUST not outlive a crash that what they
    /// were set going by did not.
    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable>;

    /// All events of the order, by sequence.
    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable>;

    /// Gives each confirmed order of the batch the next number of its series, those that have one keep it, and says what
    /// is still to be printed. MUST leave no gap, and MUST give the same document for a number however often it is asked.
    /// Orders that are not confirmed are left out.
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable>;

    /// The orders of those ids that exist, each with its events and how far its warehouses were told.
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable>;

    /// Notes that the warehouses of each order were told up to that sequence. MUST never go back.
    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable>;
}

/// What one warehouse is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The warehouse.
    pub warehouse: String,
    /// The fact, with what that warehouse needs to know of the order.
    pub event: Event,
}

/// The warehouses.
#[async_trait]
pub trait Warehouses: Send + Sync {
    /// Tells warehouses what to do. MUST keep the order of one order's notices, and MUST be as durable as whatever the
    /// caller commits next. Delivery is at least once: a warehouse dedupes by the event's `source` and `id`.
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable>;
}

/// Products and their stock as buyers see them.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// The product of that SKU.
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable>;

    /// Which of the SKUs there are, for the acceptance of orders. MUST have every one that can be ordered by now, MUST ask
    /// for all of them at once, and MUST NOT wait for those who read.
    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable>;

    /// Products by SKU from after `cursor`, at most `limit`. MUST sort SKUs by their bytes, whatever language the other
    /// side speaks: whoever compares two catalogues walks through both at once. MUST leave out one that cannot be read,
    /// and have the log name it: the page is short then, and the next one begins where it would have.
    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable>;
}

/// A copy of the catalogue, which buyers read in place of the order database.
#[async_trait]
pub trait CatalogueCopy: Catalogue {
    /// Writes products over those of the same SKUs. Of several with one SKU the last counts.
    async fn put(&self, products: &[Product]) -> Result<(), Unavailable>;

    /// Removes products. One that is not there is removed already.
    async fn remove(&self, skus: &[String]) -> Result<(), Unavailable>;
}

/// What the provider said to a request for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The money is held under this id.
    Authorized {
        /// The provider's id.
        id: String,
    },
    /// Refused, for good.
    Declined {
        /// The provider's code, such as `insufficient_funds`.
        code: String,
    },
    /// Voided before: no money can be taken under this key.
    Voided,
}

/// Why a request for money got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It said that it did nothing: asking again is safe.
    #[error("the payment provider is not available: {0}")]
    Unavailable(String),
    /// It may or may not have taken the money: only its books can tell.
    #[error("the payment provider did not answer in time")]
    InDoubt,
}

/// A request for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The idempotency key: the same key takes the money once.
    pub key: String,
    /// The order it is for.
    pub order: OrderId,
    /// How much.
    pub amount: Amount,
    /// The buyer's token.
    pub method: String,
}

/// An entry of the provider's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// The caller's key.
    pub key: String,
    /// The provider's id.
    pub id: String,
    /// What the caller called it.
    pub reference: String,
    /// How much.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Whether the money is held.
    pub holds_money: bool,
}

/// Whoever moves the money. Calls stand alone: providers have no batches.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Asks for the money to be held. MUST take it at most once for a key, however often it is asked.
    async fn authorize(&self, request: AuthorizationRequest) -> Result<Authorization, ProviderError>;

    /// What became of a key; `None` if the provider has taken no decision under it.
    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError>;

    /// Lets the money of a key go. MUST make sure that none is held and none can be taken under it any more, even by a
    /// request that is still on its way.
    async fn void(&self, key: &str) -> Result<(), ProviderError>;

    /// The entries of the books for the orders from `first` to `last`, both among them, at most `limit`. MUST have every
    /// entry in exactly one of ranges that leave no id out, also one that names no order.
    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError>;
}

/// Where facts are told. Delivery is at least once.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Tells the facts to whoever a rule names. MUST be as durable as whatever the caller commits next.
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable>;
}

/// A message to be put on a queue.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The order it is about.
    pub subject: Uuid,
    /// The body.
    pub body: serde_json::Value,
}

/// Durable queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts messages on a queue.
    async fn send(&self, queue: &str, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable>;
}

/// What runs the workflows.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Starts workflow `checkout` for each order. MUST start it once, however often it is told; one that failed goes on
    /// where it failed, or begins anew.
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable>;
}

/// What is kept for a while only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Idempotency keys of orders that are stored.
    Keys,
    /// Executions that have ended, of orders that wait for none, with their history.
    Executions,
}

/// What was looked at by one call, and what of it was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bite {
    /// How many things were forgotten.
    pub forgotten: u64,
    /// Where to go on; `None` once nothing is left that is old enough.
    pub last: Option<OrderId>,
}

/// Forgets what is kept for a while only.
#[async_trait]
pub trait Retention: Send + Sync {
    /// How long each thing is kept here.
    fn terms(&self) -> Terms;

    /// Looks at the next things of that kind that are older than `term`, those of orders after `after` by their ids, at
    /// most `limit`, and forgets those whose time is over. How old they are MUST be judged by the clock of whoever keeps
    /// them: a process whose own is wrong must not forget what is fresh. MUST cost the same whatever else is kept.
    async fn forget(&self, kept: Kept, term: Duration, after: OrderId, limit: i64) -> Result<Bite, Unavailable>;
}
/// How many documents are on their way to a store at once.
const PUTS: usize = 8;

/// Where documents are kept.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Stores a document, over an earlier one of that path. MUST be on disk, under that path, when it returns: somebody
    /// is told of it next.
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), Unavailable>;

    /// Stores several, as [`put`](Self::put) does one: a result for each, in their order.
    async fn put_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<(), Unavailable>> {
        let storing = stream::iter(documents).map(|(path, content)| async move { self.put(&path, content).await });
        storing.buffered(PUTS).collect().await
    }

    /// The document of that path.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// Whether work can be done at all.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Looks at what nothing can do without. MUST answer within a few seconds.
    async fn check(&self) -> Result<(), Unavailable>;
}

/// Makes an invoice printable.
#[async_trait]
pub trait InvoicePrinter: Send + Sync {
    /// The PDF. MUST give the same bytes for the same document, as it may be printed twice; and a later release MUST give
    /// the same XML, as it may have been issued long ago.
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable>;
}

/// What came of a rebuild.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Orders that are indexed.
    pub done: u64,
    /// Orders that could not be.
    pub failed: u64,
    /// Some of those, each with why.
    pub examples: Vec<(OrderId, String)>,
}

/// Search over products and orders.
#[async_trait]
pub trait Search: Send + Sync {
    /// Shows the orders as the database has them now.
    async fn index_orders(&self, ids: &[OrderId]) -> Result<(), Unavailable>;

    /// Indexes everything anew; calls `progress` with how many orders were seen and how many there are. MUST go on behind an
    /// order that cannot be indexed.
    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable>;

    /// Brings some of what an older release left up to date, a bounded bite; says how much. An index that needs no such care
    /// has nothing to do.
    async fn keep_up(&self) -> Result<u64, Unavailable> {
        Ok(0)
    }

    /// Products whose SKU or name match: whole words, beginnings, and with typing errors; best first. MUST leave out one
    /// that cannot be read.
    async fn products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable>;

    /// Orders by id, invoice number, e-mail address, SKU or name, newest first.
    async fn orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable>;
}
