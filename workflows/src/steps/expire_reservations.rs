//! Scheduled: gives the stock of orders that were not paid in time to others.

use crate::{
    lifecycle::Command,
    ports::{Applied, EventBus, Orders, Unavailable},
};

const BATCH: i64 = 500;

/// Says how many orders expired.
pub async fn expire_reservations(orders: &dyn Orders, bus: &dyn EventBus) -> Result<usize, Unavailable> {
    let due = orders.expired(BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let applied = orders.apply(due.into_iter().map(|id| (id, Command::Expire)).collect()).await?;
    let facts: Vec<_> = applied.into_iter().flat_map(Applied::into_events).collect();
    bus.publish(&facts).await?;
    Ok(facts.len())
}
