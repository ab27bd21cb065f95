//! What each kind of state does.

use super::*;

fn ends(start_at: &str, states: Value, input: Value, outcomes: &[TaskOutcome]) -> Ran {
    run(&read(&machine(start_at, states)), input, outcomes)
}

#[test]
fn each_kind_of_state_passes_its_output_on() {
    let order = json!({"id": "o1", "total": 5});
    let table = [
        (json!({"A": {"Type": "Succeed"}}), order.clone()),
        (json!({"A": {"Type": "Succeed", "Output": {"o": "{% $states.input.id %}"}}}), json!({"o": "o1"})),
        (json!({"A": {"Type": "Pass", "End": true}}), order.clone()),
        (json!({"A": {"Type": "Pass", "Output": [1, "{% $states.input.total + 1 %}"], "End": true}}), json!([1, 6])),
        (json!({"A": {"Type": "Pass", "Output": "a {% 1 %} b", "End": true}}), json!("a {% 1 %} b")),
        (json!({"A": {"Type": "Wait", "Seconds": 5, "End": true}}), order.clone()),
        (json!({"A": {"Type": "Wait", "Seconds": "{% $states.input.total %}", "Output": 1, "End": true}}), json!(1)),
        (json!({"A": {"Type": "Wait", "Timestamp": "2026-11-22T11:00:00Z", "End": true}}), order.clone()),
    ];
    for (states, expected) in table {
        let ran = ends("A", states.clone(), order.clone(), &[]);
        assert_eq!(ran.output(), &expected, "{states}");
        assert_eq!(ran.visits[0].output.as_ref(), Some(&expected));
    }
}

#[test]
fn a_task_sees_its_result_as_the_service_gives_it() {
    let ran = ends("A", json!({"A": task(json!({}))}), json!({"id": 1}), &[TaskOutcome::Returned(json!({"ok": true}))]);
    let answer = json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": {"ok": true}});
    assert_eq!(ran.output(), &answer);
    let Action::Invoke { function, payload, .. } = &ran.actions[0] else { panic!() };
    assert_eq!((function.as_str(), payload), ("authorize_payment", &json!({"id": 1})));

    let put = json!({"A": {
        "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": true,
        "Arguments": {"Entries": [{"Source": "s", "DetailType": "D", "EventBusName": "${Bus}",
            "Detail": "{% {\"id\": $states.input.id} %}"}]},
        "Output": "{% $states.result %}",
    }});
    let ran = ends("A", put, json!({"id": 1}), &[TaskOutcome::Returned(json!(["e1"]))]);
    assert_eq!(ran.output(), &json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e1"}]}));
    let Action::PutEvents { entries, .. } = &ran.actions[0] else { panic!() };
    let entry = json!({"Source": "s", "DetailType": "D", "EventBusName": "orders", "Detail": {"id": 1}});
    assert_eq!(entries, &[entry]);
}

#[test]
fn a_choice_takes_the_first_rule_that_is_true() {
    let states = json!({
        "C": {"Type": "Choice", "Default": "Small", "Choices": [
            {"Condition": "{% $states.input.total > 100 %}", "Next": "Big", "Output": "{% $states.input.total %}",
             "Assign": {"size": "big"}},
            {"Condition": "{% $states.input.total > 10 %}", "Next": "Big", "Assign": {"size": "middle"}},
        ]},
        "Big": {"Type": "Succeed", "Output": "{% [$size, $states.input] %}"},
        "Small": {"Type": "Succeed", "Output": "small"},
    });
    let of = |total: i64| ends("C", states.clone(), json!({"total": total}), &[]).output().clone();
    assert_eq!(of(101), json!(["big", 101]));
    assert_eq!(of(11), json!(["middle", {"total": 11}]));
    assert_eq!(of(10), json!("small"));
}

#[test]
fn a_choice_without_a_way_on_fails() {
    let choice = |condition: &str| {
        let states = json!({
            "C": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "S"}]}, "S": {"Type": "Succeed"}});
        let ran = ends("C", states, json!({"n": 1}), &[]);
        assert_eq!(ran.states(), ["C"]);
        (ran.error().0.to_owned(), ran.visits[0].error.clone(), ran.visits[0].left_at)
    };
    let no_match = ("States.NoChoiceMatched".to_owned(), Some("States.NoChoiceMatched".to_owned()), Some(START));
    assert_eq!(choice("{% $states.input.n = 2 %}"), no_match);
    assert_eq!(choice("{% $states.input.n %}").0, "States.QueryEvaluationError");
    assert_eq!(choice("{% $states.input.missing %}").0, "States.QueryEvaluationError");
    assert_eq!(choice("{% $states.input.n < 'a' %}").0, "States.QueryEvaluationError");
}

#[test]
fn variables_are_set_together_and_seen_by_later_states_only() {
    let states = json!({
        "A": {"Type": "Pass", "Assign": {"a": 1, "b": {"n": "{% $states.input.n %}"}}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"a": "{% $b.n %}", "b": "{% $a %}"}, "Output": "{% $a %}", "Next": "C"},
        "C": {"Type": "Succeed", "Output": "{% [$a, $b, $states.input] %}"},
    });
    let ran = ends("A", states, json!({"n": 7}), &[]);
    assert_eq!(ran.output(), &json!([7, 1, 1]));
    assert_eq!(ran.states(), ["A", "B", "C"]);
}

#[test]
fn a_field_that_evaluates_to_nothing_is_an_error() {
    let states = json!({"A": {"Type": "Pass", "Output": {"x": "{% $states.input.missing %}"}, "End": true}});
    let ran = ends("A", states, json!({}), &[]);
    let cause = "The expression `$states.input.missing` at /States/A/Output/x returned nothing.";
    assert_eq!(ran.error(), ("States.QueryEvaluationError", cause));
}

#[test]
fn a_fail_state_ends_with_its_words() {
    let fail = |fields: Value| {
        let mut state = json!({"Type": "Fail"});
        state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let ran = ends("A", json!({"A": state}), json!({"why": "late"}), &[]);
        (ran.error().0.to_owned(), ran.error().1.to_owned())
    };
    assert_eq!(
        fail(json!({"Error": "E", "Cause": "{% 'too ' & $states.input.why %}"})),
        ("E".into(), "too late".into())
    );
    assert_eq!(fail(json!({})), (String::new(), String::new()));
    assert_eq!(fail(json!({"Error": "{% 1 %}"})).0, "States.QueryEvaluationError");
}

#[test]
fn the_context_tells_who_and_when() {
    let output = json!({
        "id": "{% $states.context.Execution.Id %}", "name": "{% $states.context.Execution.Name %}",
        "input": "{% $states.context.Execution.Input %}", "start": "{% $states.context.Execution.StartTime %}",
        "state": "{% $states.context.State.Name %}", "entered": "{% $states.context.State.EnteredTime %}",
        "retries": "{% $states.context.State.RetryCount %}", "machine": "{% $states.context.StateMachine.Name %}",
    });
    let states = json!({
        "W": {"Type": "Wait", "Seconds": 90, "Output": null, "Next": "S"}, "S": {"Type": "Succeed", "Output": output}});
    let ran = ends("W", states, json!({"n": 1}), &[]);
    let expected = json!({
        "id": "arn:order-1", "name": "order-1", "input": {"n": 1}, "start": "2026-11-22T10:00:00.000Z", "state": "S",
        "entered": "2026-11-22T10:01:30.000Z", "retries": 0, "machine": "checkout"});
    assert_eq!(ran.output(), &expected);
}

#[test]
fn an_endless_loop_ends_as_in_step_functions() {
    let states = json!({
        "A": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Default": "A", "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "S"}]},
        "S": {"Type": "Succeed"},
    });
    let ran = ends("A", states, json!(0), &[]);
    assert_eq!(ran.error().0, "States.Runtime");
    assert_eq!(ran.visits.len(), 12_500);
    assert!(ran.stored.last().unwrap().has_ended());
}

#[test]
fn too_large_a_result_cannot_be_caught() {
    let task = task(json!({
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
    }));
    let large = TaskOutcome::Returned(json!("x".repeat(256 * 1024)));
    let ran = ends("A", json!({"A": task, "S": {"Type": "Succeed"}}), json!({}), &[large]);
    assert_eq!(ran.error().0, "States.DataLimitExceeded");
}
