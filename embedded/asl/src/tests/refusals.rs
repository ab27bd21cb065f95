//! What a file may not have, and that each refusal names its place.

use super::*;

/// The pointers of all problems.
fn pointers(file: &Value) -> Vec<String> {
    let error = Definition::parse(&file.to_string(), &surroundings()).err();
    error.map(|error| error.problems.into_iter().map(|problem| problem.pointer).collect()).unwrap_or_default()
}

/// A good machine with a task, a choice, a wait and an end, and one value in it replaced or added.
fn with(pointer: &str, value: Value) -> Value {
    let mut file = machine(
        "T",
        json!({
            "T": task(json!({
                "Retry": [{"ErrorEquals": ["Busy"]}, {"ErrorEquals": ["States.ALL"]}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
                "Assign": {"v": 1},
                "Next": "C",
            })),
            "C": {"Type": "Choice", "Choices": [{"Condition": "{% $v = 1 %}", "Next": "W"}], "Default": "P"},
            "W": {"Type": "Wait", "Seconds": 1, "Next": "S"},
            "P": {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Next": "S",
                  "Arguments": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]}},
            "S": {"Type": "Succeed"},
        }),
    );
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut file } else { file.pointer_mut(parent).unwrap() };
    parent[field.parse::<usize>().map_or(field.to_owned(), |_| unreachable!("fields only")).as_str()] = value;
    file
}

#[test]
fn the_unchanged_machine_is_read() {
    assert_eq!(pointers(&with("/Comment", json!("as it is"))), Vec::<String>::new());
}

#[test]
fn each_unknown_thing_is_refused_at_its_place() {
    let table = [
        ("/Extra", json!(1)),
        ("/QueryLanguage", json!("JSONPath")),
        ("/Version", json!("2.0")),
        ("/TimeoutSeconds", json!(0)),
        ("/StartAt", json!("Nowhere")),
        ("/Comment", json!(1)),
        ("/States/T/Extra", json!(1)),
        ("/States/T/Type", json!("Map")),
        ("/States/T/Type", json!("Parallel")),
        ("/States/T/QueryLanguage", json!("JSONPath")),
        ("/States/T/Resource", json!("arn:aws:states:::sqs:sendMessage")),
        ("/States/T/Resource", json!("arn:aws:states:::lambda:invoke.waitForTaskToken")),
        ("/States/T/InputPath", json!("$")),
        ("/States/T/OutputPath", json!("$")),
        ("/States/T/Parameters", json!({})),
        ("/States/T/ResultPath", json!("$")),
        ("/States/T/ResultSelector", json!({})),
        ("/States/T/HeartbeatSeconds", json!(1)),
        ("/States/T/TimeoutSeconds", json!(0)),
        ("/States/T/TimeoutSeconds", json!("5")),
        ("/States/T/End", json!(true)),
        ("/States/T/Arguments/FunctionName", json!("nobody")),
        ("/States/T/Arguments/FunctionName", json!("${Nobody}")),
        ("/States/T/Arguments/FunctionName", json!("{% $states.input.f %}")),
        ("/States/T/Arguments/Qualifier", json!("1")),
        ("/States/T/Arguments/InvocationType", json!("Event")),
        ("/States/T/Arguments/Payload", json!("{% $states.result %}")),
        ("/States/T/Arguments/Payload", json!("{% $states.errorOutput %}")),
        ("/States/T/Arguments/Payload", json!("{% $nosuch(1) %}")),
        ("/States/T/Arguments/Payload", json!("{% $now() %}")),
        ("/States/T/Arguments/Payload", json!("{% 1 + %}")),
        ("/States/T/Arguments/Payload", json!("{% $never %}")),
        ("/States/T/Arguments/Payload", json!("{% 1")),
        ("/States/T/Arguments/Payload", json!(" {% 1 %}")),
        ("/States/T/Arguments/Payload", json!("${open")),
        ("/States/T/Output", json!("{% $states.errorOutput %}")),
        ("/States/T/Assign", json!("{% {} %}")),
        ("/States/T/Retry", json!({})),
        ("/States/T/Catch", json!(1)),
        ("/States/C/Choices", json!([])),
        ("/States/C/Output", json!(1)),
        ("/States/C/Assign", json!({"x": 1})),
        ("/States/C/Next", json!("S")),
        ("/States/C/Default", json!(1)),
        ("/States/W/Seconds", json!(-1)),
        ("/States/W/Seconds", json!(1.5)),
        ("/States/W/SecondsPath", json!("$.s")),
        ("/States/W/Retry", json!([])),
        ("/States/P/Arguments/Entries", json!([])),
        ("/States/P/Arguments/Entries", json!({})),
        ("/States/S/Next", json!("T")),
        ("/States/S/End", json!(true)),
        ("/States/S/Assign", json!({"x": 1})),
    ];
    for (pointer, value) in table {
        let found = pointers(&with(pointer, value.clone()));
        assert!(found.contains(&pointer.to_owned()), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn what_lies_deeper_is_refused_at_its_place() {
    let retry = |field: &str, value: Value| {
        let mut retrier = json!({"ErrorEquals": ["Busy"]});
        retrier[field] = value;
        ("/States/T/Retry", json!([retrier]), format!("/States/T/Retry/0/{field}"))
    };
    let all = json!({"ErrorEquals": ["States.ALL"]});
    let entry = |field: &str| {
        let mut entry = json!({"Source": "s", "DetailType": "d", "Detail": {}});
        entry[field] = json!("x");
        ("/States/P/Arguments/Entries", json!([entry]), format!("/States/P/Arguments/Entries/0/{field}"))
    };
    let at = |place: &'static str, value: Value, found: &str| (place, value, format!("{place}{found}"));
    let table = [
        retry("BackoffRate", json!(0.5)),
        retry("BackoffRate", json!("2")),
        retry("IntervalSeconds", json!(0)),
        retry("IntervalSeconds", json!(1.5)),
        retry("MaxAttempts", json!(-1)),
        retry("MaxDelaySeconds", json!(0)),
        retry("JitterStrategy", json!("HALF")),
        retry("ErrorEquals", json!([])),
        retry("ErrorEquals", json!("Busy")),
        retry("ErrorEquals", json!(["States.Nonsense"])),
        retry("ErrorEquals", json!(["Busy", "States.ALL"])),
        retry("Jitter", json!(1)),
        at("/States/T/Retry", json!([all, {"ErrorEquals": ["Busy"]}]), "/0/ErrorEquals"),
        at("/States/T/Catch", json!([{"ErrorEquals": ["A"], "Next": "S", "ResultPath": "$"}]), "/0/ResultPath"),
        at(
            "/States/T/Catch",
            json!([{"ErrorEquals": ["A"], "Next": "S", "Output": "{% $states.result %}"}]),
            "/0/Output",
        ),
        at("/States/T/Catch", json!([{"ErrorEquals": ["A"]}]), "/0"),
        at("/States/T/Assign", json!({"states": 1, "v": 1}), "/states"),
        at("/States/T/Assign", json!({"string": 1, "v": 1}), "/string"),
        at("/States/T/Assign", json!({"a b": 1, "v": 1}), "/a b"),
        at("/States/T/Assign", json!({"v": [{"x/y": "{% ) %}"}]}), "/v/0/x~1y"),
        at("/States/C/Choices", json!([{"Next": "W", "Condition": "{% 1 ~> $f %}"}]), "/0/Condition"),
        at("/States/C/Choices", json!([{"Next": "W", "Condition": "yes"}]), "/0/Condition"),
        at("/States/C/Choices", json!([{"Next": "W", "Condition": true, "Variable": "$.x"}]), "/0/Variable"),
        at("/States/C/Choices", json!([{"Condition": true}]), "/0"),
        entry("Extra"),
    ];
    for (pointer, value, expected) in table {
        let found = pointers(&with(pointer, value.clone()));
        assert!(found.contains(&expected), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn ways_that_lead_nowhere_are_refused() {
    assert_eq!(pointers(&with("/States/W/Next", json!("Nowhere"))), ["/States/W"]);
    assert_eq!(pointers(&with("/States/Island", json!({"Type": "Succeed"}))), ["/States/Island"]);
    let round = machine("A", json!({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}));
    assert_eq!(pointers(&round), ["/States"]);
    assert_eq!(pointers(&machine("A", json!({}))), ["/States"]);
    assert_eq!(pointers(&machine("A", json!({"A": {"Type": "Pass"}}))), ["/States/A"]);
    assert_eq!(pointers(&machine("A", json!({"A": {"Type": "Wait", "End": true}}))), ["/States/A"]);
    assert_eq!(pointers(&json!([])), [""]);
    assert!(Definition::parse("{", &surroundings()).is_err());
}

#[test]
fn all_problems_are_told_at_once() {
    let mut file = with("/States/W/Next", json!("Nowhere"));
    file["Extra"] = json!(1);
    file["States"]["T"]["Retry"][0]["BackoffRate"] = json!(0);
    file["States"]["C"]["Choices"][0]["Condition"] = json!("{% $never = $nosuch() %}");
    file["States"]["S"]["Output"] = json!("{% $other %}");
    let found = pointers(&file);
    for pointer in
        ["/Extra", "/States/T/Retry/0/BackoffRate", "/States/C/Choices/0/Condition", "/States/S/Output", "/States/W"]
    {
        assert!(found.contains(&pointer.to_owned()), "{pointer} is not in {found:?}");
    }
    let error = Definition::parse(&file.to_string(), &surroundings()).unwrap_err().to_string();
    assert!(error.contains("\n  /States/T/Retry/0/BackoffRate: must be a number of at least 1"), "{error}");
}
