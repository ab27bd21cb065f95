//! Workflow task: the money is held, so the order is promised to its buyer.

use super::carry_out::carry_out;
use crate::{
    lifecycle::Command,
    ports::{EventBus, Ledger},
    steps::task::{TaskError, TaskInput},
};
use serde_json::Value;

/// Answers `{status}`: `confirmed`, or how it was closed while the payment was under way; then its money is let go by
/// the queue that follows every closed order.
///
/// # Errors
/// What the workflow's Retry and Catch can name.
pub async fn confirm_order(ledger: &dyn Ledger, bus: &dyn EventBus, task: &TaskInput) -> Result<Value, TaskError> {
    carry_out(ledger, bus, task, Command::Confirm).await
}
