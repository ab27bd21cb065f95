//! Orders as lists show them: one that cannot be read keeps no other from being shown.

use super::Unavailable;
use crate::order::StoredOrder;
use async_trait::async_trait;
use schemas::{api::order as api, ids::OrderId};

/// A page of a customer's orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderList {
    /// The orders, newest first: fewer than asked for, or none, where the looking was cut short.
    pub orders: Vec<api::Order>,
    /// Where the next page begins, behind this one; nothing if there is none.
    pub next: Option<OrderId>,
}

/// Orders for whoever looks at many.
#[async_trait]
pub trait OrderLists: Send + Sync {
    /// Orders of a customer, newest first, older than `before`, at most `limit`; accepted ones not stored yet among them.
    /// MUST look at no more than a bounded number of rows, however long the customer's history is.
    async fn list(
        &self,
        customer: &str,
        status: Option<api::Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable>;

    /// The orders of those ids that exist. MUST leave out one that cannot be read, and have the log name it.
    async fn load_readable(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable>;
}
