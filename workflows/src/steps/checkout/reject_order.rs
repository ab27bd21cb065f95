//! Workflow task: refuses an order and gives its stock back.

use super::carry_out::carry_out;
use crate::{
    lifecycle::Command,
    ports::{EventBus, Ledger},
    steps::task::{TaskError, TaskInput},
};
use schemas::api::order::Reason;
use serde_json::Value;

/// Takes `{reason, detail?}` beside the order's id and answers with a [`schemas::kept::StatusOutput`].
///
/// # Errors
/// What the workflow's Retry and Catch can name.
pub async fn reject_order(ledger: &dyn Ledger, bus: &dyn EventBus, task: &TaskInput) -> Result<Value, TaskError> {
    let reason = task.input["reason"].as_str().unwrap_or_default();
    let reason: Reason = reason.parse().map_err(|_| TaskError {
        error: TaskError::BAD_INPUT,
        cause: format!("{reason:?} is no reason to refuse an order"),
    })?;
    let detail = task.input["detail"].as_str().map(str::to_owned);
    carry_out(ledger, bus, task, Command::Reject { reason, detail }).await
}
