//! What is stored of a running workflow, what it wants done, and what it leaves behind.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::error::Failure;

/// Who an execution is, as its expressions see it in `$states.context`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `Execution.Id`, an ARN in Step Functions.
    pub execution_id: String,
    /// `Execution.Name`, for us the order's id.
    pub execution_name: String,
    /// `StateMachine.Name`.
    pub state_machine_name: String,
}

/// All that must be stored to go on after a crash, with the definition it was started with.
///
/// Its form as JSON is the runtime's to keep: fields are only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    pub(super) identity: Identity,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) started_at: OffsetDateTime,
    /// The execution's own input, if the definition asks for it.
    pub(super) original_input: Option<Value>,
    pub(super) state: String,
    pub(super) input: Value,
    pub(super) variables: Map<String, Value>,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) entered_at: OffsetDateTime,
    /// How often each retrier of the current state has been used in this visit.
    pub(super) retries: Vec<u32>,
    /// Counts the states entered.
    pub(super) visit: u32,
    /// Counts the events that Step Functions would have recorded, because their number is limited.
    pub(super) events: u32,
    /// The last error of the current state.
    pub(super) last_error: Option<Failure>,
    pub(super) phase: Phase,
}

/// What an execution is about to do in its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(super) enum Phase {
    Calling,
    Waiting {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    Retrying {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    Succeeded {
        output: Value,
    },
    Failed {
        error: String,
        cause: String,
    },
}

impl Execution {
    /// The current state, or the last one.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Who this is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether it has succeeded or failed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self.phase {
            Phase::Succeeded { .. } | Phase::Failed { .. } => true,
            Phase::Calling | Phase::Waiting { .. } | Phase::Retrying { .. } => false,
        }
    }

    /// How often the current state's task has been retried in this visit.
    pub(super) fn retry_count(&self) -> u32 {
        self.retries.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// What the runtime has to do next.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Action {
    /// Call a function and bring its [`TaskOutcome`].
    Invoke {
        /// Its name after the substitutions.
        function: String,
        /// What it is given.
        payload: Value,
        /// After this long without an answer the outcome is [`TaskOutcome::TimedOut`].
        timeout: Duration,
    },
    /// Publish events and bring the [`TaskOutcome`].
    PutEvents {
        /// Each an object with `Source`, `DetailType`, `Detail` and perhaps `EventBusName`, as in EventBridge.
        entries: Vec<Value>,
        /// As for a function.
        timeout: Duration,
    },
    /// Come back then with [`Event::WaitElapsed`].
    WaitUntil(OffsetDateTime),
    /// Nothing: the execution has ended well.
    Succeeded {
        /// What it gives.
        output: Value,
    },
    /// Nothing: the execution has ended with an error.
    Failed {
        /// The error's name; empty if a Fail state gives none.
        error: String,
        /// The explanation; empty if there is none.
        cause: String,
    },
}

/// What the runtime has to tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A task is done.
    Task(TaskOutcome),
    /// The time of an [`Action::WaitUntil`] has come.
    WaitElapsed,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskOutcome {
    /// What the function returned, bare, or for published events the array of their ids. `$states.result` is made of it
    /// as Step Functions makes it.
    Returned(Value),
    /// The function failed with this error. An error that Step Functions' own names do not cover bears the name of the
    /// function's error type.
    Failed {
        /// What `ErrorEquals` is compared with.
        error: String,
        /// The explanation.
        cause: String,
    },
    /// The answer did not come in time.
    TimedOut,
}

/// A state's line in the history. Each step gives those it has begun or changed; a later line replaces an earlier one of the
/// same number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// Counts the states of an execution, from 1.
    pub number: u32,
    /// The state's name.
    pub state: String,
    /// When it was entered.
    #[serde(with = "time::serde::rfc3339")]
    pub entered_at: OffsetDateTime,
    /// When it was left; none as long as it works or waits.
    #[serde(with = "time::serde::rfc3339::option")]
    pub left_at: Option<OffsetDateTime>,
    /// What it was given.
    pub input: Value,
    /// What it gave; none if it has not been left or the execution failed in it.
    pub output: Option<Value>,
    /// The name of the last error in it, be it retried, caught or fatal.
    pub error: Option<String>,
    /// The explanation of that error.
    pub cause: Option<String>,
    /// How often its task was retried.
    pub retry_count: u32,
}

/// What came of a start or an event: store the first two together, then act.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Step {
    /// The new state of things.
    pub execution: Execution,
    /// The history's new and changed lines.
    pub visits: Vec<Visit>,
    /// What to do next; [`super::Definition::action`] gives it again after a crash.
    pub action: Action,
}
