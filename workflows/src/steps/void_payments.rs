//! Queue `void`, fed by every order that was closed after its stock was held: lets go of whatever money is held for it.

use super::Outcome;
use crate::{
    lifecycle::Command,
    order::State,
    ports::{Orders, PaymentProvider},
};
use futures_util::future::join_all;
use schemas::{ids::OrderId, order::PaymentStatus};
use std::collections::HashMap;

/// One outcome for each order; an order without a payment, or one that is not closed, needs nothing.
pub async fn void_payments(orders: &dyn Orders, provider: &dyn PaymentProvider, ids: &[OrderId]) -> Vec<Outcome> {
    let keys: HashMap<OrderId, String> = match orders.load(ids).await {
        Ok(found) => found
            .into_iter()
            .filter(|order| match order.state {
                State::Rejected { .. } | State::Cancelled => true,
                State::Reserved { .. } | State::Confirmed => false,
            })
            .filter_map(|order| order.payment.map(|payment| (order.id, payment)))
            .filter(|(_, payment)| matches!(payment.state, PaymentStatus::Pending | PaymentStatus::Authorized))
            .map(|(id, payment)| (id, payment.key))
            .collect(),
        Err(error) => return super::all(ids.len(), Err(error)),
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
    if let Err(error) = orders.apply(voided).await {
        outcomes = super::all(ids.len(), Err(error));
    }
    outcomes
}
