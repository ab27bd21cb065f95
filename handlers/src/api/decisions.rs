//! Waiting for an order to be decided, for `Prefer: wait`. How word of a change comes differs: one process can listen
//! to the database, a function can only look again.

use super::{App, caller::Caller, found::Found, problem::Refusal};
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::{future::Future, pin::pin, task::Poll, time::Duration};
use tokio::time::Instant;

/// Tells when it is worth looking at an order again.
#[async_trait]
pub trait Decisions: Send + Sync {
    /// Resolves when the order may have changed, or after `deadline`. MUST notice every change after its first poll: the
    /// caller polls once, looks at the order, and only then goes on waiting. Resolving too early does no harm.
    async fn wait(&self, id: OrderId, deadline: Duration);
}

/// Looks again every quarter of a second: enough for a person, little for a database.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookAgain;

const PAUSE: Duration = Duration::from_millis(250);

#[async_trait]
impl Decisions for LookAgain {
    async fn wait(&self, _id: OrderId, deadline: Duration) {
        tokio::time::sleep(deadline.min(PAUSE)).await;
    }
}

/// The order once it is decided, or as it is when `patience` ends.
pub(super) async fn await_decision(
    app: &App,
    caller: &Caller,
    id: OrderId,
    patience: Duration,
) -> Result<Found, Refusal> {
    if patience.is_zero() {
        return Found::look(app, caller, id).await;
    }
    let end = Instant::now() + patience;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let mut change = pin!(app.decisions.wait(id, left));
        let changed = std::future::poll_fn(|cx| Poll::Ready(change.as_mut().poll(cx).is_ready())).await;
        let found = Found::look(app, caller, id).await?;
        if left.is_zero() || found.status().is_decided() {
            return Ok(found);
        }
        if !changed {
            // Nobody's word is trusted to come: at the end the order is looked at once more.
            let _in_time = tokio::time::timeout(left, change).await.is_ok();
        }
    }
}
