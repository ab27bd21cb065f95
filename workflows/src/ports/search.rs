//! Search over products and orders, and keeping it as new as the database.

use super::Unavailable;
use async_trait::async_trait;
use schemas::{api::product::Product, ids::OrderId};

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

    /// Brings some of what an older release left up to date, a bounded chunk; says how much. An index that needs no such care
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
