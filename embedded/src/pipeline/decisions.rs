//! Word of changed orders for whoever waits with `Prefer: wait`, and whether the database can be reached.

use super::wake::Wakes;
use adapters::postgres::{Asked, Database};
use async_trait::async_trait;
use handlers::api::{Decisions, Readiness};
use schemas::ids::OrderId;
use std::{sync::Arc, time::Duration};
use workflows::ports::Unavailable;

/// Looks again whenever some order changed, and now and then anyway.
pub(super) struct ListeningDecisions(pub(super) Arc<Wakes>);

/// The wake may be lost with the connection that listens.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

#[async_trait]
impl Decisions for ListeningDecisions {
    async fn wait(&self, _id: OrderId, deadline: Duration) {
        let mut orders = self.0.orders();
        orders.mark_unchanged();
        // The end of the pause is as good a reason to look as a wake.
        drop(tokio::time::timeout(deadline.min(LOOK_ANYWAY), orders.changed()).await);
    }
}

/// Ready while the database answers.
pub(super) struct DatabaseReady(pub(super) Database);

const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl Readiness for DatabaseReady {
    async fn check(&self) -> Result<(), Unavailable> {
        let ask = sqlx::query("select 1").execute(&self.0.durable);
        match tokio::time::timeout(PATIENCE, ask).await {
            Ok(answer) => answer.map(|_| ()).asked("database"),
            Err(elapsed) => Err(Unavailable::because("database", elapsed)),
        }
    }
}
