//! What the interpreter makes of an execution, as the database keeps it.

use adapters::postgres::{
    Database,
    runtime::{
        executions::{self, Checkpoint, Next, Start},
        floor::Floor,
        lease::Lease,
    },
};
use asl::{Action, Transition, Visit};
use schemas::{ids::OrderId, kept::Execution};
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// An execution in hand.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) version: i32,
    pub(super) execution: Execution,
}

fn as_json(execution: &Execution) -> Result<Value, Unavailable> {
    serde_json::to_value(execution).map_err(|error| Unavailable::at_fault("executions.write", error))
}

fn as_kept(visit: Visit) -> executions::Visit {
    let Visit { number, state, entered_at, left_at, input, output, error, cause, retry_count: _ } = visit;
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    executions::Visit { number, state, entered_at, left_at, input, output, error, cause }
}

/// A state that is at work is in the execution itself; it goes into the history when it is left, waits or fails.
fn finished(visits: Vec<Visit>) -> Vec<executions::Visit> {
    visits.into_iter().filter(|visit| visit.left_at.is_some()).map(as_kept).collect()
}

/// An order's new execution.
///
/// # Errors
/// If it is no JSON.
pub(super) fn start(order: OrderId, transition: Transition) -> Result<Start, Unavailable> {
    Ok(Start { order, state: as_json(&transition.execution)?, visits: finished(transition.visits) })
}

/// The progress of a transition, made at that time by the clock of this process.
///
/// # Errors
/// If it is no JSON.
pub(super) fn checkpoint(
    id: Uuid,
    instance: i64,
    version: i32,
    made_at: OffsetDateTime,
    execution: &Execution,
    visits: Vec<Visit>,
    action: &Action,
) -> Result<Checkpoint, Unavailable> {
    let state = as_json(execution)?;
    let next = match action {
        Action::Invoke { .. } | Action::PutEvents { .. } => Next::GoesOn,
        // Its end is of this process' clock, and so is the time it begins: what is stored is their distance.
        Action::WaitUntil(end) => Next::Waits(Duration::try_from(*end - made_at).unwrap_or_default()),
        Action::Succeeded { output } => Next::Succeeded { output: output.clone() },
        Action::Failed { error, cause } => Next::Failed { error: error.clone(), cause: cause.clone() },
    };
    let visits = match next {
        Next::GoesOn => finished(visits),
        Next::Waits(_) | Next::Succeeded { .. } | Next::Failed { .. } => visits.into_iter().map(as_kept).collect(),
    };
    Ok(Checkpoint { id, instance, version, state, next, visits })
}

/// Takes up to `max` executions in hand that are due. They are read here, each by itself, and not by the driver: one that
/// cannot be read is given up, and the others go on.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn claim(
    database: &Database,
    instance: i64,
    lease: Lease,
    max: i64,
    floor: &mut Floor,
    now: OffsetDateTime,
) -> Result<Vec<Claimed>, Unavailable> {
    let rows = executions::claim(database, instance, lease, max, floor).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for executions::Claimed { id, version, state } in rows {
        match serde_json::from_str(&state) {
            Ok(execution) => claimed.push(Claimed { id, version, execution }),
            Err(error) => {
                tracing::error!(execution = %id, %error, "cannot be read");
                if let Err(error) = executions::give_up(database, id, instance, version, &error.to_string(), now).await
                {
                    tracing::error!(execution = %id, error = error.chain(), "cannot be given up either");
                }
            }
        }
    }
    Ok(claimed)
}
