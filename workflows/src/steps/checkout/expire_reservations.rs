//! Scheduled: gives the stock of orders that were not paid in time to others. One for which money may be held is left to its
//! workflow, which `sweep` sets going again if nobody carries it.

use crate::{
    lifecycle::{Command, Verdict},
    ports::{Applied, Clock, EventBus, Ledger, Reservations, Unavailable},
};
use time::Duration;

const BATCH: usize = 500;
/// How long a run goes on beginning batches. A function has twice as long, and the next run is a minute away at most.
const LONG_ENOUGH: Duration = Duration::seconds(14);

/// Says how many orders expired.
///
/// # Errors
/// At the first failure. An order that expired untold is found by `sweep`.
pub async fn expire_reservations(
    reservations: &dyn Reservations,
    ledger: &dyn Ledger,
    bus: &dyn EventBus,
    clock: &dyn Clock,
) -> Result<usize, Unavailable> {
    let until = clock.now() + LONG_ENOUGH;
    let mut expired = 0;
    loop {
        let due = reservations.expired(i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        if due.is_empty() {
            return Ok(expired);
        }
        let last = due.len() < BATCH;
        let applied = ledger.apply(due.into_iter().map(|id| (id, Command::Expire)).collect()).await?;
        let changed = applied.iter().filter(|one| is_changed(one)).count();
        let facts: Vec<_> = applied.into_iter().flat_map(Applied::into_events).collect();
        bus.publish(&facts).await?;
        expired += changed;
        // If nothing changed, somebody else is at it, and would be met again at once.
        if last || changed == 0 || clock.now() >= until {
            return Ok(expired);
        }
    }
}

fn is_changed(applied: &Applied) -> bool {
    match applied {
        Applied::Order { verdict, .. } => matches!(verdict, Verdict::Changed(_)),
        Applied::Missing => false,
    }
}
