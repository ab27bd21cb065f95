//! The goods as buyers see them, and a search over them and the orders.

use super::{Contents, Shop, orders::up_to, samples};
use async_trait::async_trait;
use schemas::{
    api::product::{Product, ProductPage},
    ids::OrderId,
    money::Amount,
};
use std::collections::HashSet;
use workflows::{
    allocate::Listing,
    ports::{Catalogue, Rebuilt, Search, Unavailable},
};

impl Shop {
    /// Sells that product, and no other of its SKU, from `north`.
    pub fn sells(&self, product: &Product) {
        samples::put(&mut self.contents().goods, product, samples::NORTH);
    }

    /// Sells nothing more.
    pub fn clears_its_catalogue(&self) {
        self.contents().goods = workflows::allocate::Goods::default();
    }
}

impl Contents {
    /// By SKU.
    fn products(&self) -> Vec<Product> {
        let product = |(sku, listing): (&String, &Listing)| Product {
            sku: sku.clone(),
            name: listing.name.clone(),
            price: Amount { amount: listing.price, currency: listing.currency.parse().unwrap() },
            tax_rate_bp: listing.tax_rate_bp,
            price_includes_tax: listing.tax_terms.price_includes_tax,
            available: self.goods.stock.get(sku).into_iter().flatten().map(|level| level.free).sum(),
        };
        let mut products: Vec<Product> = self.goods.listings.iter().map(product).collect();
        products.sort_by(|one, other| one.sku.cmp(&other.sku));
        products
    }

    fn show(&mut self, ids: &[OrderId]) {
        for id in ids {
            if let Some(order) = self.orders.get(id) {
                self.shown.insert(*id, order.state.status());
            }
        }
    }
}

/// The first of some products, which are sorted, as a page.
pub(super) fn page(mut rest: Vec<Product>, size: usize) -> ProductPage {
    let more = rest.len() > size;
    rest.truncate(size);
    let next_cursor = rest.last().filter(|_| more).map(|product| product.sku.clone());
    ProductPage { items: rest, next_cursor }
}

#[async_trait]
impl Catalogue for Shop {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        let found = |shop: &mut Contents| shop.products().into_iter().find(|product| product.sku == sku);
        self.call("catalogue.product", &[], found).await
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        self.call("catalogue.known", &[], |shop| {
            skus.iter().filter(|sku| shop.goods.listings.contains_key(*sku)).cloned().collect()
        })
        .await
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        self.call("catalogue.products", &[], |shop| {
            let mut rest = shop.products();
            rest.retain(|product| cursor.is_none_or(|cursor| product.sku.as_str() > cursor));
            page(rest, up_to(limit))
        })
        .await
    }
}

#[async_trait]
impl Search for Shop {
    async fn index_orders(&self, ids: &[OrderId]) -> Result<(), Unavailable> {
        self.call("search.index_orders", ids, |shop| shop.show(ids)).await
    }

    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable> {
        let done = self.call("search.rebuild", &[], |shop| {
            let all: Vec<OrderId> = shop.orders.keys().copied().collect();
            shop.show(&all);
            u64::try_from(all.len()).unwrap()
        });
        let done = done.await?;
        progress(done, done);
        Ok(Rebuilt { done, ..Rebuilt::default() })
    }

    async fn keep_up(&self) -> Result<u64, Unavailable> {
        self.call("search.keep_up", &[], |_| 0).await
    }

    async fn products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable> {
        self.call("search.products", &[], |shop| {
            let found = shop.products().into_iter().filter(|product| product.name.contains(query));
            found.take(up_to(limit)).collect()
        })
        .await
    }

    async fn orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        self.call("search.orders", &[], |shop| {
            let found = shop.orders.values().rev().filter(|order| order.email == query);
            found.map(|order| order.id).take(up_to(limit)).collect()
        })
        .await
    }
}
