//! Retries, catches, waits and deadlines.

use std::time::Duration as Wait;

use time::Duration;

use super::*;
use crate::ResumeError;

fn waits(ran: &Ran) -> Vec<i64> {
    let mut from = START;
    let wait = |until: &OffsetDateTime| {
        let wait = (*until - from).whole_milliseconds();
        from = *until;
        i64::try_from(wait).unwrap()
    };
    let untils = ran.actions.iter().filter_map(|action| match action {
        Action::WaitUntil(until) => Some(until),
        _ => None,
    });
    untils.map(wait).collect()
}

fn retried(retry: Value, outcomes: &[TaskOutcome]) -> Ran {
    let task = task(json!({
        "Retry": retry,
        "Catch": [{"ErrorEquals": ["Fatal", "States.Timeout"], "Next": "Caught"},
                  {"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput.Cause %}",
                   "Assign": {"name": "{% $states.errorOutput.Error %}"}}],
        "Next": "Done",
    }));
    let states = json!({
        "T": task,
        "Done": {"Type": "Succeed", "Output": "done"},
        "Caught": {"Type": "Succeed", "Output": {"got": "{% $states.input %}", "named": "{% $exists($name) %}"}},
    });
    run(&read(&machine("T", states)), json!({}), outcomes)
}

#[test]
fn a_failed_task_is_retried_with_growing_waits_and_then_caught() {
    let retry = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 4, "MaxDelaySeconds": 5}]);
    let ran = retried(retry, &vec![failed("Busy"); 5]);
    assert_eq!(waits(&ran), [1000, 2000, 4000, 5000]);
    assert_eq!(ran.states(), ["T", "Caught"]);
    assert_eq!(ran.output(), &json!({"got": "Busy happened", "named": true}));
    let visit = &ran.visits[0];
    assert_eq!((visit.retry_count, visit.error.as_deref()), (4, Some("Busy")));
    assert_eq!(visit.output, Some(json!("Busy happened")));
}

#[test]
fn a_retry_that_works_leaves_its_trace() {
    let retry = json!([{"ErrorEquals": ["States.ALL"]}]);
    let ran = retried(retry, &[failed("Busy"), TaskOutcome::TimedOut, TaskOutcome::Returned(json!(1))]);
    assert_eq!(ran.output(), &json!("done"));
    assert_eq!(waits(&ran), [1000, 2000]);
    let visit = &ran.visits[0];
    assert_eq!((visit.retry_count, visit.error.as_deref()), (2, Some("States.Timeout")));
}

#[test]
fn each_retrier_counts_for_itself() {
    let retry = json!([
        {"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 1},
        {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 10, "MaxAttempts": 1},
    ]);
    let ran = retried(retry.clone(), &[failed("Busy"), failed("Odd"), failed("Busy"), failed("Busy")]);
    assert_eq!(waits(&ran), [3000, 10_000, 3000]);
    assert_eq!(ran.states(), ["T", "Caught"], "the used-up retrier decides, not a later one");
    let ran = retried(retry, &[TaskOutcome::TimedOut]);
    assert!(waits(&ran).is_empty(), "TaskFailed is not for time-outs");
    let got = json!({"Error": "States.Timeout", "Cause": "The task took too long."});
    assert_eq!(ran.output(), &json!({"got": got, "named": false}));
}

#[test]
fn retriers_begin_anew_when_the_state_is_entered_again() {
    let states = json!({
        "T": task(json!({"Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["Busy"], "Next": "T", "Output": 0}], "Next": "S"})),
        "S": {"Type": "Succeed"},
    });
    let returned = TaskOutcome::Returned(json!(1));
    let ran = run(&read(&machine("T", states)), json!({}), &[failed("Busy"), failed("Busy"), failed("Busy"), returned]);
    assert_eq!(ran.states(), ["T", "T", "S"]);
    assert_eq!(waits(&ran), [1000, 1000]);
}

#[test]
fn no_attempts_means_no_retry() {
    let ran = retried(json!([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]), &[failed("Busy")]);
    assert_eq!(ran.states(), ["T", "Caught"]);
}

#[test]
fn full_jitter_waits_a_random_part() {
    let retry = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 8, "JitterStrategy": "FULL"}]);
    let definition = read(&machine("T", json!({"T": task(json!({"Retry": retry}))})));
    for (chance, milliseconds) in [(0, 0), (1 << 30, 2000), (u32::MAX, 7999)] {
        let Transition { execution, .. } = definition.start(identity(), json!({}), START, 0);
        let transition = definition.resume(execution, Resumption::Task(failed("Busy")), START, chance).unwrap();
        assert_eq!(transition.action, Action::WaitUntil(START + Duration::milliseconds(milliseconds)));
    }
}

#[test]
fn an_expression_that_fails_in_a_task_is_caught_like_any_error() {
    let caught = |fields: Value, outcomes: &[TaskOutcome]| {
        let mut fields = fields;
        fields["Catch"] = json!([{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "S"}]);
        let ran = run(&read(&machine("T", json!({"T": task(fields), "S": {"Type": "Succeed"}}))), json!({}), outcomes);
        assert_eq!(ran.output()["Error"], "States.QueryEvaluationError");
    };
    let arguments = json!({"FunctionName": "${Authorize}", "Payload": {"x": "{% $states.input.missing %}"}});
    caught(json!({"Arguments": arguments}), &[]);
    caught(json!({"Output": "{% $states.result.Payload.missing %}"}), &[TaskOutcome::Returned(json!({}))]);
    caught(json!({"Assign": {"x": "{% 1 + $states.result.Payload %}"}}), &[TaskOutcome::Returned(json!("a"))]);
}

#[test]
fn a_task_is_given_the_time_it_may_take() {
    let timeout = |own: Value, whole: Value| {
        let mut file = machine("T", json!({"T": task(own)}));
        file.as_object_mut().unwrap().extend(whole.as_object().unwrap().clone());
        match read(&file).start(identity(), json!({"n": 7}), START, 0).action {
            Action::Invoke { timeout, .. } => timeout,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(timeout(json!({}), json!({})), Wait::from_secs(99_999_999));
    assert_eq!(timeout(json!({"TimeoutSeconds": 5}), json!({})), Wait::from_secs(5));
    assert_eq!(timeout(json!({"TimeoutSeconds": "{% $states.input.n %}"}), json!({})), Wait::from_secs(7));
    assert_eq!(timeout(json!({"TimeoutSeconds": 5}), json!({"TimeoutSeconds": 3})), Wait::from_secs(3));
}

#[test]
fn an_execution_that_takes_too_long_fails() {
    let mut file = machine("W", json!({"W": {"Type": "Wait", "Seconds": 100, "End": true}}));
    file["TimeoutSeconds"] = json!(60);
    let ran = run(&read(&file), json!({}), &[]);
    assert_eq!(waits(&ran), [60_000], "woken at the deadline");
    assert_eq!(ran.error().0, "States.Timeout");

    file["States"] = json!({"W": task(json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}]})),
        "S": {"Type": "Succeed"}});
    let definition = read(&file);
    let late = START + Duration::seconds(60);
    let Transition { execution, .. } = definition.start(identity(), json!({}), START, 0);
    let transition = definition.resume(execution, Resumption::Task(TaskOutcome::Returned(json!(1))), late, 0).unwrap();
    assert!(
        matches!(transition.action, Action::Failed { error, .. } if error == "States.Timeout"),
        "no catcher is asked"
    );
}

#[test]
fn an_event_nobody_waits_for_changes_nothing() {
    let definition = read(&machine(
        "T",
        json!({"T": task(json!({"Next": "W"})),
        "W": {"Type": "Wait", "Seconds": 10, "End": true}}),
    ));
    let returned = || Resumption::Task(TaskOutcome::Returned(json!(1)));
    let calling = definition.start(identity(), json!({}), START, 0).execution;
    let refused = definition.resume(calling.clone(), Resumption::WaitElapsed, START, 0).unwrap_err();
    assert_eq!(refused, ResumeError::NotAwaited { state: "T".to_owned() });

    let waiting = definition.resume(calling.clone(), returned(), START, 0).unwrap();
    let refused = definition.resume(waiting.execution.clone(), returned(), START, 0).unwrap_err();
    assert_eq!(refused, ResumeError::NotAwaited { state: "W".to_owned() });
    let early = definition.resume(waiting.execution.clone(), Resumption::WaitElapsed, START, 0).unwrap();
    assert_eq!((&early.execution, &early.action), (&waiting.execution, &waiting.action));
    assert!(early.visits.is_empty());

    let later = START + Duration::seconds(10);
    let ended = definition.resume(waiting.execution, Resumption::WaitElapsed, later, 0).unwrap().execution;
    assert_eq!(definition.resume(ended, returned(), later, 0).unwrap_err(), ResumeError::Ended);

    let other = read(&machine("X", json!({"X": {"Type": "Succeed"}})));
    let refused = other.resume(calling, returned(), START, 0).unwrap_err();
    assert_eq!(refused, ResumeError::OtherDefinition { state: "T".to_owned() });
}

#[test]
fn an_execution_knows_the_retriers_that_came_with_a_later_release() {
    let definition = |retry: Value| read(&machine("T", json!({"T": task(json!({"Retry": retry, "End": true}))})));
    let before = definition(json!([{"ErrorEquals": ["Odd"]}]));
    let calling = before.start(identity(), json!({}), START, 0).execution;
    let after = definition(json!([{"ErrorEquals": ["Odd"]}, {"ErrorEquals": ["States.ALL"]}]));
    let transition = after.resume(calling, Resumption::Task(failed("Busy")), START, 0).unwrap();
    assert!(matches!(transition.action, Action::WaitUntil(_)), "{:?}", transition.action);
}
