//! What an older release wrote has no folded words, or those of an older folding, and a slice gets full: all that is seen to
//! in bounded chunks by whoever sweeps, the newest orders first. What is not folded anew yet is found as it was.

use super::PgSearch;
use crate::postgres::{
    Asked,
    folding::{VERSION, grams::Searchable},
};
use uuid::Uuid;
use workflows::ports::Unavailable;

/// Orders of a slice: a word that each of them has is looked up in them in some milliseconds.
const SLICE: i64 = 16_384;
/// Rows that are folded at once, and how often that is done before others have their turn.
const CHUNK: i64 = 1_000;
const CHUNKS: u32 = 10;

impl PgSearch {
    /// Says how many rows were folded.
    pub(super) async fn fold_some(&self) -> Result<u64, Unavailable> {
        sqlx::query_file!("sql/search/begin_slice.sql", SLICE)
            .execute(&self.database.relaxed)
            .await
            .asked("search.begin_slice")?;
        let mut folded = 0;
        for _ in 0..CHUNKS {
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
        let ids = sqlx::query_file_scalar!("sql/search/orders_to_fold.sql", CHUNK)
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
             update order_search set words = coalesce(words, ''), folding = $2
             where order_id = any($1) and (words is null or folding < $2)",
            &ids,
            VERSION
        )
        .execute(&self.database.relaxed)
        .await
        .asked("search.keep_up")?;
        Ok(u64::try_from(ids.len()).unwrap_or_default())
    }

    /// Together; and if one of them is at fault, each alone. Says which could not be shown.
    async fn show_each(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, Unavailable> {
        match self.show_orders(ids).await {
            Ok(()) => return Ok(Vec::new()),
            Err(error) if error.away => return Err(error),
            Err(_) => {}
        }
        let mut failed = Vec::new();
        for id in ids {
            match self.show_orders(&[*id]).await {
                Ok(()) => {}
                Err(error) if error.away => return Err(error),
                Err(_) => failed.push(*id),
            }
        }
        Ok(failed)
    }

    /// Whether there are products that an older release, or an older folding, wrote: one look into an index that is empty as a
    /// rule.
    pub(super) async fn keeps_older_products(&self) -> Result<bool, Unavailable> {
        let first = sqlx::query_file!("sql/search/products_to_fold.sql", 1_i64)
            .fetch_optional(&self.database.durable)
            .await
            .asked("search.products")?;
        Ok(first.is_some())
    }

    async fn fold_products(&self) -> Result<u64, Unavailable> {
        let rows = sqlx::query_file!("sql/search/products_to_fold.sql", CHUNK)
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
        let folded = sqlx::query_file!(
            "sql/search/fold_products.sql",
            &skus,
            &names,
            &folded_skus,
            &folded_names,
            &grams,
            VERSION
        )
        .execute(&self.database.relaxed)
        .await
        .asked("search.keep_up")?;
        Ok(folded.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_folding_made_is_looked_for_by_the_number_of_the_current_one() {
        for statement in [
            include_str!("../../../sql/search/orders_to_fold.sql"),
            include_str!("../../../sql/search/products_to_fold.sql"),
        ] {
            assert!(statement.contains(&format!("folding < {VERSION}\n")), "{statement}");
        }
    }
}
