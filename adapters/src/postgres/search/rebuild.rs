//! Builds the index of orders anew from the database. One order that cannot be shown keeps none of the others from it.

use super::{super::Asked, PgSearch, orders::show_orders};
use crate::postgres::orders::rows::unreadable_among;
use schemas::ids::OrderId;
use sqlx::Connection;
use std::collections::HashMap;
use uuid::Uuid;
use workflows::ports::{Rebuilt, Unavailable};

/// Orders that are taken at once.
const CHUNK: i64 = 1_000;
/// Orders that are read at once: large ones have some hundred kilobytes.
const READ: usize = 100;
/// Orders that are named when they cannot be shown; more are counted.
const NAMED: usize = 20;

impl PgSearch {
    pub(super) async fn rebuild_all(
        &self,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<Rebuilt, Unavailable> {
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
        let (mut after, mut seen, mut rebuilt) = (Uuid::nil(), 0_u64, Rebuilt::default());
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
            let Some(last) = ids.last() else { return Ok(rebuilt) };
            after = *last;
            self.rebuild_some(&ids, &mut rebuilt).await?;
            seen += u64::try_from(ids.len()).unwrap_or_default();
            progress(seen, u64::try_from(total).unwrap_or_default().max(seen));
        }
    }

    /// Together; and if one of them is at fault, each alone. One that has its words and cannot be read is left out of what
    /// support is shown, so it is no better than one that has none.
    async fn rebuild_some(&self, ids: &[Uuid], rebuilt: &mut Rebuilt) -> Result<(), Unavailable> {
        let mut failed = self.unreadable(ids).await?;
        match self.index_anew(ids).await {
            Ok(()) => {}
            Err(error) if error.away => return Err(error),
            Err(_) => {
                for id in ids {
                    match self.index_anew(&[*id]).await {
                        Ok(()) => {}
                        Err(error) if error.away => return Err(error),
                        Err(error) => {
                            failed.insert(*id, error.chain());
                        }
                    }
                }
            }
        }
        for id in ids {
            match failed.remove(id) {
                None => rebuilt.done += 1,
                Some(why) => {
                    rebuilt.failed += 1;
                    if rebuilt.examples.len() < NAMED {
                        rebuilt.examples.push((OrderId(*id), why));
                    }
                }
            }
        }
        Ok(())
    }

    /// Those that cannot be read, each with why.
    async fn unreadable(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Unavailable> {
        let mut connection = self.database.durable.acquire().await.asked("search.rebuild")?;
        let mut unreadable = HashMap::new();
        for some in ids.chunks(READ) {
            unreadable.extend(unreadable_among(&mut connection, some).await?);
        }
        Ok(unreadable)
    }

    /// The rows may be wrong at the right version, so they are made again; nobody sees them missing.
    async fn index_anew(&self, ids: &[Uuid]) -> Result<(), Unavailable> {
        let mut connection = self.database.durable.acquire().await.asked("search.rebuild")?;
        let mut transaction = connection.begin().await.asked("search.rebuild")?;
        sqlx::query!("-- search.drop_orders\ndelete from order_search where order_id = any($1)", ids)
            .execute(&mut *transaction)
            .await
            .asked("search.rebuild")?;
        show_orders(&mut transaction, ids).await?;
        transaction.commit().await.asked("search.rebuild")
    }
}
