//! What the workflow files have an execution wait for, against the longest wait that there is: whatever is due later than
//! that is taken for the work of a clock that was set back, and made due at once.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "tests say it in their names, and fail by panicking; rates of retries are fractions"
)]

use serde_json::{Value, json};
use std::{fs, path::Path};
use workflows::wiring::LONGEST_WAIT;

/// The longest that a state has an execution wait, in seconds. One that is worked out as it goes has no bound.
fn longest(state: &Value) -> f64 {
    let number = |of: &Value, name: &str, otherwise: f64| {
        if of[name].is_null() { otherwise } else { of[name].as_f64().unwrap_or(f64::INFINITY) }
    };
    let itself = if state["Type"] == "Wait" { number(state, "Seconds", f64::INFINITY) } else { 0.0 };
    let retries = state["Retry"].as_array().into_iter().flatten().map(|retrier| {
        let attempts = number(retrier, "MaxAttempts", 3.0);
        let last = number(retrier, "IntervalSeconds", 1.0) * number(retrier, "BackoffRate", 2.0).powf(attempts - 1.0);
        if attempts < 1.0 { 0.0 } else { last.min(number(retrier, "MaxDelaySeconds", f64::INFINITY)) }
    });
    retries.fold(itself, f64::max)
}

/// All states of all workflow files, each by its name and its file's.
fn states() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("asl");
    let mut states = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let workflow: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for (name, state) in workflow["States"].as_object().unwrap() {
            states.push((format!("{name} of {}", path.display()), state.clone()));
        }
    }
    assert!(!states.is_empty());
    states
}

#[test]
fn no_workflow_waits_for_longer_than_anything_is_made_to_wait() {
    for (name, state) in states() {
        let seconds = longest(&state);
        assert!(seconds < LONGEST_WAIT.as_secs_f64(), "{name} waits for {seconds} s");
    }
}

/// An execution that is in hand and leaves no state for minutes is taken for one that hangs, by the audit.
#[test]
fn no_task_is_at_work_for_as_long_as_one_that_hangs() {
    for (name, state) in states().into_iter().filter(|(_, state)| state["Type"] == "Task") {
        let seconds = state["TimeoutSeconds"].as_u64();
        assert!(seconds.is_some_and(|seconds| seconds < LONGEST_WAIT.as_secs()), "{name} may take {seconds:?} s");
    }
}

#[test]
fn a_wait_that_is_too_long_or_has_no_bound_is_found() {
    assert!((longest(&json!({ "Type": "Wait", "Seconds": 90 })) - 90.0).abs() < 0.1);
    assert!(longest(&json!({ "Type": "Wait", "Seconds": "{% $states.input.seconds %}" })).is_infinite());
    assert!(longest(&json!({ "Type": "Wait", "Timestamp": "2100-01-01T00:00:00Z" })).is_infinite());
    let retry = json!({ "Type": "Task", "Retry": [{ "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 6 }] });
    assert!((longest(&retry) - 96.0).abs() < 0.1);
    assert!(longest(&json!({ "Type": "Task" })) < 0.1);
}
