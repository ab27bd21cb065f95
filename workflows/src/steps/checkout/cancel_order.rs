//! Queue `cancel`: calls orders off and gives their stock back. The money follows by queue `void`.

use crate::{
    lifecycle::{Command, NotCancellable, Verdict},
    ports::{Applied, EventBus, Ledger},
    steps::{Outcome, all},
};
use schemas::ids::OrderId;

/// One outcome for each order. An order that is still on its way into the database is waited for.
pub async fn cancel_order(ledger: &dyn Ledger, bus: &dyn EventBus, ids: &[OrderId]) -> Vec<Outcome> {
    let applied = match ledger.apply(ids.iter().map(|id| (*id, Command::Cancel)).collect()).await {
        Ok(applied) => applied,
        Err(error) => return all(ids.len(), Err(error)),
    };
    let mut facts = Vec::new();
    let outcomes = applied
        .into_iter()
        .map(|applied| match applied {
            Applied::Missing => Outcome::Busy("the order is not stored yet".to_owned()),
            Applied::Order { verdict: Verdict::Refused, order, .. } => {
                Outcome::Refused(NotCancellable::why(&order).to_string())
            }
            Applied::Order { verdict: Verdict::Changed(_) | Verdict::Already, events, .. } => {
                facts.extend(events);
                Outcome::Done
            }
        })
        .collect();
    match bus.publish(&facts).await {
        Ok(()) => outcomes,
        Err(error) => all(ids.len(), Err(error)),
    }
}
