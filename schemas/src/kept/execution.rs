//! A running workflow, in `executions.state`: all that must be stored to go on after a crash, with the definition it was
//! started with. The interpreter of the workflow files moves it. What states are given and give is free JSON to it, here as in
//! `executions.output` and `execution_history`; those of workflow `checkout` are shapes of their own beside this one.

use crate::words::{UnknownWord, words};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{fmt, str::FromStr};
use time::OffsetDateTime;

words! {
    /// How an execution stands, in `executions.status`: what goes on is found by it.
    ExecutionStatus {
        /// It goes on, now or when it is due.
        Running = "running",
        /// It has ended well.
        Succeeded = "succeeded",
        /// It has ended with an error.
        Failed = "failed",
    }
}

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

/// Where a workflow has come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Who this is.
    pub identity: Identity,
    /// When it was started, by the clock of the process.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// The execution's own input, if the definition asks for it.
    pub original_input: Option<Value>,
    /// The current state, or the last one.
    pub state: String,
    /// What the current state was given.
    pub input: Value,
    /// What states have assigned, by name.
    pub variables: Map<String, Value>,
    /// When the current state was entered.
    #[serde(with = "time::serde::rfc3339")]
    pub entered_at: OffsetDateTime,
    /// How often each retrier of the current state has been used in this visit.
    pub retries: Vec<u32>,
    /// Counts the states entered.
    pub visit: u32,
    /// Counts the events that Step Functions would have recorded, because their number is limited.
    pub events: u32,
    /// The last error of the current state.
    pub last_error: Option<LastError>,
    /// What it is about to do.
    pub phase: Phase,
}

/// An error that a state has met, be it retried or fatal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// Its name, as `Retry` and `Catch` see it.
    pub error: String,
    /// In words.
    pub cause: String,
}

/// What a Catch makes of an error, as Step Functions names it: the input of the state that goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorOutput {
    /// The error's name.
    pub error: String,
    /// In words.
    pub cause: String,
}

/// What an execution is about to do in its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Phase {
    /// Its task is to be called, or is at work.
    Calling,
    /// It waits because the state says so.
    Waiting {
        /// When it goes on.
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// It waits before its task is called again.
    Retrying {
        /// When it goes on.
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// It has ended well.
    Succeeded {
        /// What it gave.
        output: Value,
    },
    /// It has ended with an error.
    Failed {
        /// The error's name; empty if a Fail state gave none.
        error: String,
        /// The explanation; empty if there was none.
        cause: String,
    },
}

impl Execution {
    /// Whether it has succeeded or failed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self.phase {
            Phase::Succeeded { .. } | Phase::Failed { .. } => true,
            Phase::Calling | Phase::Waiting { .. } | Phase::Retrying { .. } => false,
        }
    }

    /// How often the current state's task has been retried in this visit.
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.retries.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}
