//! What a running workflow wants done, what it is told, and what it leaves behind. What is stored of it is
//! [`Execution`], whose shape outlives a release and so is of `schemas`.

use std::time::Duration;

use schemas::kept::Execution;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

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
    /// Come back then with [`Resumption::WaitElapsed`].
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

/// What an execution goes on with, once the runtime has done that.
#[derive(Debug, Clone, PartialEq)]
pub enum Resumption {
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

/// A state's line in the history. Each transition gives those it has begun or changed; a later line replaces an earlier
/// one of the same number.
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
pub struct Transition {
    /// The new state of things.
    pub execution: Execution,
    /// The history's new and changed lines.
    pub visits: Vec<Visit>,
    /// What to do next; [`super::Definition::action`] gives it again after a crash.
    pub action: Action,
}
