//! Workflow task: a request for money got no answer, so the provider's books are asked what became of it.

use super::{
    authorize_payment::{as_task_error, awaits_payment, known_answer, recorded_authorization},
    task::{Task, fail_all},
};
use crate::{
    lifecycle::Command,
    order::StoredOrder,
    ports::{Applied, Authorization, EventBus, Orders, PaymentProvider, ProviderError},
};
use futures_util::future::join_all;
use schemas::order::PaymentStatus;
use serde_json::json;
use std::collections::HashMap;

/// Answers as `authorize_payment` does, or `{result: none, calls}` if the provider never heard of it, be it that it was
/// never asked.
pub async fn resolve_payment(
    orders: &dyn Orders,
    provider: &dyn PaymentProvider,
    bus: &dyn EventBus,
    tasks: Vec<Task>,
) {
    let ids: Vec<_> = tasks.iter().map(|task| task.order).collect();
    let mut found: HashMap<_, StoredOrder> = match orders.load(&ids).await {
        Ok(orders) => orders.into_iter().map(|order| (order.id, order)).collect(),
        Err(error) => return fail_all(tasks, &error),
    };
    let (mut pending, mut decided) = (Vec::new(), Vec::new());
    for task in tasks {
        match found.remove(&task.order) {
            Some(order) if order.is_free() => task.finish(Ok(known_answer(&order))),
            Some(order) => match &order.payment {
                Some(payment) if payment.state == PaymentStatus::Pending => {
                    pending.push((task, payment.key.clone(), payment.calls));
                }
                // The request was cut short before it was even noted: nobody was asked yet.
                None if awaits_payment(&order) => task.finish(Ok(json!({ "result": "none", "calls": 0 }))),
                Some(_) | None => match recorded_authorization(&order) {
                    Some(authorization) => decided.push((task, authorization)),
                    None => task.finish(Ok(known_answer(&order))),
                },
            },
            None => task.finish(Ok(json!({ "result": "closed" }))),
        }
    }
    let answers = join_all(pending.iter().map(|(_, key, _)| provider.find(key))).await;
    for ((task, _, calls), answer) in pending.into_iter().zip(answers) {
        match answer {
            Ok(Some(authorization)) => decided.push((task, authorization)),
            Ok(None) => task.finish(Ok(json!({ "result": "none", "calls": calls }))),
            // The books were only read: whatever went wrong, asking again is safe.
            Err(error) => task.finish(Err(as_task_error(&ProviderError::Unavailable(error.to_string())))),
        }
    }
    record(orders, bus, decided).await;
}

/// Writes the provider's word into the ledger, tells of it, and answers the tasks.
pub(super) async fn record(orders: &dyn Orders, bus: &dyn EventBus, decided: Vec<(Task, Authorization)>) {
    let (tasks, commands): (Vec<_>, Vec<_>) = decided
        .into_iter()
        .map(|(task, authorization)| {
            let command = match authorization {
                Authorization::Authorized { id } => Command::RecordAuthorization { authorization_id: id },
                Authorization::Declined { code } => Command::RecordDecline { code },
                Authorization::Voided => Command::RecordVoid,
            };
            let order = task.order;
            (task, (order, command))
        })
        .unzip();
    if tasks.is_empty() {
        return;
    }
    let applied = match orders.apply(commands).await {
        Ok(applied) => applied,
        Err(error) => return fail_all(tasks, &error),
    };
    let events: Vec<_> = applied.iter().cloned().flat_map(Applied::into_events).collect();
    if let Err(error) = bus.publish(&events).await {
        return fail_all(tasks, &error);
    }
    for (task, applied) in tasks.into_iter().zip(applied) {
        task.finish(Ok(match applied {
            Applied::Order { order, .. } => known_answer(&order),
            Applied::Missing => json!({ "result": "closed" }),
        }));
    }
}
