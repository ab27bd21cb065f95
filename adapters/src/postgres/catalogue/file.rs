//! The import of a file: recognised when it comes again, so that a lost answer or a second try books nothing twice; and its
//! units are what came in, or what was counted.

use super::{CHUNK, Delivery, PgCatalogue, WAREHOUSE, sorted};
use crate::postgres::{Asked, unreadable};
use schemas::kept::TaxCategory;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;
use workflows::{billing::TaxTermsSaid, ports::Unavailable};

/// A file to be imported.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueFile<'f> {
    /// Its good rows.
    pub deliveries: &'f [Delivery],
    /// The tax terms that it has columns for.
    pub said: TaxTermsSaid,
    /// What it is called.
    pub source: &'f str,
    /// SHA-256 of what it says, by which it is recognised.
    pub content: [u8; 32],
    /// What its units are.
    pub stock: Stock,
    /// Whether it is meant although it was imported before.
    pub again: bool,
}

/// What the units of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// What came in: it is added to what is there.
    Received,
    /// What is there, promised units among it: it takes the place of what was thought to be there.
    Counted,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// All of it is in.
    Now {
        /// Whose price is in another currency from now on.
        in_another_currency: Vec<CurrencyChange>,
    },
    /// It was before, and nothing was changed.
    Before {
        /// When.
        at: OffsetDateTime,
        /// What it was called then.
        source: String,
    },
    /// Fewer units were counted than are promised to orders; nothing was changed.
    Promised(Vec<Promised>),
    /// Products would keep a tax category that does not go with the rate of the file; nothing was changed. Standard and zero
    /// never do: they say no more than the rate, so the category goes by the new one.
    Contradicted(Vec<Contradicted>),
}

/// A SKU that was sold in one currency and is sold in another now. Orders that were priced before keep theirs; those that are
/// not decided yet are refused if they want the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyChange {
    /// The SKU.
    pub sku: String,
    /// ISO 4217 code of what it was sold in.
    pub before: String,
    /// ISO 4217 code of what it is sold in.
    pub now: String,
}

/// A SKU of which more is promised than was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The SKU.
    pub sku: String,
    /// Units promised to orders.
    pub reserved: i64,
    /// Units counted.
    pub counted: i64,
}

/// A SKU whose tax category, of which the file says nothing, does not go with the file's rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradicted {
    /// The SKU.
    pub sku: String,
    /// What it has.
    pub category: TaxCategory,
    /// The file's rate in basis points.
    pub tax_rate_bp: u32,
}

impl Stock {
    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Counted => "counted",
        }
    }
}

impl PgCatalogue {
    /// Imports a file, in one transaction: all of it or nothing. Says after each chunk how many products are done.
    ///
    /// # Errors
    /// If the database does not answer; it is safe to import the file again then, whether or not it was imported.
    pub async fn import_file(
        &self,
        file: CatalogueFile<'_>,
        progress: impl FnMut(usize),
    ) -> Result<Imported, Unavailable> {
        let mut connection = self.database.durable.acquire().await.asked("catalogue.import")?;
        let mut transaction = connection.begin().await.asked("catalogue.import")?;
        if !self.recognise(&mut transaction, file).await? {
            return imported_before(&mut transaction, file).await;
        }
        let deliveries = sorted(file.deliveries);
        let in_another_currency = currency_changes(&mut transaction, &deliveries).await?;
        match file.stock {
            Stock::Received => {
                self.import_deliveries(&mut transaction, &deliveries, file.source, file.said, progress).await?
            }
            Stock::Counted => {
                let listed: Vec<Delivery> = deliveries.iter().map(|d| Delivery { units: 0, ..(*d).clone() }).collect();
                let listed: Vec<&Delivery> = listed.iter().collect();
                self.import_deliveries(&mut transaction, &listed, file.source, file.said, progress).await?;
                let promised = self.count(&mut transaction, &deliveries, file.source).await?;
                if !promised.is_empty() {
                    transaction.rollback().await.asked("catalogue.import")?;
                    return Ok(Imported::Promised(promised));
                }
            }
        }
        if !file.said.category {
            let contradicted = contradicted(&mut transaction, &deliveries).await?;
            if !contradicted.is_empty() {
                transaction.rollback().await.asked("catalogue.import")?;
                return Ok(Imported::Contradicted(contradicted));
            }
        }
        transaction.commit().await.asked("catalogue.import")?;
        self.learn_what_is_rare(deliveries.len()).await;
        Ok(Imported::Now { in_another_currency })
    }

    /// Notes the file; false if it was noted before and is not meant again. A count is meant each time: what is there changes
    /// between two that are the same, and a second one books nothing.
    async fn recognise(&self, connection: &mut PgConnection, file: CatalogueFile<'_>) -> Result<bool, Unavailable> {
        sqlx::query_file_scalar!(
            "sql/catalogue/recognise.sql",
            &file.content,
            file.stock.as_str(),
            file.source,
            i32::try_from(file.deliveries.len()).unwrap_or(i32::MAX),
            file.deliveries.iter().map(|delivery| delivery.units).sum::<i64>(),
            self.clock.now(),
            file.again || file.stock == Stock::Counted
        )
        .fetch_one(connection)
        .await
        .asked("catalogue.recognise")
    }

    /// Makes what is there what was counted. The rows are locked already.
    async fn count(
        &self,
        connection: &mut PgConnection,
        deliveries: &[&Delivery],
        source: &str,
    ) -> Result<Vec<Promised>, Unavailable> {
        let mut promised = Vec::new();
        for chunk in deliveries.chunks(CHUNK) {
            let skus: Vec<String> = chunk.iter().map(|delivery| delivery.sku.clone()).collect();
            let counted: Vec<i64> = chunk.iter().map(|delivery| delivery.units).collect();
            let short = sqlx::query_file_as!(Promised, "sql/catalogue/promised.sql", &skus, &counted, WAREHOUSE)
                .fetch_all(&mut *connection)
                .await
                .asked("catalogue.promised")?;
            promised.extend(short);
            if promised.is_empty() {
                sqlx::query_file!("sql/catalogue/count.sql", &skus, &counted, WAREHOUSE, source, self.clock.now())
                    .execute(&mut *connection)
                    .await
                    .asked("catalogue.count")?;
            }
        }
        Ok(promised)
    }
}

/// Which of the products, not written yet, are sold in another currency than the file has for them.
async fn currency_changes(
    connection: &mut PgConnection,
    deliveries: &[&Delivery],
) -> Result<Vec<CurrencyChange>, Unavailable> {
    let mut changes = Vec::new();
    for chunk in deliveries.chunks(CHUNK) {
        let skus: Vec<String> = chunk.iter().map(|delivery| delivery.sku.clone()).collect();
        let currencies: Vec<String> = chunk.iter().map(|delivery| delivery.currency.code().to_owned()).collect();
        let changed = sqlx::query_as!(
            CurrencyChange,
            r#"-- catalogue.currency_changes
             select p.sku, p.currency as before, g.currency as "now!"
             from unnest($1::text[], $2::text[]) as g (sku, currency)
             join products p on p.sku = g.sku
             where p.currency <> g.currency
             order by p.sku collate "C""#,
            &skus,
            &currencies
        )
        .fetch_all(&mut *connection)
        .await
        .asked("catalogue.currency_changes")?;
        changes.extend(changed);
    }
    Ok(changes)
}

/// Which of the products, written already, kept a category that does not go with their rate.
async fn contradicted(
    connection: &mut PgConnection,
    deliveries: &[&Delivery],
) -> Result<Vec<Contradicted>, Unavailable> {
    let mut contradicted = Vec::new();
    for chunk in deliveries.chunks(CHUNK) {
        let skus: Vec<String> = chunk.iter().map(|delivery| delivery.sku.clone()).collect();
        let kept = sqlx::query!(
            r#"-- catalogue.contradicted
             select sku, tax_category as "category!", tax_rate_bp from products
             where sku = any($1::text[]) and tax_category is not null
             order by sku collate "C""#,
            &skus
        )
        .fetch_all(&mut *connection)
        .await
        .asked("catalogue.contradicted")?;
        for row in kept {
            let category: TaxCategory =
                row.category.parse().map_err(|_| unreadable("catalogue.contradicted", "tax_category"))?;
            let tax_rate_bp =
                u32::try_from(row.tax_rate_bp).map_err(|_| unreadable("catalogue.contradicted", "tax_rate_bp"))?;
            if !category.may_have(tax_rate_bp) {
                contradicted.push(Contradicted { sku: row.sku, category, tax_rate_bp });
            }
        }
    }
    Ok(contradicted)
}

/// When the file was imported before.
async fn imported_before(connection: &mut PgConnection, file: CatalogueFile<'_>) -> Result<Imported, Unavailable> {
    let row = sqlx::query!(
        "-- catalogue.imported_before
         select imported_at, source from catalogue_imports where content = $1 and stock = $2",
        &file.content,
        file.stock.as_str()
    )
    .fetch_one(connection)
    .await
    .asked("catalogue.imported_before")?;
    Ok(Imported::Before { at: row.imported_at, source: row.source })
}
