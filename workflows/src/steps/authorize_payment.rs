//! Workflow task: asks the provider to hold the money. That it will be asked, and under which key, is stored first.

use super::{
    resolve_payment::record,
    task::{Task, TaskError, fail_all},
};
use crate::{
    lifecycle::{Command, Verdict},
    order::StoredOrder,
    ports::{Applied, AuthorizationRequest, EventBus, Orders, PaymentProvider, ProviderError},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use schemas::order::PaymentStatus;
use serde_json::{Value, json};

/// Answers `{result: authorized | declined | closed, code?}`; fails with `Payment.Unavailable` or `Payment.InDoubt`.
pub async fn authorize_payment(
    orders: &dyn Orders,
    provider: &dyn PaymentProvider,
    bus: &dyn EventBus,
    tasks: Vec<Task>,
) {
    let commands = tasks.iter().map(|task| (task.order, Command::AskForPayment)).collect();
    let applied = match orders.apply(commands).await {
        Ok(applied) => applied,
        Err(error) => return fail_all(tasks, &error),
    };
    let calls = FuturesUnordered::new();
    for (task, applied) in tasks.into_iter().zip(applied) {
        match applied {
            Applied::Order { order, verdict: Verdict::Changed(_), .. } => calls.push(ask(provider, task, order)),
            Applied::Order { order, verdict: Verdict::Already | Verdict::Refused, .. } => {
                task.finish(Ok(known_answer(&order)));
            }
            Applied::Missing => task.finish(Ok(json!({ "result": "closed" }))),
        }
    }
    // What the provider has answered by now is recorded together; who is slower is recorded later.
    let mut answered = calls.ready_chunks(500);
    while let Some(chunk) = answered.next().await {
        let mut decided = Vec::with_capacity(chunk.len());
        for (task, answer) in chunk {
            match answer {
                Ok(authorization) => decided.push((task, authorization)),
                Err(error) => task.finish(Err(as_task_error(&error))),
            }
        }
        record(orders, bus, decided).await;
    }
}

async fn ask(
    provider: &dyn PaymentProvider,
    task: Task,
    order: Box<StoredOrder>,
) -> (Task, Result<crate::ports::Authorization, ProviderError>) {
    let answer = match order.payment {
        Some(payment) => {
            let request = AuthorizationRequest {
                key: payment.key,
                order: order.id,
                amount: payment.amount,
                method: order.payment_method,
            };
            provider.authorize(request).await
        }
        None => Err(ProviderError::Unavailable("the payment was not stored".to_owned())),
    };
    (task, answer)
}

/// The answer for a payment that needs no asking.
pub(super) fn known_answer(order: &StoredOrder) -> Value {
    match order.payment.as_ref().map(|p| (p.state, &p.code)) {
        Some((PaymentStatus::Authorized, _)) => json!({ "result": "authorized" }),
        Some((PaymentStatus::Declined, code)) => json!({ "result": "declined", "code": code }),
        Some((PaymentStatus::Pending | PaymentStatus::Voided, _)) | None => json!({ "result": "closed" }),
    }
}

pub(super) fn as_task_error(error: &ProviderError) -> TaskError {
    let name = match error {
        ProviderError::Unavailable(_) => TaskError::PAYMENT_UNAVAILABLE,
        ProviderError::InDoubt => TaskError::PAYMENT_IN_DOUBT,
    };
    TaskError { error: name, cause: error.to_string() }
}
