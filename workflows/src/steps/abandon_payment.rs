//! Workflow task: the provider never gave an answer. Whatever it may still do under the key is undone first; only then
//! is the order refused, so that no money can be taken for nothing.

use super::{
    authorize_payment::as_task_error,
    reject_order::carry_out,
    task::{Task, fail_all},
};
use crate::{
    lifecycle::Command,
    ports::{EventBus, Orders, PaymentProvider, ProviderError},
};
use futures_util::future::join_all;
use schemas::order::Reason;
use std::collections::HashMap;

/// Answers `{status}`; fails with `Payment.Unavailable` until the provider has confirmed that nothing is held.
pub async fn abandon_payment(
    orders: &dyn Orders,
    provider: &dyn PaymentProvider,
    bus: &dyn EventBus,
    tasks: Vec<Task>,
) {
    let ids: Vec<_> = tasks.iter().map(|task| task.order).collect();
    let keys: HashMap<_, _> = match orders.load(&ids).await {
        Ok(orders) => orders.into_iter().filter_map(|o| o.payment.map(|p| (o.id, p.key))).collect(),
        Err(error) => return fail_all(tasks, &error),
    };
    let voids = join_all(tasks.iter().map(|task| async {
        match keys.get(&task.order) {
            Some(key) => provider.void(key).await,
            None => Ok(()),
        }
    }))
    .await;
    let mut voided = Vec::with_capacity(tasks.len());
    for (task, result) in tasks.into_iter().zip(voids) {
        match result {
            Ok(()) => voided.push(task),
            Err(error) => task.finish(Err(as_task_error(&ProviderError::Unavailable(error.to_string())))),
        }
    }
    let commands = voided.iter().map(|task| (task.order, Command::RecordVoid)).collect();
    if let Err(error) = orders.apply(commands).await {
        return fail_all(voided, &error);
    }
    carry_out(orders, bus, voided, |_| Ok(Command::Reject { reason: Reason::PaymentUnavailable, detail: None })).await;
}
