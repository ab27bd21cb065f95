//! Executions and their history in the database.
//!
//! All of it commits relaxed: what a crash of the server takes back is a moment of progress, and tasks are safe to
//! repeat. Between this and a queue's delete the order of commits holds, so a start is never lost behind its message.

use crate::asl::{Action, Execution, Step, Visit};
use adapters::postgres::{Asked, Database, bell};
use schemas::ids::OrderId;
use serde_json::Value;
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

/// Progress to be stored.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) id: Uuid,
    /// Who has it in hand.
    pub(super) instance: i64,
    /// The version that the progress was made from.
    pub(super) version: i32,
    pub(super) step: Step,
}

/// Visits, column by column.
#[derive(Default)]
struct Visits {
    executions: Vec<Uuid>,
    numbers: Vec<i32>,
    states: Vec<String>,
    entered: Vec<OffsetDateTime>,
    left: Vec<Option<OffsetDateTime>>,
    inputs: Vec<Value>,
    outputs: Vec<Option<Value>>,
    errors: Vec<Option<String>>,
    causes: Vec<Option<String>>,
}

impl Visits {
    fn push(&mut self, execution: Uuid, visit: Visit) {
        self.executions.push(execution);
        self.numbers.push(i32::try_from(visit.number).unwrap_or(i32::MAX));
        self.states.push(visit.state);
        self.entered.push(visit.entered_at);
        self.left.push(visit.left_at);
        self.inputs.push(visit.input);
        self.outputs.push(visit.output);
        self.errors.push(visit.error);
        self.causes.push(visit.cause);
    }
}

/// A state that is at work is in the execution itself; it goes into the history when it is left, waits or fails.
fn finished(visits: Vec<Visit>) -> impl Iterator<Item = Visit> {
    visits.into_iter().filter(|visit| visit.left_at.is_some())
}

fn as_json(execution: &Execution) -> Result<Value, Unavailable> {
    serde_json::to_value(execution).map_err(|error| Unavailable::refused("executions.write", error))
}

/// Stores new executions. One that exists is left alone, but for one that failed: that begins anew.
#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
pub(super) async fn insert(
    database: &Database,
    workflow: &str,
    starts: Vec<(OrderId, Step)>,
    now: OffsetDateTime,
) -> Result<(), Unavailable> {
    if starts.is_empty() {
        return Ok(());
    }
    let (mut ids, mut states, mut visits) = (Vec::new(), Vec::new(), Visits::default());
    for (order, step) in starts {
        ids.push(order.0);
        states.push(as_json(&step.execution)?);
        for visit in finished(step.visits) {
            visits.push(order.0, visit);
        }
    }
    sqlx::query_file!(
        "sql/executions/insert.sql",
        workflow,
        &ids,
        &states,
        now,
        &visits.executions,
        &visits.numbers,
        &visits.states,
        &visits.entered,
        &visits.left as &[Option<OffsetDateTime>],
        &visits.inputs
    )
    .execute(&database.relaxed)
    .await
    .asked("executions.insert")?;
    database.bell.ring(bell::EXECUTIONS);
    Ok(())
}

/// Takes up to `max` executions in hand that are due. One that cannot be read is given up.
pub(super) async fn claim(
    database: &Database,
    instance: i64,
    max: i64,
    now: OffsetDateTime,
) -> Result<Vec<Claimed>, Unavailable> {
    let rows = sqlx::query_file!("sql/executions/claim.sql", instance, max)
        .fetch_all(&database.relaxed)
        .await
        .asked("executions.claim")?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        match serde_json::from_value(row.state) {
            Ok(execution) => claimed.push(Claimed { id: row.id, version: row.version, execution }),
            Err(error) => {
                tracing::error!(execution = %row.id, %error, "cannot be read");
                if let Err(error) = give_up(database, row.id, instance, row.version, &error.to_string(), now).await {
                    tracing::error!(execution = %row.id, error = error.chain(), "cannot be given up either");
                }
            }
        }
    }
    Ok(claimed)
}

/// Stores an execution as failed, if it is still in hand.
pub(super) async fn give_up(
    database: &Database,
    id: Uuid,
    instance: i64,
    version: i32,
    cause: &str,
    now: OffsetDateTime,
) -> Result<(), Unavailable> {
    sqlx::query!(
        "-- executions.give_up
         with failed as (
             update executions
             set status = 'failed', version = version + 1, instance = null, wake_at = null, error = 'States.Runtime',
                 cause = $4, stopped_at = $5
             where id = $1 and instance = $2 and version = $3
             returning attempt
         )
         update execution_history h set left_at = $5, error = 'States.Runtime', cause = $4
         from failed where h.execution_id = $1 and h.attempt = failed.attempt and h.left_at is null",
        id,
        instance,
        version,
        cause,
        now
    )
    .execute(&database.relaxed)
    .await
    .asked("executions.give_up")?;
    Ok(())
}

/// When the next execution is due that nobody has in hand.
pub(super) async fn next_due(database: &Database) -> Result<Option<OffsetDateTime>, Unavailable> {
    sqlx::query_scalar!(
        "-- executions.next_due
         select min(wake_at) from executions where status = 'running' and instance is null"
    )
    .fetch_one(&database.relaxed)
    .await
    .asked("executions.next_due")
}

/// Stores progress; says for each whether it was still in hand. What somebody else took up meanwhile is theirs.
#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
pub(super) async fn checkpoint(
    database: &Database,
    batch: Vec<Checkpoint>,
    now: OffsetDateTime,
) -> Result<Vec<bool>, Unavailable> {
    let asked: Vec<Uuid> = batch.iter().map(|checkpoint| checkpoint.id).collect();
    let (mut instances, mut versions, mut states) = (Vec::new(), Vec::new(), Vec::new());
    let (mut statuses, mut wakes, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut errors, mut causes, mut visits) = (Vec::new(), Vec::new(), Visits::default());
    for Checkpoint { id, instance, version, step } in batch {
        instances.push(instance);
        versions.push(version);
        states.push(as_json(&step.execution)?);
        let goes_on = matches!(step.action, Action::Invoke { .. } | Action::PutEvents { .. });
        let (status, wake, output, error, cause) = match step.action {
            Action::Invoke { .. } | Action::PutEvents { .. } => ("running", None, None, None, None),
            Action::WaitUntil(time) => ("running", Some(time), None, None, None),
            Action::Succeeded { output } => ("succeeded", None, Some(output), None, None),
            Action::Failed { error, cause } => ("failed", None, None, Some(error), Some(cause)),
        };
        statuses.push(status.to_owned());
        wakes.push(wake);
        outputs.push(output);
        errors.push(error);
        causes.push(cause);
        if goes_on {
            finished(step.visits).for_each(|visit| visits.push(id, visit));
        } else {
            step.visits.into_iter().for_each(|visit| visits.push(id, visit));
        }
    }
    let moved = sqlx::query_file_scalar!(
        "sql/executions/checkpoint.sql",
        &asked,
        &instances,
        &versions,
        &states,
        &statuses,
        &wakes as &[Option<OffsetDateTime>],
        &outputs as &[Option<Value>],
        &errors as &[Option<String>],
        &causes as &[Option<String>],
        now,
        &visits.executions,
        &visits.numbers,
        &visits.states,
        &visits.entered,
        &visits.left as &[Option<OffsetDateTime>],
        &visits.inputs,
        &visits.outputs as &[Option<Value>],
        &visits.errors as &[Option<String>],
        &visits.causes as &[Option<String>]
    )
    .fetch_all(&database.relaxed)
    .await
    .asked("executions.checkpoint")?;
    Ok(asked.iter().map(|id| moved.contains(id)).collect())
}
