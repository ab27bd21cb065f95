//! The feed of each warehouse, and how far each order has come with it. Both stand here on both runtimes: a topic
//! pushes what is new, and only a feed can be read again from any point.
//!
//! A reader asks for what stands after the last position it saw, so positions must appear in their order. An identity
//! column alone does not give that: who draws first may commit last. Here they are drawn under a lock that is held
//! until the commit.

use super::{
    Asked, Database,
    orders::{
        PgOrders,
        rows::{load, uuids},
    },
};
use async_trait::async_trait;
use schemas::ids::OrderId;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;
use workflows::ports::{Dispatch, Dispatches, Notice, Unavailable, Warehouses};

/// The warehouses' feeds in PostgreSQL.
pub struct PgWarehouses {
    database: Database,
    push: Option<Arc<dyn Warehouses>>,
}

impl PgWarehouses {
    /// Feeds in that database.
    pub fn new(database: Database) -> Self {
        Self { database, push: None }
    }

    /// What was written to the feeds is then told another way too, such as by a topic. Whoever hears of it there finds
    /// it in the feed.
    #[must_use]
    pub fn and_push(self, push: Arc<dyn Warehouses>) -> Self {
        Self { push: Some(push), ..self }
    }

    async fn write(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        let (mut warehouses, mut orders) = (Vec::new(), Vec::new());
        let (mut sequences, mut events) = (Vec::new(), Vec::<Value>::new());
        for Notice { warehouse, event } in notices {
            warehouses.push(warehouse.clone());
            orders.push(event.subject.0);
            sequences.push(event.sequence);
            events.push(serde_json::to_value(event).map_err(|e| Unavailable::refused("warehouses.tell", e))?);
        }
        // On disk before anybody reads it: a position that was read must never be given again.
        let mut transaction = self.database.durable.begin().await.asked("warehouses.tell")?;
        sqlx::query!(
            "-- warehouses.lock_feed
             select pg_advisory_xact_lock(hashtextextended('warehouse_feed', 0))"
        )
        .execute(&mut *transaction)
        .await
        .asked("warehouses.lock_feed")?;
        sqlx::query_file!("sql/warehouses/tell.sql", &warehouses, &orders, &sequences, &events)
            .execute(&mut *transaction)
            .await
            .asked("warehouses.tell")?;
        transaction.commit().await.asked("warehouses.tell")
    }
}

#[async_trait]
impl Warehouses for PgWarehouses {
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        if notices.is_empty() {
            return Ok(());
        }
        self.write(notices).await?;
        match &self.push {
            Some(push) => push.tell(notices).await,
            None => Ok(()),
        }
    }
}

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
