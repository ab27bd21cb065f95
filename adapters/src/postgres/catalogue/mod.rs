//! The catalogue: reading for buyers, and the import that fills it.

pub mod file;

use super::{
    Asked, Database,
    answer::answered,
    folding::{
        VERSION,
        grams::{SEPARATOR, Searchable},
        trigrams::trigrams,
    },
    passed_over::PassedOver,
    unreadable,
};
use async_trait::async_trait;
use schemas::{
    api::product::{Product, ProductPage},
    money::{Amount, Currency},
};
use sqlx::{Connection, PgConnection};
use std::{collections::HashSet, sync::Arc};
use workflows::{
    billing::{TaxTerms, TaxTermsSaid},
    ports::{Catalogue, Clock, Unavailable},
};

/// Products and stock in PostgreSQL.
pub struct PgCatalogue {
    pub(super) database: Database,
    pub(super) clock: Arc<dyn Clock>,
}

/// A product with the units that came in with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The stock-keeping unit.
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// Price of a unit in minor units.
    pub price: i64,
    /// Its currency.
    pub currency: Currency,
    /// Tax rate in basis points, at most 10,000.
    pub tax_rate_bp: u32,
    /// What the tax depends on beside the rate.
    pub tax_terms: TaxTerms,
    /// Units received, 0 or more.
    pub units: i64,
}

/// The warehouse that imports deliver to.
const WAREHOUSE: &str = "main";
/// Products a statement takes: enough to be fast, few enough to be gentle on memory.
pub(super) const CHUNK: usize = 2_000;
/// Imports of fewer products change little of what is rare.
const WORTH_LEARNING: usize = 1_000;

pub(super) struct ProductRow {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) price: i64,
    pub(super) tax_rate_bp: i32,
    pub(super) price_includes_tax: bool,
    pub(super) available: i64,
}

impl ProductRow {
    /// The product, unless it cannot be read: then a list goes on without it.
    pub(super) fn readable(self, passed_over: &PassedOver) -> Option<Product> {
        let sku = self.sku.clone();
        self.into_product().inspect_err(|error| passed_over.note("product", &sku, &error.chain())).ok()
    }

    fn into_product(self) -> Result<Product, Unavailable> {
        let currency = self.currency.parse().map_err(|_| unreadable("catalogue", "currency"))?;
        Ok(Product {
            sku: self.sku,
            name: self.name,
            price: Amount { amount: self.price, currency },
            tax_rate_bp: u32::try_from(self.tax_rate_bp).map_err(|_| unreadable("catalogue", "tax_rate_bp"))?,
            price_includes_tax: self.price_includes_tax,
            available: self.available,
        })
    }
}

impl PgCatalogue {
    /// The catalogue in that database.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Writes all products and books their units in, in one transaction: all of it or nothing. Each has the tax terms that
    /// are said here, whatever it had before. Says after each chunk how many are done.
    ///
    /// # Errors
    /// If the database does not answer; then nothing was imported.
    pub async fn import(
        &self,
        deliveries: &[Delivery],
        source: &str,
        progress: impl FnMut(usize),
    ) -> Result<(), Unavailable> {
        let mut connection = self.database.durable.acquire().await.asked("catalogue.import")?;
        let mut transaction = connection.begin().await.asked("catalogue.import")?;
        self.import_deliveries(&mut transaction, &sorted(deliveries), source, TaxTermsSaid::ALL, progress).await?;
        transaction.commit().await.asked("catalogue.import")?;
        self.learn_what_is_rare(deliveries.len()).await;
        Ok(())
    }

    /// Whether there are goods that came in by anything else than these sources, or of which no unit ever came in.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn has_other_goods(&self, sources: &[&str]) -> Result<bool, Unavailable> {
        let sources: Vec<String> = sources.iter().map(|source| (*source).to_owned()).collect();
        sqlx::query_scalar!(
            r#"-- catalogue.has_other_goods
             select exists (select from stock_receipts where source <> all($1::text[]))
                 or (exists (select from products) and not exists (select from stock_receipts)) as "found!""#,
            &sources
        )
        .fetch_one(&self.database.durable)
        .await
        .asked("catalogue.has_other_goods")
    }

    /// Search is led by what is rare in the catalogue, as the table's statistics have it. The database refreshes them itself,
    /// but a minute later; so it is no failure of an import that is done already if this fails.
    pub(super) async fn learn_what_is_rare(&self, products: usize) {
        if products >= WORTH_LEARNING
            && let Err(error) =
                sqlx::query("-- catalogue.learn_what_is_rare\nanalyze products").execute(&self.database.durable).await
        {
            tracing::warn!(%error, "search is led by old statistics of the catalogue for a while");
        }
    }

    /// Writes products, and books their units in as received. Of the tax terms that are not said, a product that is there
    /// keeps what it has, as far as it says more than the rate.
    #[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
    pub(super) async fn import_deliveries(
        &self,
        connection: &mut PgConnection,
        deliveries: &[&Delivery],
        source: &str,
        said: TaxTermsSaid,
        mut progress: impl FnMut(usize),
    ) -> Result<(), Unavailable> {
        let mut done = 0;
        for chunk in deliveries.chunks(CHUNK) {
            let mut columns = Columns::default();
            for delivery in chunk {
                columns.push(delivery);
            }
            sqlx::query_file!(
                "sql/catalogue/import.sql",
                &columns.skus,
                &columns.names,
                &columns.currencies,
                &columns.prices,
                &columns.rates,
                &columns.trigrams,
                &columns.units,
                source,
                self.clock.now(),
                WAREHOUSE,
                &columns.folded_skus,
                &columns.folded_names,
                &columns.grams,
                &columns.categories as &[Option<String>],
                &columns.reasons as &[Option<String>],
                &columns.gross,
                said.category,
                said.exemption_reason,
                said.price_includes_tax,
                VERSION
            )
            .execute(&mut *connection)
            .await
            .asked("catalogue.import")?;
            done += chunk.len();
            progress(done);
        }
        Ok(())
    }
}

/// In the order in which every transaction locks stock.
pub(super) fn sorted(deliveries: &[Delivery]) -> Vec<&Delivery> {
    let mut sorted: Vec<&Delivery> = deliveries.iter().collect();
    sorted.sort_unstable_by(|a, b| a.sku.cmp(&b.sku));
    sorted
}

/// Products, column by column as `unnest` takes them.
#[derive(Default)]
struct Columns {
    skus: Vec<String>,
    names: Vec<String>,
    currencies: Vec<String>,
    prices: Vec<i64>,
    rates: Vec<i32>,
    trigrams: Vec<String>,
    units: Vec<i64>,
    folded_skus: Vec<String>,
    folded_names: Vec<String>,
    grams: Vec<String>,
    categories: Vec<Option<String>>,
    reasons: Vec<Option<String>>,
    gross: Vec<bool>,
}

impl Columns {
    fn push(&mut self, delivery: &Delivery) {
        let searchable = Searchable::of(&delivery.sku, &delivery.name);
        self.skus.push(delivery.sku.clone());
        self.names.push(delivery.name.clone());
        self.currencies.push(delivery.currency.code().to_owned());
        self.prices.push(delivery.price);
        self.rates.push(i32::try_from(delivery.tax_rate_bp).unwrap_or(i32::MAX));
        self.trigrams.push(trigrams(&format!("{} {}", delivery.sku, delivery.name)).join(SEPARATOR));
        self.units.push(delivery.units);
        self.folded_skus.push(searchable.sku);
        self.folded_names.push(searchable.name);
        self.grams.push(searchable.grams);
        self.categories.push(delivery.tax_terms.category.map(|category| category.as_str().to_owned()));
        self.reasons.push(delivery.tax_terms.exemption_reason.clone());
        self.gross.push(delivery.tax_terms.price_includes_tax);
    }
}

#[async_trait]
impl Catalogue for PgCatalogue {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        sqlx::query_as!(
            ProductRow,
            r#"-- catalogue.product
             select p.sku, p.name, p.currency, p.price, p.tax_rate_bp, p.price_includes_tax,
                    least(coalesce((select sum(s.free) from stock s where s.sku = p.sku), 0),
                          9223372036854775807)::bigint as "available!"
             from products p where p.sku = $1"#,
            sku
        )
        .fetch_optional(&self.database.durable)
        .await
        .asked("catalogue.product")?
        .map(ProductRow::into_product)
        .transpose()
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let known = sqlx::query_scalar!(
            "-- catalogue.known: asked by acceptance, over its own connections
             select sku from products where sku = any($1)",
            skus
        )
        .fetch_all(&self.database.acceptance);
        Ok(answered("catalogue.known", known).await?.into_iter().collect())
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        let rows = sqlx::query_as!(
            ProductRow,
            r#"-- catalogue.products
             select p.sku, p.name, p.currency, p.price, p.tax_rate_bp, p.price_includes_tax,
                    least(coalesce((select sum(s.free) from stock s where s.sku = p.sku), 0),
                          9223372036854775807)::bigint as "available!"
             from products p where p.sku collate "C" > $1 order by p.sku collate "C" limit $2"#,
            cursor.unwrap_or_default(),
            limit + 1
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("catalogue.products")?;
        let page = usize::try_from(limit).unwrap_or_default();
        // Behind the last that was looked at, whether or not it could be read.
        let last = page.checked_sub(1).and_then(|last| rows.get(last)).map(|row| row.sku.clone());
        let next_cursor = last.filter(|_| rows.len() > page);
        let looked_at = rows.into_iter().take(page);
        let items = looked_at.filter_map(|row| row.readable(&self.database.passed_over)).collect();
        Ok(ProductPage { items, next_cursor })
    }
}
