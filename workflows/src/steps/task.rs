//! What a step called by a workflow is given and gives back. Each item of a batch answers as soon as its own outcome is
//! known, so that one slow payment does not hold up its neighbours.

use crate::ports::Unavailable;
use schemas::ids::OrderId;
use serde_json::Value;
use tokio::sync::oneshot;

/// An error that the workflow's Retry and Catch can name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct TaskError {
    /// The name, such as `Payment.Unavailable`.
    pub error: &'static str,
    /// In words.
    pub cause: String,
}

impl TaskError {
    /// The provider said that it did nothing.
    pub const PAYMENT_UNAVAILABLE: &str = "Payment.Unavailable";
    /// The provider may or may not have taken the money.
    pub const PAYMENT_IN_DOUBT: &str = "Payment.InDoubt";
    /// Something of ours did not answer.
    pub const BUSY: &str = "Sluice.Busy";
    /// The task was given something that it cannot work on.
    pub const BAD_INPUT: &str = "Sluice.BadInput";
}

impl From<&Unavailable> for TaskError {
    fn from(error: &Unavailable) -> Self {
        Self { error: Self::BUSY, cause: error.chain() }
    }
}

/// One item of a batch.
#[derive(Debug)]
pub struct Task {
    /// The order it is about.
    pub order: OrderId,
    /// The whole input.
    pub input: Value,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Value, TaskError>>,
}

impl Task {
    /// Gives the answer. Nobody waits any more if the workflow's own time-out came first; it will ask again.
    pub fn finish(self, answer: Result<Value, TaskError>) {
        if self.answer.send(answer).is_err() {
            tracing::debug!(order = %self.order, "the workflow did not wait for this task");
        }
    }
}

/// Gives every task the same error.
pub fn fail_all(tasks: impl IntoIterator<Item = Task>, error: &Unavailable) {
    for task in tasks {
        task.finish(Err(TaskError::from(error)));
    }
}
