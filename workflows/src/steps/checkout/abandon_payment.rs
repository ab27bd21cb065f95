//! Workflow task: the provider never gave an answer, so the order is refused.
//!
//! It leaves the money alone. Whether the order is still open is decided where its state is, in the lifecycle: another
//! execution may have confirmed it meanwhile, and then its money is to stay. What may be held for an order that is
//! refused, or may still come of a request on its way, is undone by the queue that follows every closed order.

use super::carry_out::carry_out;
use crate::{
    lifecycle::Command,
    ports::{EventBus, Ledger},
    steps::task::{TaskError, TaskInput},
};
use schemas::api::order::Reason;
use serde_json::Value;

/// Answers `{status}`: `rejected`, or where the order stood already.
///
/// # Errors
/// What the workflow's Retry and Catch can name.
pub async fn abandon_payment(ledger: &dyn Ledger, bus: &dyn EventBus, task: &TaskInput) -> Result<Value, TaskError> {
    carry_out(ledger, bus, task, Command::Reject { reason: Reason::PaymentUnavailable, detail: None }).await
}
