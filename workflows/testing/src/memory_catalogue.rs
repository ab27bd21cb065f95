//! A catalogue by itself, such as the copy that buyers read: it gives pages of a size of its own, and counts what is written.

use super::{Faults, SetClock, products::page};
use async_trait::async_trait;
use schemas::api::product::{Product, ProductPage};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use workflows::ports::{Catalogue, CatalogueCopy, Unavailable};

/// Products by their SKUs.
pub struct MemoryCatalogue {
    products: Mutex<BTreeMap<String, Product>>,
    page: usize,
    upside_down: bool,
    refuses: fn(&str) -> bool,
    writes: Mutex<Vec<usize>>,
    /// What goes wrong, and what was asked.
    pub faults: Faults,
}

impl MemoryCatalogue {
    /// These.
    pub fn with(products: &[Product]) -> Self {
        let products = products.iter().map(|product| (product.sku.clone(), product.clone())).collect();
        Self {
            products: Mutex::new(products),
            page: usize::MAX,
            upside_down: false,
            refuses: |_| false,
            writes: Mutex::default(),
            faults: Faults::by(Arc::new(SetClock::default())),
        }
    }

    /// It gives so many at once.
    #[must_use]
    pub fn in_pages_of(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// It gives its products from the last to the first.
    #[must_use]
    pub fn upside_down(self) -> Self {
        Self { upside_down: true, ..self }
    }

    /// It does not take some SKUs.
    #[must_use]
    pub fn refusing(self, refuses: fn(&str) -> bool) -> Self {
        Self { refuses, ..self }
    }

    fn stock(&self) -> MutexGuard<'_, BTreeMap<String, Product>> {
        self.products.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in it, by SKU.
    pub fn products(&self) -> Vec<Product> {
        self.stock().values().cloned().collect()
    }

    /// How many products each call wrote or removed.
    pub fn writes(&self) -> Vec<usize> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn write(
        &self,
        what: &'static str,
        count: usize,
        work: impl FnOnce(&mut BTreeMap<String, Product>),
    ) -> Result<(), Unavailable> {
        assert!(count > 0, "a call for nothing");
        let answered = self.faults.begin(what, &[]).await?;
        work(&mut self.stock());
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).push(count);
        self.faults.end(what, answered).await
    }
}

#[async_trait]
impl Catalogue for MemoryCatalogue {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        Ok(self.stock().get(sku).cloned())
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let stock = self.stock();
        Ok(skus.iter().filter(|sku| stock.contains_key(*sku)).cloned().collect())
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        // Whoever else has something to do does it now.
        tokio::task::yield_now().await;
        let mut rest = self.products();
        if self.upside_down {
            rest.reverse();
        }
        let is_after = |sku: &str, cursor: &str| if self.upside_down { sku < cursor } else { sku > cursor };
        rest.retain(|product| cursor.is_none_or(|cursor| is_after(&product.sku, cursor)));
        Ok(page(rest, self.page.min(super::orders::up_to(limit))))
    }
}

#[async_trait]
impl CatalogueCopy for MemoryCatalogue {
    async fn put(&self, products: &[Product]) -> Result<(), Unavailable> {
        if products.iter().any(|product| (self.refuses)(&product.sku)) {
            return Err(Unavailable::at_fault("catalogue.put", "the item is too large"));
        }
        let products_by_sku = products.iter().map(|product| (product.sku.clone(), product.clone()));
        self.write("catalogue.put", products.len(), |stock| stock.extend(products_by_sku)).await
    }

    async fn remove(&self, skus: &[String]) -> Result<(), Unavailable> {
        self.write("catalogue.remove", skus.len(), |stock| stock.retain(|sku, _| !skus.contains(sku))).await
    }
}
