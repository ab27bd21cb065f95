//! A checkout as it is run, through every way it can go, and the promise that a crash between two steps changes nothing.

use proptest::prelude::*;
use time::Duration;

use super::*;

pub(super) fn checkout() -> Definition {
    let retry = json!([
        {"ErrorEquals": ["Busy", "States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2,
         "MaxDelaySeconds": 8, "JitterStrategy": "FULL"},
        {"ErrorEquals": ["Lambda.ServiceException"], "MaxAttempts": 2}]);
    read(&machine(
        "Authorize",
        json!({
            "Authorize": task(json!({
                "Arguments": {"FunctionName": "${Authorize}", "Payload": {
                    "items": [{"order_id": "{% $states.input.order_id %}", "attempt": "{% $exists($attempt) ? $attempt : 1 %}"}]}},
                "TimeoutSeconds": 15,
                "Retry": retry,
                "Catch": [
                    {"ErrorEquals": ["Refused"], "Assign": {"reason": "{% $states.errorOutput.Cause %}"},
                     "Output": "{% $states.input %}", "Next": "Release"},
                    {"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "InDoubt"}],
                "Assign": {"outcome": "{% $states.result.Payload.outcomes[0].status %}", "reason": "payment_declined"},
                "Output": "{% $states.input %}",
                "Next": "Decide",
            })),
            "Decide": {"Type": "Choice", "Default": "InDoubt", "Choices": [
                {"Condition": "{% $outcome = 'approved' %}", "Next": "Announce"},
                {"Condition": "{% $outcome in ['declined', 'suspicious'] %}", "Next": "Release"}]},
            "InDoubt": {"Type": "Wait", "Seconds": 30, "Assign": {"attempt": "{% ($exists($attempt) ? $attempt : 1) + 1 %}"},
                "Next": "Patience"},
            "Patience": {"Type": "Choice", "Default": "Authorize", "Choices": [
                {"Condition": "{% $attempt > 3 %}", "Next": "GiveUp"}]},
            "Announce": {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents",
                "Arguments": {"Entries": [{"Source": "sluice", "DetailType": "OrderConfirmed", "EventBusName": "${Bus}",
                    "Detail": {"order_id": "{% $states.context.Execution.Name %}"}}]},
                "Retry": retry, "Output": {"status": "confirmed"}, "Next": "Done"},
            "Release": task(json!({
                "Arguments": {"FunctionName": "${Release}", "Payload": {"order_id": "{% $states.input.order_id %}"}},
                "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}],
                "Output": {"status": "rejected", "reason": "{% $reason %}"}, "Next": "Done"})),
            "Done": {"Type": "Succeed"},
            "GiveUp": {"Type": "Fail", "Error": "PaymentInDoubt", "Cause": "{% 'after ' & $attempt & ' attempts' %}"},
        }),
    ))
}

fn order() -> Value {
    json!({"order_id": "order-1"})
}

fn answered(status: &str) -> TaskOutcome {
    TaskOutcome::Returned(json!({"outcomes": [{"status": status}]}))
}

fn done() -> TaskOutcome {
    TaskOutcome::Returned(json!(["event-1"]))
}

#[test]
fn every_way_through_a_checkout() {
    let doubt = [failed("Odd"), failed("Odd"), failed("Odd")];
    let refused = json!({"status": "rejected", "reason": "Refused happened"});
    let declined = json!({"status": "rejected", "reason": "payment_declined"});
    let table: [(&[TaskOutcome], &[&str], Value); 5] = [
        (&[answered("approved"), done()], &["Authorize", "Decide", "Announce", "Done"], json!({"status": "confirmed"})),
        (&[answered("declined"), done()], &["Authorize", "Decide", "Release", "Done"], declined),
        (&[failed("Busy"), failed("Refused"), done()], &["Authorize", "Release", "Done"], refused),
        (
            &[answered("unknown"), answered("approved"), done()],
            &["Authorize", "Decide", "InDoubt", "Patience", "Authorize", "Decide", "Announce", "Done"],
            json!({"status": "confirmed"}),
        ),
        (
            &doubt,
            &[
                "Authorize",
                "InDoubt",
                "Patience",
                "Authorize",
                "InDoubt",
                "Patience",
                "Authorize",
                "InDoubt",
                "Patience",
                "GiveUp",
            ],
            json!("after 4 attempts"),
        ),
    ];
    for (outcomes, states, end) in table {
        let ran = run(&checkout(), order(), outcomes);
        assert_eq!(ran.states(), states);
        match ran.actions.last().unwrap() {
            Action::Succeeded { output } => assert_eq!(output, &end),
            Action::Failed { cause, .. } => assert_eq!(&json!(cause), &end),
            other => panic!("{other:?}"),
        }
        assert!(ran.visits.iter().all(|visit| visit.left_at.is_some()), "every state was left");
        assert!((1..).zip(&ran.visits).all(|(number, visit)| visit.number == number));
    }
}

fn any_outcome() -> impl Strategy<Value = TaskOutcome> {
    prop_oneof![
        Just(answered("approved")),
        Just(answered("declined")),
        Just(answered("unknown")),
        Just(TaskOutcome::Returned(json!({}))),
        Just(TaskOutcome::TimedOut),
        Just(failed("Busy")),
        Just(failed("Refused")),
        Just(failed("Lambda.ServiceException")),
        Just(failed("States.Runtime")),
    ]
}

proptest! {
    #[test]
    fn storing_an_execution_between_two_steps_changes_nothing(
        script in prop::collection::vec((any_outcome(), any::<u32>(), 0_i64..5000), 1..60),
    ) {
        let definition = checkout();
        let mut now = START;
        let mut transition = definition.start(identity(), order(), now, 7);
        for (outcome, chance, pause) in script {
            let stored = serde_json::to_string(&transition.execution).unwrap();
            let restored: Execution = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(&restored, &transition.execution);
            prop_assert_eq!(&definition.action(&restored, now), &transition.action);
            let event = match &transition.action {
                Action::Succeeded { .. } | Action::Failed { .. } => break,
                Action::WaitUntil(until) => {
                    now = now.max(*until);
                    Resumption::WaitElapsed
                }
                Action::Invoke { .. } | Action::PutEvents { .. } => Resumption::Task(outcome),
            };
            now += Duration::milliseconds(pause);
            let kept = definition.resume(transition.execution, event.clone(), now, chance).unwrap();
            let again = definition.resume(restored, event, now, chance).unwrap();
            prop_assert_eq!(&kept, &again);
            let lines = serde_json::to_string(&kept.visits).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Vec<Visit>>(&lines).unwrap(), &kept.visits);
            transition = kept;
        }
    }
}
