//! What can be wrong: with a file, with an event, and, inside, with a running execution.

use std::fmt;

use thiserror::Error;

/// Everything that is wrong with a workflow file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct DefinitionError {
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the workflow definition cannot be run")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A JSON pointer (RFC 6901) into the file; empty for the whole.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{pointer}: {}", self.what)
    }
}

/// Why an event does not fit an execution. Nothing has changed then; the event is stale or belongs to another.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResumeError {
    /// The execution has succeeded or failed already.
    #[error("the execution has ended")]
    Ended,
    /// The outcome of a task came while none was running, or the end of a wait while a task was.
    #[error("state {state} does not wait for this event")]
    NotAwaited {
        /// The current state.
        state: String,
    },
    /// The execution was started with another definition.
    #[error("the definition has no state {state} that could take this event")]
    OtherDefinition {
        /// The current state.
        state: String,
    },
}

/// An error inside an execution, as `Retry` and `Catch` see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: String,
    pub(super) cause: String,
}

impl Failure {
    pub(super) const TIMEOUT: &'static str = "States.Timeout";
    pub(super) const QUERY: &'static str = "States.QueryEvaluationError";
    /// Names that end an execution whatever is caught.
    pub(super) const RUNTIME: &'static str = "States.Runtime";
    pub(super) const DATA_LIMIT: &'static str = "States.DataLimitExceeded";

    pub(super) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self { error: error.to_owned(), cause: cause.into() }
    }
}
