//! Workflow task: asks the provider to hold the money. That it will be asked, and under which key, is stored first; an
//! answer that is stored already is told again, because whoever stored it may have died before it was told. An order
//! whose total is zero is authorized without asking anybody.

use super::payment_answers::{answer, as_task_error, closed, record};
use crate::{
    lifecycle::{Command, Verdict, answer_of_payment, recorded_authorization},
    order::StoredOrder,
    ports::{Applied, Authorization, AuthorizationRequest, EventBus, Ledger, PaymentProvider, ProviderError},
    steps::task::{TaskError, TaskInput},
};
use serde_json::Value;

/// Answers with a [`schemas::kept::PaymentOutput`], but for its `none`; fails with `Payment.Unavailable` or `Payment.InDoubt`.
///
/// # Errors
/// What the workflow's Retry and Catch can name.
pub async fn authorize_payment(
    ledger: &dyn Ledger,
    provider: &dyn PaymentProvider,
    bus: &dyn EventBus,
    task: &TaskInput,
) -> Result<Value, TaskError> {
    let Applied::Order { order, verdict, .. } = ledger.apply_one(task.order, asking(&task.input)).await? else {
        return Ok(closed());
    };
    let authorization = match verdict {
        Verdict::Changed(_) => ask(provider, *order).await.map_err(|error| as_task_error(&error))?,
        Verdict::Already | Verdict::Refused => match recorded_authorization(&order) {
            Some(id) => Authorization::Authorized { id: id.to_owned() },
            None => return Ok(answer(answer_of_payment(&order))),
        },
    };
    record(ledger, bus, task.order, authorization).await
}

/// A workflow of an earlier release does not say how often the provider was asked.
fn asking(input: &Value) -> Command {
    match input.get("calls").and_then(Value::as_i64).and_then(|calls| i32::try_from(calls).ok()) {
        Some(calls) => Command::AskForPaymentAfter { calls },
        None => Command::AskForPayment,
    }
}

async fn ask(provider: &dyn PaymentProvider, order: StoredOrder) -> Result<Authorization, ProviderError> {
    let Some(payment) = order.payment else {
        return Err(ProviderError::Unavailable("the payment was not stored".to_owned()));
    };
    let request = AuthorizationRequest {
        key: payment.key,
        order: order.id,
        amount: payment.amount,
        method: order.payment_method,
    };
    provider.authorize(request).await
}
