//! What a task of a workflow is given, and the errors that it gives back. A task takes one order, because Step Functions
//! sends no more; the calls of many meet behind the ports.

use crate::ports::Unavailable;
use schemas::ids::OrderId;
use serde_json::Value;

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

impl From<Unavailable> for TaskError {
    fn from(error: Unavailable) -> Self {
        Self { error: Self::BUSY, cause: error.chain() }
    }
}

/// What a workflow wants done.
#[derive(Debug)]
pub struct TaskInput {
    /// The order it is about.
    pub order: OrderId,
    /// The whole input.
    pub input: Value,
}
