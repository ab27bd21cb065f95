//! Queue `intake`: prices accepted orders, holds their stock, and starts the workflow of those that got it.

use crate::{
    lifecycle::awaits_payment,
    ports::{EventBus, Reservations, Unavailable, Workflows},
    steps::{Outcome, all},
};
use schemas::{ids::OrderId, kept::AcceptedOrder};

/// Reserves a batch in one transaction. Refused orders end here and cost no workflow.
pub async fn reserve_orders(
    reservations: &dyn Reservations,
    workflows: &dyn Workflows,
    bus: &dyn EventBus,
    batch: Vec<AcceptedOrder>,
) -> Vec<Outcome> {
    let count = batch.len();
    let work = async {
        let stored = reservations.reserve(batch).await?;
        let reserved: Vec<OrderId> =
            stored.iter().map(|r| &r.order).filter(|order| awaits_payment(order)).map(|order| order.id).collect();
        workflows.start_checkout(&reserved).await?;
        let events: Vec<_> = stored.into_iter().flat_map(|r| r.events).collect();
        bus.publish(&events).await?;
        Ok::<(), Unavailable>(())
    };
    all(count, work.await)
}
