//! The feed of each warehouse, in PostgreSQL on both runtimes: a topic pushes what is new, and only a feed can be read again
//! from any point.
//!
//! A reader asks for what stands after the last position it saw, so positions must appear in their order. An identity
//! column alone does not give that: who draws first may commit last. Here they are drawn under a lock that is held
//! until the commit.

use super::{Asked, Database};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use workflows::ports::{Notice, Unavailable, Warehouses};

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

    async fn tell_feeds(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        let (mut warehouses, mut orders) = (Vec::new(), Vec::new());
        let (mut sequences, mut events) = (Vec::new(), Vec::<Value>::new());
        for Notice { warehouse, event } in notices {
            warehouses.push(warehouse.clone());
            orders.push(event.subject.0);
            sequences.push(event.sequence);
            events.push(serde_json::to_value(event).map_err(|e| Unavailable::at_fault("warehouses.tell", e))?);
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
        self.tell_feeds(notices).await?;
        match &self.push {
            Some(push) => push.tell(notices).await,
            None => Ok(()),
        }
    }
}
