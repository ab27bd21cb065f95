//! What the expressions of a state can see of an execution.

use std::borrow::Cow;

use schemas::kept::Execution;
use serde_json::Value;
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::jsonata::{Reserved, Scope};

/// As Step Functions writes times.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// An execution, with what only some fields can see.
pub(super) struct View<'a> {
    pub(super) execution: &'a Execution,
    pub(super) result: Option<&'a Value>,
    pub(super) error_output: Option<&'a Value>,
}

impl<'a> View<'a> {
    /// What every field can see.
    pub(super) fn of(execution: &'a Execution) -> Self {
        Self { execution, result: None, error_output: None }
    }
}

impl<'a> Scope<'a> for View<'a> {
    fn reserved(&self, part: Reserved) -> Option<Cow<'a, Value>> {
        let execution = self.execution;
        let text = |text: &str| Some(Cow::Owned(Value::from(text)));
        match part {
            Reserved::Input => Some(Cow::Borrowed(&execution.input)),
            Reserved::Result => self.result.map(Cow::Borrowed),
            Reserved::ErrorOutput => self.error_output.map(Cow::Borrowed),
            Reserved::ExecutionId => text(&execution.identity.execution_id),
            Reserved::ExecutionName => text(&execution.identity.execution_name),
            Reserved::ExecutionInput => execution.original_input.as_ref().map(Cow::Borrowed),
            Reserved::ExecutionStartTime => time(execution.started_at),
            Reserved::StateName => text(&execution.state),
            Reserved::StateEnteredTime => time(execution.entered_at),
            Reserved::StateRetryCount => Some(Cow::Owned(Value::from(execution.retry_count()))),
            Reserved::StateMachineName => text(&execution.identity.state_machine_name),
        }
    }

    fn variable(&self, name: &str) -> Option<&'a Value> {
        self.execution.variables.get(name)
    }
}

fn time<'a>(at: OffsetDateTime) -> Option<Cow<'a, Value>> {
    at.to_offset(UtcOffset::UTC).format(TIME).ok().map(|text| Cow::Owned(Value::from(text)))
}
