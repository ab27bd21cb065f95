//! Workflow task: a request for money got no answer, so the provider's books are asked what became of it.

use super::payment_answers::{as_task_error, closed, known_answer, record, recorded_authorization};
use crate::{
    lifecycle::awaits_payment,
    ports::{EventBus, Ledger, PaymentProvider, ProviderError},
    steps::task::{TaskError, TaskInput},
};
use schemas::{api::order::PaymentStatus, kept::PaymentOutput};
use serde_json::{Value, json};

/// Answers as `authorize_payment` does, or [`PaymentOutput::None`] if the provider never heard of it, be it that it was
/// never asked.
///
/// # Errors
/// What the workflow's Retry and Catch can name.
pub async fn resolve_payment(
    ledger: &dyn Ledger,
    provider: &dyn PaymentProvider,
    bus: &dyn EventBus,
    task: &TaskInput,
) -> Result<Value, TaskError> {
    let Some(order) = ledger.load(&[task.order]).await?.pop() else { return Ok(closed()) };
    if order.is_free() {
        return Ok(known_answer(&order));
    }
    let authorization = match &order.payment {
        Some(payment) if payment.state == PaymentStatus::Pending => match provider.find(&payment.key).await {
            Ok(Some(authorization)) => authorization,
            Ok(None) => return Ok(json!(PaymentOutput::None { calls: payment.calls })),
            // The books were only read: whatever went wrong, asking again is safe.
            Err(error) => return Err(as_task_error(&ProviderError::Unavailable(error.to_string()))),
        },
        // The request was cut short before it was even noted: nobody was asked yet.
        None if awaits_payment(&order) => return Ok(json!(PaymentOutput::None { calls: 0 })),
        Some(_) | None => match recorded_authorization(&order) {
            Some(authorization) => authorization,
            None => return Ok(known_answer(&order)),
        },
    };
    record(ledger, bus, task.order, authorization).await
}
