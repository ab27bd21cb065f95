//! Workflow task: a request for money got no answer, so the provider's books are asked what became of it.

use super::payment_answers::{answer, as_task_error, closed, record};
use crate::{
    lifecycle::{Inquiry, inquiry},
    ports::{Authorization, EventBus, Ledger, PaymentProvider, ProviderError},
    steps::task::{TaskError, TaskInput},
};
use schemas::kept::PaymentOutput;
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
    let authorization = match inquiry(&order) {
        Inquiry::Books { key, calls } => match provider.find(key).await {
            Ok(Some(authorization)) => authorization,
            Ok(None) => return Ok(json!(PaymentOutput::None { calls })),
            // The books were only read: whatever went wrong, asking again is safe.
            Err(error) => return Err(as_task_error(&ProviderError::Unavailable(error.to_string()))),
        },
        // The request was cut short before it was even noted.
        Inquiry::NeverAsked => return Ok(json!(PaymentOutput::None { calls: 0 })),
        Inquiry::Held { authorization_id } => Authorization::Authorized { id: authorization_id.to_owned() },
        Inquiry::Known(known) => return Ok(answer(known)),
    };
    record(ledger, bus, task.order, authorization).await
}
