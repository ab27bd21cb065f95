//! The functions that the workflow calls, by the names of its file.

use crate::parts::Parts;
use asl::TaskOutcome;
use handlers::task;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use workflows::{steps::task::TaskError, wiring::FUNCTIONS};

/// Calls a function. The calls of many executions meet again behind the ports, where they share transactions.
pub(super) async fn call(parts: Arc<Parts>, name: &str, payload: Value, timeout: Duration) -> TaskOutcome {
    let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        return failed(TaskError::BAD_INPUT, format!("there is no function {name}"));
    };
    // On its own: a time-out of the workflow leaves a call to end in its own time, as a function on AWS would.
    let call = tokio::spawn(async move { task::call(*function, &parts.ports, payload).await });
    match tokio::time::timeout(timeout, call).await {
        Ok(Ok(Ok(value))) => TaskOutcome::Returned(value),
        Ok(Ok(Err(error))) => failed(error.error, error.cause),
        Ok(Err(_)) => failed(task::UNKNOWN, "the function ended without an answer".to_owned()),
        Err(_) => TaskOutcome::TimedOut,
    }
}

fn failed(error: &str, cause: String) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause }
}
