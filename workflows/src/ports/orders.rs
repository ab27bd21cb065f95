//! Orders with their stock, money, invoices and events, and what becomes of them.

use super::Unavailable;
use crate::{
    billing::Bill,
    lifecycle::{Command, Stuck, Verdict},
    order::{State, StoredOrder},
};
use async_trait::async_trait;
use schemas::{api::order as api, event::Event, ids::OrderId, kept::AcceptedOrder};
use time::Duration;

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

/// An order's invoice, once it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// It is to be printed and stored.
    Due(Box<Bill>),
    /// It is known to be in the document store, so somebody may have it: it must not be written again.
    Stored,
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

    /// Carries one command out: for a task, which has one order. Many such calls may share a transaction.
    async fn apply_one(&self, order: OrderId, command: Command) -> Result<Applied, Unavailable> {
        let applied = self.apply(vec![(order, command)]).await?.pop();
        applied.ok_or_else(|| Unavailable::refused("orders.apply", "no answer was given"))
    }

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

    /// Reservations whose time is up by the clock that they were made by, the same for all processes; at most `limit`.
    /// Whether they expire is the lifecycle's to say; MUST leave out those of which it would not say so for long, or many
    /// of those would be in the way of others.
    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable>;

    /// Orders that may have been waiting for longer than `patience` for something that nobody is known to be doing, at most
    /// `limit` of each kind, the longest due first; each with how often it was marked as swept for that. Whether they wait is
    /// the lifecycle's to say. MUST leave out those that are not to be looked at yet, and MUST take all times by the clock of
    /// whoever keeps them.
    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable>;

    /// Notes that orders were set going again, and for how long to leave them alone. MUST not outlive a crash that what they
    /// were set going by did not.
    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable>;

    /// All events of the order, by sequence.
    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable>;

    /// Gives each order of the batch that may have one the next number of its series, those that have one keep it, and says what
    /// is still to be printed. MUST have the lifecycle say which orders get one, MUST leave no gap, and MUST give the same for
    /// a number however often it is asked. Orders without one are left out.
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable>;

    /// The orders of those ids that exist, each with its events and how far its warehouses were told.
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable>;

    /// Notes that the warehouses of each order were told up to that sequence. MUST never go back.
    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable>;
}
