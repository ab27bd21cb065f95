//! Holds the evaluator against the values that the reference implementation gives, and the parser against what is not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Expression, Reserved, Scope,
    table::{INPUT, TABLE},
};

struct Inputs {
    input: Value,
    result: Value,
    error: Value,
    id: Value,
    variables: BTreeMap<&'static str, Value>,
}

impl Inputs {
    fn new() -> Self {
        Self {
            input: serde_json::from_str(INPUT).unwrap(),
            result: json!({"Payload": {"outcomes": [{"status": "approved"}]}}),
            error: json!({"Error": "E", "Cause": "C"}),
            id: json!("exec-1"),
            variables: BTreeMap::from([
                ("x", json!(2)),
                ("list", json!([1, 2, 3])),
                ("objects", json!([{"a": 1, "b": [5]}, {"a": 2, "b": [6, 7]}])),
            ]),
        }
    }
}

impl<'a> Scope<'a> for &'a Inputs {
    fn reserved(&self, part: Reserved) -> Option<Cow<'a, Value>> {
        Some(Cow::Borrowed(match part {
            Reserved::Input => &self.input,
            Reserved::Result => &self.result,
            Reserved::ErrorOutput => &self.error,
            Reserved::ExecutionId => &self.id,
            Reserved::ExecutionName
            | Reserved::ExecutionInput
            | Reserved::ExecutionStartTime
            | Reserved::StateName
            | Reserved::StateEnteredTime
            | Reserved::StateRetryCount
            | Reserved::StateMachineName => return None,
        }))
    }

    fn variable(&self, name: &str) -> Option<&'a Value> {
        self.variables.get(name)
    }
}

/// `undefined`, `error`, or the value as JSON.
fn outcome(source: &str, inputs: &Inputs) -> String {
    let Ok(expression) = Expression::parse(source) else {
        return "error".to_owned();
    };
    match expression.evaluate(&inputs) {
        Ok(None) => "undefined".to_owned(),
        Ok(Some(value)) => value.to_string(),
        Err(_) => "error".to_owned(),
    }
}

#[test]
fn every_row_gives_what_the_reference_implementation_gives() {
    let inputs = Inputs::new();
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(source, expected)| {
            // Read and written once, so that the order of fields is ours on both sides.
            let expected = serde_json::from_str::<Value>(expected).map_or((*expected).to_owned(), |v| v.to_string());
            let found = outcome(source, &inputs);
            (found != expected).then(|| format!("{source}: expected {expected}, found {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_run_is_refused_when_read() {
    for source in [
        "",
        "1 +",
        "(1",
        "[1",
        "{\"a\" 1}",
        "\"open",
        "`open",
        "/* open",
        "1 2",
        "$x $y",
        "a",
        "a.b",
        "$",
        "$$",
        "$$.a",
        "#",
        "$states",
        "$states.inputs",
        "$states.context",
        "$states.context.Execution",
        "$states.context.Task.Token",
        "$now()",
        "$millis()",
        "$random()",
        "$uuid()",
        "$eval('1')",
        "$map([1], $string)",
        "$keys({})",
        "$nosuch(1)",
        "$string()",
        "$string(1, 2, 3)",
        "string(1)",
        "$x.string(1)",
        "function($a){$a}",
        "($a := 1; $a)",
        "(1; 2)",
        "()",
        "$x ~> $string()",
        "[1..3]",
        "$x^(a)",
        "$x.*",
        "$x.**",
        "$x.%",
        "$x@$y.z",
        "$x#$i",
        "$x{a: b}",
        "$x.[a]",
        "$x.1",
        "$x.true",
        "/a/",
        "$x ?? 1",
        "$x ?: 1",
        "|$x|{}|",
        "not true",
        "!true",
        "$x == 1",
        "$x && true",
        "'\\x'",
        "1 = ",
        "and",
        "$string",
        "$x[",
        "$x[0",
        "1[]",
    ] {
        assert!(Expression::parse(source).is_err(), "{source} was read");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Expression::parse(&nested(50)).is_ok());
    assert!(Expression::parse(&nested(100_000)).is_err());
}

#[test]
fn an_error_names_the_place_in_the_expression() {
    let error = Expression::parse("$states.input.a = $nosuch(1)").unwrap_err();
    assert_eq!(error.to_string(), "the function $nosuch is not run here (at byte 18 of the expression)");
}

#[test]
fn an_expression_tells_what_it_asks_for() {
    let expression = Expression::parse("$list[$ = $states.input.a].b & $string($states.result.c)").unwrap();
    assert_eq!(expression.variables().collect::<Vec<_>>(), ["list"]);
    assert_eq!(expression.reserved().collect::<Vec<_>>(), [Reserved::Input, Reserved::Result]);
}

#[test]
fn an_amount_passes_through_unchanged() {
    let inputs = Inputs { input: json!({"amount": 9_007_199_254_740_993_i64}), ..Inputs::new() };
    assert_eq!(outcome("{\"a\": $states.input.amount}", &inputs), r#"{"a":9007199254740993}"#);
}
