//! Scheduled: gives the stock of orders that were not paid in time to others. One for which money may be held is left to its
//! workflow, which `sweep` sets going again if nobody carries it.

use crate::{
    lifecycle::{Command, Verdict},
    ports::{Applied, Clock, EventBus, Ledger, Reservations, Unavailable},
};
use schemas::ids::OrderId;
use time::Duration;

const BATCH: usize = 500;
/// How long a run goes on beginning batches. A function has twice as long, and the next run is a minute away at most.
const LONG_ENOUGH: Duration = Duration::seconds(14);

/// Says how many orders expired.
///
/// # Errors
/// If something is away, or if an order cannot expire: that keeps no other from it. An order that expired untold is found by
/// `sweep`.
pub async fn expire_reservations(
    reservations: &dyn Reservations,
    ledger: &dyn Ledger,
    bus: &dyn EventBus,
    clock: &dyn Clock,
) -> Result<usize, Unavailable> {
    let until = clock.now() + LONG_ENOUGH;
    let (mut expired, mut failed) = (0, None);
    loop {
        let due = reservations.expired(i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        if due.is_empty() {
            return failed.map_or(Ok(expired), Err);
        }
        let last = due.len() < BATCH;
        let (applied, failure) = expire(ledger, &due).await;
        let changed = applied.iter().filter(|one| is_changed(one)).count();
        let facts: Vec<_> = applied.into_iter().flat_map(Applied::into_events).collect();
        bus.publish(&facts).await?;
        expired += changed;
        let is_away = failure.as_ref().is_some_and(|error| error.away);
        failed = failed.or(failure);
        // If nothing changed, somebody else is at it, and would be met again at once.
        if last || is_away || changed == 0 || clock.now() >= until {
            return failed.map_or(Ok(expired), Err);
        }
    }
}

/// Together; and if the request itself is at fault, order by order, so that one that cannot expire keeps no other's goods. With
/// what was done comes the first failure.
async fn expire(ledger: &dyn Ledger, due: &[OrderId]) -> (Vec<Applied>, Option<Unavailable>) {
    let error = match ledger.apply(due.iter().map(|id| (*id, Command::Expire)).collect()).await {
        Ok(applied) => return (applied, None),
        Err(error) => error,
    };
    if error.away || due.len() == 1 {
        return (Vec::new(), Some(error));
    }
    let (mut applied, mut failed) = (Vec::with_capacity(due.len()), None);
    for id in due {
        match ledger.apply_one(*id, Command::Expire).await {
            Ok(one) => applied.push(one),
            Err(error) => {
                let is_away = error.away;
                failed.get_or_insert(error);
                if is_away {
                    break;
                }
            }
        }
    }
    (applied, failed)
}

fn is_changed(applied: &Applied) -> bool {
    match applied {
        Applied::Order { verdict, .. } => matches!(verdict, Verdict::Changed(_)),
        Applied::Missing => false,
    }
}
