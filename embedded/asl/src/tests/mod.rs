//! Runs definitions without a database: a table of outcomes stands for the world.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, on whatever it did not expect"
)]

mod checkout;
mod refusals;
mod replay;
mod run;
mod time_and_retry;

use std::collections::{BTreeMap, BTreeSet};

use schemas::kept::{Execution, Identity};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::{Action, Definition, Resumption, Surroundings, TaskOutcome, Transition, Visit};

const START: OffsetDateTime = datetime!(2026-11-22 10:00:00 UTC);

fn surroundings() -> Surroundings {
    Surroundings {
        substitutions: BTreeMap::from([
            ("Authorize".to_owned(), "authorize_payment".to_owned()),
            ("Release".to_owned(), "release_stock".to_owned()),
            ("Bus".to_owned(), "orders".to_owned()),
        ]),
        functions: BTreeSet::from(["authorize_payment".to_owned(), "release_stock".to_owned()]),
    }
}

fn identity() -> Identity {
    Identity {
        execution_id: "arn:order-1".to_owned(),
        execution_name: "order-1".to_owned(),
        state_machine_name: "checkout".to_owned(),
    }
}

/// A definition of these states; the first named one begins.
fn machine(start_at: &str, states: Value) -> Value {
    json!({"QueryLanguage": "JSONata", "StartAt": start_at, "States": states})
}

fn read(file: &Value) -> Definition {
    Definition::parse(&file.to_string(), &surroundings()).unwrap_or_else(|error| panic!("{error}"))
}

/// A task that invokes, with more fields.
fn task(more: Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "${Authorize}", "Payload": "{% $states.input %}"},
    });
    let fields = task.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    if !fields.contains_key("Next") {
        fields.insert("End".to_owned(), json!(true));
    }
    task
}

fn failed(error: &str) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause: format!("{error} happened") }
}

/// What came of a run.
struct Ran {
    visits: Vec<Visit>,
    /// Every action, the last one being the end.
    actions: Vec<Action>,
    /// Every execution that would have been stored.
    stored: Vec<Execution>,
}

impl Ran {
    fn states(&self) -> Vec<&str> {
        self.visits.iter().map(|visit| visit.state.as_str()).collect()
    }

    fn output(&self) -> &Value {
        match self.actions.last().unwrap() {
            Action::Succeeded { output } => output,
            other => panic!("{other:?}"),
        }
    }

    fn error(&self) -> (&str, &str) {
        match self.actions.last().unwrap() {
            Action::Failed { error, cause } => (error, cause),
            other => panic!("{other:?}"),
        }
    }
}

/// Runs to the end, waiting exactly as long as asked and giving each task the next outcome.
fn run(definition: &Definition, input: Value, outcomes: &[TaskOutcome]) -> Ran {
    let mut outcomes = outcomes.iter().cloned();
    let mut now = START;
    let mut visits: BTreeMap<u32, Visit> = BTreeMap::new();
    let mut ran = Ran { visits: Vec::new(), actions: Vec::new(), stored: Vec::new() };
    let mut transition = definition.start(identity(), input, now, 0);
    loop {
        visits.extend(transition.visits.into_iter().map(|visit| (visit.number, visit)));
        ran.actions.push(transition.action.clone());
        ran.stored.push(transition.execution.clone());
        let event = match transition.action {
            Action::Succeeded { .. } | Action::Failed { .. } => break,
            Action::WaitUntil(until) => {
                now = until;
                Resumption::WaitElapsed
            }
            Action::Invoke { .. } | Action::PutEvents { .. } => Resumption::Task(outcomes.next().unwrap()),
        };
        transition = definition.resume(transition.execution, event, now, 0).unwrap();
    }
    ran.visits = visits.into_values().collect();
    ran
}
