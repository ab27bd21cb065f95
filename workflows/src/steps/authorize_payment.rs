//! Workflow task: asks the provider to hold the money. That it will be asked, and under which key, is stored first; an
//! answer that is stored already is told again, because whoever stored it may have died before it was told. An order
//! whose total is zero is authorized without asking anybody.

use super::{
    resolve_payment::{closed, record},
    task::{TaskError, TaskInput},
};
use crate::{
    lifecycle::{Command, PaymentAnswer, Verdict, answer_of_payment},
    order::StoredOrder,
    ports::{Applied, Authorization, AuthorizationRequest, EventBus, Ledger, PaymentProvider, ProviderError},
};
use schemas::kept::PaymentOutput;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Answers with a [`PaymentOutput`], but for its `none`; fails with `Payment.Unavailable` or `Payment.InDoubt`.
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
            Some(authorization) => authorization,
            None => return Ok(known_answer(&order)),
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

/// The provider's earlier word that it holds the money, also if that was let go since.
pub(super) fn recorded_authorization(order: &StoredOrder) -> Option<Authorization> {
    let id = order.payment.as_ref()?.authorization_id.clone()?;
    Some(Authorization::Authorized { id })
}

/// The answer for a payment that needs no asking. `closed` ends the workflow, so it is said of no order that waits for
/// the workflow alone.
pub(super) fn known_answer(order: &StoredOrder) -> Value {
    json!(match answer_of_payment(order) {
        PaymentAnswer::Authorized => PaymentOutput::Authorized,
        PaymentAnswer::Declined { code } => PaymentOutput::Declined { code: code.map(Cow::Borrowed) },
        PaymentAnswer::Voided => PaymentOutput::Voided,
        PaymentAnswer::Closed => PaymentOutput::Closed,
    })
}

pub(super) fn as_task_error(error: &ProviderError) -> TaskError {
    let name = match error {
        ProviderError::Unavailable(_) => TaskError::PAYMENT_UNAVAILABLE,
        ProviderError::InDoubt => TaskError::PAYMENT_IN_DOUBT,
    };
    TaskError { error: name, cause: error.to_string() }
}
