//! Workflow task: refuses an order and gives its stock back.

use super::task::{Task, TaskError, fail_all};
use crate::{
    lifecycle::Command,
    ports::{Applied, EventBus, Orders},
};
use schemas::order::Reason;
use serde_json::{Value, json};

/// Takes `{reason, detail?}` beside the order's id and answers `{status}`.
pub async fn reject_order(orders: &dyn Orders, bus: &dyn EventBus, tasks: Vec<Task>) {
    carry_out(orders, bus, tasks, |input| {
        let reason = input["reason"].as_str().unwrap_or_default();
        let reason: Reason = reason.parse().map_err(|_| TaskError {
            error: TaskError::BAD_INPUT,
            cause: format!("{reason:?} is no reason to refuse an order"),
        })?;
        Ok(Command::Reject { reason, detail: input["detail"].as_str().map(str::to_owned) })
    })
    .await;
}

/// Applies one command to each task's order, tells of it and answers where the order stands.
pub(super) async fn carry_out(
    orders: &dyn Orders,
    bus: &dyn EventBus,
    tasks: Vec<Task>,
    command: impl Fn(&Value) -> Result<Command, TaskError>,
) {
    let mut accepted = Vec::with_capacity(tasks.len());
    let mut commands = Vec::with_capacity(tasks.len());
    for task in tasks {
        match command(&task.input) {
            Ok(command) => {
                commands.push((task.order, command));
                accepted.push(task);
            }
            Err(error) => task.finish(Err(error)),
        }
    }
    let applied = match orders.apply(commands).await {
        Ok(applied) => applied,
        Err(error) => return fail_all(accepted, &error),
    };
    let mut answers = Vec::with_capacity(applied.len());
    let mut facts = Vec::with_capacity(applied.len());
    for applied in applied {
        answers.push(match applied {
            Applied::Order { order, events, .. } => {
                facts.extend(events);
                json!({ "status": order.state.status() })
            }
            Applied::Missing => json!({ "status": null }),
        });
    }
    if let Err(error) = bus.publish(&facts).await {
        return fail_all(accepted, &error);
    }
    for (task, answer) in accepted.into_iter().zip(answers) {
        task.finish(Ok(answer));
    }
}
