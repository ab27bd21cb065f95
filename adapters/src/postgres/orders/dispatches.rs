//! How far the warehouses of each order were told what happened to it.

use super::{
    PgOrders,
    rows::{load, uuids},
};
use crate::postgres::Asked;
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use workflows::ports::{Dispatch, Dispatches, Unavailable};

#[async_trait]
impl Dispatches for PgOrders {
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        let mut connection = self.connection("orders.dispatches").await?;
        let orders = load(&mut connection, &uuids(ids)).await?;
        let mut events = self.events_where(&mut connection, ids, i32::MAX).await?;
        let told: HashMap<Uuid, i32> = sqlx::query!(
            "-- orders.dispatches
             select order_id, told from dispatches where order_id = any($1)",
            &uuids(ids)
        )
        .fetch_all(&mut *connection)
        .await
        .asked("orders.dispatches")?
        .into_iter()
        .map(|row| (row.order_id, row.told))
        .collect();
        let dispatches = orders.into_iter().map(|order| Dispatch {
            events: events.remove(&order.id).unwrap_or_default(),
            told: told.get(&order.id.0).copied().unwrap_or_default(),
            order,
        });
        Ok(dispatches.collect())
    }

    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        // Each order once, and in the order of ids, so that two processes wait for each other in one direction only.
        let mut furthest = BTreeMap::<Uuid, i32>::new();
        for (id, sequence) in told {
            let known = furthest.entry(id.0).or_insert(*sequence);
            *known = (*known).max(*sequence);
        }
        if furthest.is_empty() {
            return Ok(());
        }
        let (ids, sequences): (Vec<Uuid>, Vec<i32>) = furthest.into_iter().unzip();
        sqlx::query!(
            "-- orders.mark_told
             insert into dispatches (order_id, told)
             select * from unnest($1::uuid[], $2::integer[])
             on conflict (order_id) do update set told = excluded.told where dispatches.told < excluded.told",
            &ids,
            &sequences
        )
        .execute(&self.database.durable)
        .await
        .asked("orders.mark_told")?;
        Ok(())
    }
}
