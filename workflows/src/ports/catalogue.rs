//! The products, and the copy of them that buyers read.

use super::Unavailable;
use async_trait::async_trait;
use schemas::api::product::{Product, ProductPage};
use std::collections::HashSet;

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
