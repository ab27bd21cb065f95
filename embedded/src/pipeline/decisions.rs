//! Word of changed orders for whoever waits with `Prefer: wait`.

use super::wake::Wakes;
use async_trait::async_trait;
use handlers::api::Decisions;
use schemas::ids::OrderId;
use std::{sync::Arc, time::Duration};

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
