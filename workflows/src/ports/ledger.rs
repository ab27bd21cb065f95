//! What happens to stored orders: commands, carried out as the lifecycle decides, and the facts that follow from them.

use super::Unavailable;
use crate::{
    lifecycle::{Command, Verdict},
    order::StoredOrder,
};
use async_trait::async_trait;
use schemas::{event::Event, ids::OrderId};

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

/// Stored orders with their money and events. Nothing else changes them, but for the numbers of their invoices.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Carries commands out as the lifecycle decides. MUST be one transaction; outcomes stand in the order of the batch.
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable>;

    /// Carries one command out: for a task, which has one order. Many such calls may share a transaction.
    async fn apply_one(&self, order: OrderId, command: Command) -> Result<Applied, Unavailable> {
        let applied = self.apply(vec![(order, command)]).await?.pop();
        applied.ok_or_else(|| Unavailable::at_fault("orders.apply", "no answer was given"))
    }

    /// The orders of those ids that exist. MUST fail if one of them cannot be read.
    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable>;

    /// All events of the order, by sequence.
    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable>;
}
