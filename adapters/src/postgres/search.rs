//! Search over products and orders with PostgreSQL's own means.

use super::{
    Asked, Database,
    catalogue::ProductRow,
    trigrams::{trigrams, words},
};
use async_trait::async_trait;
use schemas::{ids::OrderId, product::Product};
use sqlx::Connection;
use uuid::Uuid;
use workflows::ports::{Search, Unavailable};

/// Search in PostgreSQL.
pub struct PgSearch {
    database: Database,
}

/// Orders that a rebuild takes at once.
const CHUNK: i64 = 1_000;

impl PgSearch {
    /// Search in that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

impl PgSearch {
    /// The rows may be wrong at the right version, so they are made again; nobody sees them missing.
    async fn index_anew(&self, ids: &[Uuid]) -> Result<(), Unavailable> {
        let mut connection = self.database.durable.acquire().await.asked("search.rebuild")?;
        let mut transaction = connection.begin().await.asked("search.rebuild")?;
        sqlx::query!("-- search.distrust\ndelete from order_search where order_id = any($1)", ids)
            .execute(&mut *transaction)
            .await
            .asked("search.rebuild")?;
        sqlx::query_file!("sql/search/index_orders.sql", ids)
            .execute(&mut *transaction)
            .await
            .asked("search.rebuild")?;
        transaction.commit().await.asked("search.rebuild")
    }
}

#[async_trait]
impl Search for PgSearch {
    async fn index_orders(&self, ids: &[OrderId]) -> Result<(), Unavailable> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        sqlx::query_file!("sql/search/index_orders.sql", &ids)
            .execute(&self.database.relaxed)
            .await
            .asked("search.index_orders")?;
        Ok(())
    }

    async fn rebuild(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<u64, Unavailable> {
        let total = sqlx::query_scalar!(
            r#"-- search.count_orders
             select count(*) as "count!" from orders"#
        )
        .fetch_one(&self.database.durable)
        .await
        .asked("search.rebuild")?;
        sqlx::query!(
            "-- search.drop_orphans: what search shows and the database does not have
             delete from order_search s where not exists (select from orders o where o.id = s.order_id)"
        )
        .execute(&self.database.durable)
        .await
        .asked("search.rebuild")?;
        let (mut after, mut done) = (Uuid::nil(), 0_u64);
        loop {
            let ids = sqlx::query_scalar!(
                "-- search.next_orders
                 select id from orders where id > $1 order by id limit $2",
                after,
                CHUNK
            )
            .fetch_all(&self.database.durable)
            .await
            .asked("search.rebuild")?;
            let Some(last) = ids.last() else { return Ok(done) };
            after = *last;
            done += u64::try_from(ids.len()).unwrap_or_default();
            self.index_anew(&ids).await?;
            progress(done, u64::try_from(total).unwrap_or_default().max(done));
        }
    }

    async fn products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable> {
        let wanted = trigrams(query);
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_file_as!(ProductRow, "sql/search/products.sql", &wanted, query.trim(), limit)
            .fetch_all(&self.database.durable)
            .await
            .asked("search.products")?;
        rows.into_iter().map(ProductRow::into_product).collect()
    }

    async fn orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let query = query.trim();
        if let Ok(id) = query.parse::<Uuid>() {
            return Ok(vec![OrderId(id)]);
        }
        // Every word must stand at the beginning of a word of the order; an e-mail address or SKU also counts whole.
        // Their case is left to PostgreSQL, which folded that of the orders: it does not fold all letters as Rust does.
        let prefixes: Vec<String> = words(query).map(|word| format!("{word}:*")).collect();
        if prefixes.is_empty() {
            return Ok(Vec::new());
        }
        let (first, last) = ids_beginning_with(query).unwrap_or((Uuid::max(), Uuid::nil()));
        let ids = sqlx::query_scalar!(
            "-- search.orders
             select order_id from order_search
             where document @@ to_tsquery('simple', $1) or (order_id >= $3 and order_id <= $4)
             order by order_id desc limit $2",
            prefixes.join(" & "),
            limit,
            first,
            last
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("search.orders")?;
        Ok(ids.into_iter().map(OrderId).collect())
    }
}

/// The range of ids that begin so, if it is the beginning of one: eight hexadecimal digits at least.
fn ids_beginning_with(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if !(8..=32).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let padded = |with: &str| format!("{digits}{}", with.repeat(32 - digits.len())).parse().ok();
    Some((padded("0")?, padded("f")?))
}
