//! Queue `void`, fed by every order that was closed after its stock was held: lets go of whatever money is held for it.

use crate::{
    lifecycle::{Command, to_let_go},
    ports::{Ledger, PaymentProvider},
    steps::{Outcome, all},
};
use futures_util::future::join_all;
use schemas::ids::OrderId;
use std::collections::HashMap;

/// One outcome for each order; an order without a payment, or one that is not closed, needs nothing.
pub async fn void_payments(ledger: &dyn Ledger, provider: &dyn PaymentProvider, ids: &[OrderId]) -> Vec<Outcome> {
    let keys: HashMap<OrderId, String> = match ledger.load(ids).await {
        Ok(found) => {
            found.iter().filter_map(|order| to_let_go(order).map(|payment| (order.id, payment.key.clone()))).collect()
        }
        Err(error) => return all(ids.len(), Err(error)),
    };
    let mut outcomes = join_all(ids.iter().map(|id| async {
        match keys.get(id) {
            None => Outcome::Done,
            Some(key) => match provider.void(key).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Busy(error.to_string()),
            },
        }
    }))
    .await;
    let voided = ids
        .iter()
        .zip(&outcomes)
        .filter(|(id, outcome)| **outcome == Outcome::Done && keys.contains_key(id))
        .map(|(id, _)| (*id, Command::RecordVoid))
        .collect();
    if let Err(error) = ledger.apply(voided).await {
        outcomes = all(ids.len(), Err(error));
    }
    outcomes
}
