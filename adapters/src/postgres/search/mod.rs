//! Search over products and orders with PostgreSQL's own means: words and pieces of words are made by `folding`, and the
//! database only keeps and compares them. However much there is, and whatever is looked for, a search reads little.

mod keep_up;
mod orders;
mod products;
mod rebuild;
mod words;

pub use words::with_other_words;

use super::Database;
use async_trait::async_trait;
use schemas::{api::product::Product, ids::OrderId};
use workflows::ports::{Rebuilt, Search, Unavailable};

/// Search in PostgreSQL.
pub struct PgSearch {
    database: Database,
}

impl PgSearch {
    /// Search in that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Search for PgSearch {
    async fn index_orders(&self, ids: &[OrderId]) -> Result<(), Unavailable> {
        self.show_orders(&super::orders::rows::uuids(ids)).await
    }

    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable> {
        self.rebuild_all(progress).await
    }

    async fn keep_up(&self) -> Result<u64, Unavailable> {
        self.fold_some().await
    }

    async fn products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable> {
        self.find_products(query, limit).await
    }

    async fn orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        self.find_orders(query, limit).await
    }
}
