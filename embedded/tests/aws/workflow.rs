//! The checkout workflow visits the same states on Step Functions as in the embedded interpreter: the same file, the
//! same scripted functions, one table of inputs with every answer, error and retry that matters.

use super::{built, look::Look, support::wait_until};
use asl::{Action, Definition, Resumption, Surroundings, TaskOutcome, Visit};
use schemas::kept::Identity;
use serde_json::{Value, json};
use sluice::local_aws::{Deployment, LocalAws, checkout};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use time::{OffsetDateTime, macros::datetime};
use workflows::wiring::TASKS;

const START: OffsetDateTime = datetime!(2026-11-22 10:00:00 UTC);
/// So many at once: each call of a scripted function is a Python process.
const AT_ONCE: usize = 4;
const WITHIN: Duration = Duration::from_secs(120);

/// What was seen of an execution: each state that was entered with the retries in it, and how it ended.
#[derive(Debug, PartialEq)]
struct Seen {
    states: Vec<(String, u64)>,
    end: Result<Value, String>,
}

fn returns(value: Value) -> Value {
    json!({ "returns": value })
}

fn fails(error: &str) -> Value {
    json!({ "fails": error })
}

fn answer(result: &str) -> Value {
    returns(json!({ "result": result, "calls": 1 }))
}

/// The error, that many times, and then the outcome, or all of a list of them.
fn after(times: usize, error: &str, outcome: Value) -> Value {
    let then = if let Value::Array(outcomes) = outcome { outcomes } else { vec![outcome] };
    Value::Array([vec![fails(error); times], then].concat())
}

/// What a script does not say: the payment is authorized, and the rest works.
fn script(case: usize, changes: &[(&str, Value)]) -> Value {
    let mut script = json!({
        "case": case.to_string(),
        "AuthorizePaymentFunction": [answer("authorized")],
        "ResolvePaymentFunction": [answer("authorized")],
        "ConfirmOrderFunction": [returns(json!({ "status": "confirmed" }))],
        "RejectOrderFunction": [returns(json!({ "status": "rejected" }))],
        "AbandonPaymentFunction": [returns(json!({ "status": "rejected" }))],
    });
    for (function, outcomes) in changes {
        script[function] = if outcomes.is_array() { outcomes.clone() } else { json!([outcomes]) };
    }
    script
}

fn table() -> Vec<Vec<(&'static str, Value)>> {
    let (authorize, resolve) = ("AuthorizePaymentFunction", "ResolvePaymentFunction");
    let (confirm, reject, abandon) = ("ConfirmOrderFunction", "RejectOrderFunction", "AbandonPaymentFunction");
    let doubt = || fails("Payment.InDoubt");
    let none = |calls: i64| returns(json!({ "result": "none", "calls": calls }));
    vec![
        // What the provider answers.
        vec![],
        vec![(authorize, returns(json!({ "result": "declined", "code": "card_declined" })))],
        vec![(authorize, answer("declined"))],
        vec![(authorize, returns(json!({ "result": "declined", "code": null })))],
        vec![(authorize, returns(json!({ "result": "declined", "code": "über ß \u{1f4b3} \"quoted\"" })))],
        vec![(authorize, answer("closed"))],
        vec![(authorize, returns(json!({ "result": "authorized", "more": { "of": ["it", 1, 2.5, null, true] } })))],
        vec![(authorize, json!([none(1), answer("authorized")]))],
        vec![(authorize, none(2))],
        vec![(authorize, json!([none(0), none(1), none(2)]))],
        vec![(authorize, answer("voided"))],
        // In doubt, the books decide.
        vec![(authorize, doubt())],
        vec![(authorize, doubt()), (resolve, returns(json!({ "result": "declined", "code": "expired_card" })))],
        vec![(authorize, json!([doubt(), answer("authorized")])), (resolve, none(1))],
        vec![(authorize, json!([doubt(), answer("authorized")])), (resolve, none(0))],
        vec![(authorize, doubt()), (resolve, json!([none(1), none(2)]))],
        vec![(authorize, doubt()), (resolve, answer("voided"))],
        vec![(authorize, doubt()), (resolve, answer("closed"))],
        vec![(authorize, fails("States.Timeout"))],
        vec![(authorize, fails("States.Timeout")), (resolve, none(2))],
        // Retries.
        vec![(authorize, after(1, "Service.Unavailable", answer("authorized")))],
        vec![(authorize, after(3, "Lambda.ServiceException", answer("declined")))],
        vec![(authorize, after(29, "Runtime.ExitError", answer("authorized")))],
        vec![(authorize, after(30, "Service.Unavailable", after(30, "Payment.Unavailable", answer("authorized"))))],
        vec![(authorize, after(2, "Service.Unavailable", doubt()))],
        vec![(authorize, after(2, "Payment.Unavailable", doubt()))],
        vec![(authorize, after(1, "States.TaskFailed", fails("States.Timeout")))],
        vec![(authorize, doubt()), (resolve, after(4, "Service.Unavailable", answer("authorized")))],
        vec![(authorize, doubt()), (resolve, after(1, "Payment.InDoubt", answer("authorized")))],
        vec![(confirm, after(2, "Service.Unavailable", returns(json!({}))))],
        vec![(authorize, answer("declined")), (reject, after(2, "Odd", returns(json!("done"))))],
        vec![(authorize, none(2)), (abandon, after(5, "States.Timeout", returns(json!([1]))))],
        // Retries used up.
        vec![(authorize, fails("Service.Unavailable"))],
        vec![(authorize, fails("Payment.Unavailable"))],
        vec![(authorize, fails("Payment.Unavailable")), (abandon, fails("Service.Unavailable"))],
        vec![(authorize, doubt()), (resolve, fails("Service.Unavailable"))],
        vec![(confirm, fails("Service.Unavailable"))],
        vec![(authorize, answer("declined")), (reject, fails("Bad.Input"))],
        // Answers that no function of ours gives.
        vec![(authorize, returns(json!({})))],
        vec![(authorize, returns(json!(null)))],
        vec![(authorize, returns(json!([{ "result": "authorized" }])))],
        vec![(authorize, returns(json!("authorized")))],
        vec![(authorize, returns(json!({ "result": null })))],
        vec![(authorize, returns(json!({ "result": "none" })))],
        vec![(authorize, returns(json!({ "result": "none", "calls": "1" })))],
        vec![(authorize, returns(json!({ "result": ["authorized"] })))],
        vec![(authorize, returns(json!({ "result": "declined", "code": { "a": 1 } })))],
    ]
}

/// The scripts, and inputs without an order at all.
fn inputs() -> Vec<Value> {
    let scripts = table().into_iter().enumerate().map(|(case, changes)| script(case, &changes));
    let mut inputs: Vec<_> = scripts.map(|script| json!({ "order_id": script.to_string() })).collect();
    inputs.extend([json!({}), json!({ "order_id": "no script" })]);
    inputs
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checkout_visits_the_same_states_on_both_runtimes() {
    let inputs = inputs();
    assert!(inputs.len() >= 30);
    let root = checkout().unwrap();
    let python = built::python(&root);
    let folder = tempfile::tempdir().unwrap();
    let deployment = Deployment {
        template: root.join("infra/tests/scripted.yaml"),
        functions: root.join("infra/tests"),
        database_url: None,
        parameters: [("Folder".to_owned(), folder.path().display().to_string())].into(),
        listen: ([127, 0, 0, 1], 0).into(),
        // Waits are the interpreter's own tests' matter.
        environment: [("SFN_WAIT_SCALE".to_owned(), "0".to_owned())].into(),
    };
    let aws = LocalAws::start(&root, python, &deployment, |_| {}).await.unwrap();
    let look = Look::at(aws.site(), &root, python);
    let seen_there = on_step_functions(&look, &aws.site().resources["Checkout"].id, &inputs).await;
    for (input, there) in inputs.iter().zip(seen_there) {
        assert_eq!(embedded(input), there, "embedded on the left, Step Functions on the right, for {input}");
    }
    aws.stop().await.unwrap();
}

async fn on_step_functions(look: &Look, machine: &str, inputs: &[Value]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for some in inputs.chunks(AT_ONCE) {
        let start = |input: &Value| {
            let call = json!({ "stateMachineArn": machine, "input": input.to_string() });
            look.call("stepfunctions", "start_execution", call)["executionArn"].as_str().unwrap().to_owned()
        };
        for execution in some.iter().map(start).collect::<Vec<_>>() {
            let asked = json!({ "executionArn": execution });
            wait_until("an execution to end", WITHIN, async || {
                match look.call("stepfunctions", "describe_execution", asked.clone())["status"].as_str().unwrap() {
                    "RUNNING" => Err("it runs".to_owned()),
                    _ => Ok(()),
                }
            })
            .await;
            seen.push(of_history(&look.call("stepfunctions", "get_execution_history", asked)));
        }
    }
    seen
}

fn of_history(history: &Value) -> Seen {
    let mut states: Vec<(String, u64)> = Vec::new();
    // A task whose arguments cannot be evaluated fails without having been scheduled.
    let (mut scheduled, mut failed) = (0, 0);
    for event in history["events"].as_array().unwrap() {
        match event["type"].as_str().unwrap() {
            kind @ ("TaskScheduled" | "TaskFailed") => {
                if kind == "TaskScheduled" {
                    scheduled += 1
                } else {
                    failed += 1
                }
                states.last_mut().unwrap().1 = scheduled.max(failed) - 1;
            }
            "ExecutionSucceeded" => {
                let output = event["executionSucceededEventDetails"]["output"].as_str().unwrap();
                return Seen { states, end: Ok(serde_json::from_str(output).unwrap()) };
            }
            "ExecutionFailed" => {
                let error = event["executionFailedEventDetails"]["error"].as_str().unwrap().to_owned();
                return Seen { states, end: Err(error) };
            }
            other if other.ends_with("StateEntered") => {
                (scheduled, failed) = (0, 0);
                states.push((event["stateEnteredEventDetails"]["name"].as_str().unwrap().to_owned(), 0));
            }
            _ => {}
        }
    }
    panic!("it did not end: {history}")
}

/// The same input in the embedded interpreter.
fn embedded(input: &Value) -> Seen {
    let own = |(name, _): &(&str, _)| ((*name).to_owned(), (*name).to_owned());
    let surroundings = Surroundings {
        substitutions: TASKS.iter().map(own).collect(),
        functions: TASKS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(),
    };
    let definition = Definition::parse(workflows::CHECKOUT, &surroundings).unwrap();
    let identity = Identity {
        execution_id: "one".to_owned(),
        execution_name: "one".to_owned(),
        state_machine_name: "checkout".to_owned(),
    };
    let (mut now, mut calls) = (START, HashMap::new());
    let mut visits: BTreeMap<u32, Visit> = BTreeMap::new();
    let mut transition = definition.start(identity, input.clone(), now, 0);
    loop {
        visits.extend(transition.visits.into_iter().map(|visit| (visit.number, visit)));
        let event = match transition.action {
            Action::Succeeded { output } => return seen(visits, Ok(output)),
            Action::Failed { error, .. } => return seen(visits, Err(error)),
            Action::WaitUntil(until) => {
                now = until;
                Resumption::WaitElapsed
            }
            Action::Invoke { function, payload, .. } => Resumption::Task(outcome(&function, &payload, &mut calls)),
            Action::PutEvents { .. } => panic!("checkout publishes nothing by itself"),
        };
        transition = definition.resume(transition.execution, event, now, 0).unwrap();
    }
}

fn seen(visits: BTreeMap<u32, Visit>, end: Result<Value, String>) -> Seen {
    let states = visits.into_values().map(|visit| (visit.state, u64::from(visit.retry_count))).collect();
    Seen { states, end }
}

/// What `infra/tests/scripted_task.py` answers.
fn outcome(function: &str, payload: &Value, calls: &mut HashMap<String, usize>) -> TaskOutcome {
    let failed = |error: &str| TaskOutcome::Failed { error: error.to_owned(), cause: String::new() };
    let Ok(script) = serde_json::from_str::<Value>(payload["order_id"].as_str().unwrap()) else {
        return failed("Bad.Script");
    };
    let outcomes = script[function].as_array().unwrap();
    let call = calls.entry(function.to_owned()).or_default();
    let outcome = &outcomes[(*call).min(outcomes.len() - 1)];
    *call += 1;
    match (outcome.get("returns"), outcome["fails"].as_str()) {
        (Some(value), _) => TaskOutcome::Returned(value.clone()),
        (None, Some("States.Timeout")) => TaskOutcome::TimedOut,
        (None, error) => failed(error.unwrap()),
    }
}
