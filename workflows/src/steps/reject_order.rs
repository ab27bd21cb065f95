//! Workflow task: refuses an order and gives its stock back.

use super::task::{TaskError, TaskInput};
use crate::{
    lifecycle::Command,
    ports::{Applied, EventBus, Ledger},
};
use schemas::{api::order::Reason, kept::StatusOutput};
use serde_json::{Value, json};

/// Takes `{reason, detail?}` beside the order's id and answers with a [`StatusOutput`].
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

/// Applies a command to the task's order, tells of it and answers where the order stands.
pub(super) async fn carry_out(
    ledger: &dyn Ledger,
    bus: &dyn EventBus,
    task: &TaskInput,
    command: Command,
) -> Result<Value, TaskError> {
    let Applied::Order { order, events, .. } = ledger.apply_one(task.order, command).await? else {
        return Ok(json!(StatusOutput { status: None }));
    };
    bus.publish(&events).await?;
    Ok(json!(StatusOutput { status: Some(order.state.status()) }))
}
