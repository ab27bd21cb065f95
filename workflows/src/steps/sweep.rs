//! Scheduled: finds orders that wait for something nobody is doing any more, and sets it going again.

use crate::ports::{Clock, EventBus, Orders, OutgoingMessage, Queue, Stuck, Unavailable, Workflows};
use schemas::{event::EventName, ids::OrderId};
use serde_json::json;
use time::Duration;

/// How long something may take before it counts as forgotten.
pub const PATIENCE: Duration = Duration::minutes(2);
const BATCH: i64 = 500;

/// Says what it set going.
pub async fn sweep(
    orders: &dyn Orders,
    workflows: &dyn Workflows,
    queue: &dyn Queue,
    bus: &dyn EventBus,
    clock: &dyn Clock,
) -> Result<Vec<Stuck>, Unavailable> {
    let stuck = orders.stuck(clock.now() - PATIENCE, BATCH).await?;
    for one in &stuck {
        match one {
            Stuck::Unattended(id) => workflows.start_checkout(&[*id]).await?,
            Stuck::CancelForgotten(id) => queue.send("cancel", vec![cancel_message(*id)]).await?,
            Stuck::Uninvoiced(id) => tell_again(orders, bus, *id, &[EventName::OrderConfirmed]).await?,
            Stuck::Unvoided(id) | Stuck::Untold(id) => {
                tell_again(orders, bus, *id, &[EventName::OrderRejected, EventName::OrderCancelled]).await?;
            }
        }
    }
    Ok(stuck)
}

/// The message that has an order cancelled.
pub fn cancel_message(order: OrderId) -> OutgoingMessage {
    OutgoingMessage { subject: order.0, body: json!({ "order_id": order }) }
}

async fn tell_again(
    orders: &dyn Orders,
    bus: &dyn EventBus,
    id: OrderId,
    names: &[EventName],
) -> Result<(), Unavailable> {
    let mut events = orders.events(id).await?;
    events.retain(|event| event.name().is_some_and(|name| names.contains(&name)));
    bus.publish(&events).await
}
