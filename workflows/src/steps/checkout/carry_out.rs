//! What a task does that is one command to its order: the tasks that end a checkout differ in the command alone.

use crate::{
    lifecycle::Command,
    ports::{Applied, EventBus, Ledger},
    steps::task::{TaskError, TaskInput},
};
use schemas::kept::StatusOutput;
use serde_json::{Value, json};

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
