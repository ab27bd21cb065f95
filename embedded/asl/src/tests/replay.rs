//! A run can be played again: given the same input, answers, moments and chance, an execution comes to the same bytes at each
//! step. So a run is told from its seed, and nothing in the interpreter asks for a time or a chance of its own.

use proptest::{collection::vec, prelude::*};
use time::Duration;

use super::{checkout::checkout, *};

/// What comes from outside in one step: the chance, how long it took, and how a task ended.
type Outside = (u32, i64, u8);

fn outside() -> impl Strategy<Value = Vec<Outside>> {
    vec((any::<u32>(), 0..20_000_i64, 0..6_u8), 1..60)
}

fn answer(kind: u8) -> TaskOutcome {
    match kind {
        0 | 1 => failed("Busy"),
        2 => failed("Lambda.ServiceException"),
        3 => failed("Odd"),
        4 => TaskOutcome::Returned(json!({"outcomes": [{"status": "approved"}]})),
        _ => TaskOutcome::Returned(json!({"outcomes": [{"status": "in_doubt"}]})),
    }
}

/// What would be stored and done at each step, as text, for as long as something comes from outside. The definition is read
/// anew, as a process does that takes the execution over.
fn played(outside: &[Outside]) -> Vec<String> {
    let definition = checkout();
    let (mut now, mut told) = (START, Vec::new());
    let mut transition = definition.start(identity(), json!({"order_id": "order-1"}), now, 0);
    for (chance, milliseconds, kind) in outside {
        told.push(format!(
            "{} {:?} {:?}",
            serde_json::to_string(&transition.execution).unwrap(),
            transition.visits,
            transition.action
        ));
        let event = match &transition.action {
            Action::Succeeded { .. } | Action::Failed { .. } => break,
            Action::WaitUntil(until) => {
                now = now.max(*until);
                Resumption::WaitElapsed
            }
            Action::Invoke { .. } | Action::PutEvents { .. } => Resumption::Task(answer(*kind)),
        };
        now += Duration::milliseconds(*milliseconds);
        transition = definition.resume(transition.execution, event, now, *chance).unwrap();
    }
    told
}

proptest! {
    #[test]
    fn the_same_from_outside_comes_to_the_same_at_each_step(outside in outside()) {
        prop_assert_eq!(played(&outside), played(&outside));
    }
}

#[test]
fn what_comes_from_outside_decides_it_all() {
    let first: [Outside; 3] = [(0, 5, 0), (0, 5, 0), (0, 5, 4)];
    for other in [(1 << 31, 5, 0), (0, 6, 0), (0, 5, 3)] {
        assert_ne!(played(&first), played(&[other, first[1], first[2]]), "{other:?}");
    }
}
