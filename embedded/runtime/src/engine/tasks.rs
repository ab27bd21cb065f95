//! The tasks of the workflow, by the names of the functions that its file calls.

use asl::TaskOutcome;
use handlers::{
    ports::{NotWired, Ports},
    run::task::{self, Handler},
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use workflows::{steps::task::TaskError, wiring::TASKS};

/// All tasks, each with the ports that it needs.
#[derive(Clone)]
pub(super) struct Tasks(Arc<HashMap<&'static str, Arc<Handler>>>);

impl Tasks {
    /// Those of the wiring.
    ///
    /// # Errors
    /// If one needs what is not reached here.
    pub(super) fn of(ports: &Ports) -> Result<Self, NotWired> {
        let all = TASKS.iter().map(|(name, task)| Ok((*name, Arc::new(Handler::of(*task, ports)?))));
        Ok(Self(Arc::new(all.collect::<Result<_, _>>()?)))
    }

    /// Calls one. The calls of many executions meet again behind the ports, where they share transactions.
    pub(super) async fn call(&self, name: &str, payload: Value, timeout: Duration) -> TaskOutcome {
        let Some(handler) = self.0.get(name).map(Arc::clone) else {
            return failed(TaskError::BAD_INPUT, format!("there is no function {name}"));
        };
        // On its own: a time-out of the workflow leaves a call to end in its own time, as a function on AWS would.
        let call = tokio::spawn(async move { handler.call(payload).await });
        match tokio::time::timeout(timeout, call).await {
            Ok(Ok(Ok(value))) => TaskOutcome::Returned(value),
            Ok(Ok(Err(error))) => failed(error.error, error.cause),
            Ok(Err(_)) => failed(task::UNKNOWN, "the function ended without an answer".to_owned()),
            Err(_) => TaskOutcome::TimedOut,
        }
    }
}

fn failed(error: &str, cause: String) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause }
}
