//! What an older release wrote has no folded words, and a slice gets full: both are seen to in bounded bites by whoever
//! sweeps, the newest orders first.

use super::{
    super::{Asked, grams::Searchable},
    PgSearch,
};
use uuid::Uuid;
use workflows::ports::Unavailable;

/// Orders of a slice: a word that each of them has is looked up in them in some milliseconds.
const SLICE: i64 = 16_384;
/// Rows that are folded at once, and how often that is done before others have their turn.
const BITE: i64 = 1_000;
const BITES: u32 = 10;

impl PgSearch {
    /// Says how many rows were folded.
    pub(super) async fn fold_some(&self) -> Result<u64, Unavailable> {
        sqlx::query_file!("sql/search/begin_slice.sql", SLICE)
            .execute(&self.database.relaxed)
            .await
            .asked("search.begin_slice")?;
        let mut folded = 0;
        for _ in 0..BITES {
            let orders = self.fold_orders().await?;
            let products = self.fold_products().await?;
            folded += orders + products;
            if orders + products == 0 {
                break;
            }
        }
        Ok(folded)
    }

    async fn fold_orders(&self) -> Result<u64, Unavailable> {
        let ids = sqlx::query_scalar!(
            "-- search.orders_to_fold
             select order_id from order_search where words is null order by order_id desc limit $1",
            BITE
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("search.keep_up")?;
        if ids.is_empty() {
            return Ok(0);
        }
        for id in self.show_each(&ids).await? {
            tracing::warn!(order = %id, "cannot be shown to support by its words; `sluice index rebuild` says why");
        }
        // Of what has no order, or cannot be shown, nothing is made: nobody is to come by it again each time.
        sqlx::query!(
            "-- search.give_up_folding
             update order_search set words = '' where order_id = any($1) and words is null",
            &ids
        )
        .execute(&self.database.relaxed)
        .await
        .asked("search.keep_up")?;
        Ok(u64::try_from(ids.len()).unwrap_or_default())
    }

    /// Together; and if one of them is at fault, each alone. Says which could not be shown.
    async fn show_each(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, Unavailable> {
        match self.show(ids).await {
            Ok(()) => return Ok(Vec::new()),
            Err(error) if error.away => return Err(error),
            Err(_) => {}
        }
        let mut failed = Vec::new();
        for id in ids {
            match self.show(&[*id]).await {
                Ok(()) => {}
                Err(error) if error.away => return Err(error),
                Err(_) => failed.push(*id),
            }
        }
        Ok(failed)
    }

    async fn fold_products(&self) -> Result<u64, Unavailable> {
        let rows = sqlx::query!(
            "-- search.products_to_fold
             select sku, name from products where folded_for is distinct from name order by sku limit $1",
            BITE
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("search.keep_up")?;
        if rows.is_empty() {
            return Ok(0);
        }
        let (mut skus, mut names) = (Vec::new(), Vec::new());
        let (mut folded_skus, mut folded_names, mut grams) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let searchable = Searchable::of(&row.sku, &row.name);
            skus.push(row.sku);
            names.push(row.name);
            folded_skus.push(searchable.sku);
            folded_names.push(searchable.name);
            grams.push(searchable.grams);
        }
        let folded =
            sqlx::query_file!("sql/search/fold_products.sql", &skus, &names, &folded_skus, &folded_names, &grams)
                .execute(&self.database.relaxed)
                .await
                .asked("search.keep_up")?;
        Ok(folded.rows_affected())
    }
}
