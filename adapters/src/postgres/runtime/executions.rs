//! Executions of workflows and their history. Each is in one hand at a time, under a lease by the database's clock. What an
//! execution consists of is the interpreter's: here it is JSON.
//!
//! All of it commits relaxed: what a crash of the server takes back is a moment of progress, and tasks are safe to
//! repeat. Between this and a queue's delete the order of commits holds, so a start is never lost behind its message.

use super::{
    bell,
    floor::Floor,
    lease::{self, LONGEST_IN_HAND, Lease},
};
use crate::postgres::{Database, answer::answered, milliseconds};
use schemas::{ids::OrderId, kept::ExecutionStatus};
use serde_json::Value;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{ports::Unavailable, wiring::LONGEST_WAIT};

/// How many executions are made due by one statement.
const HASTENED: i64 = 1_000;

/// An execution in hand.
#[derive(Debug)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// Rises whenever it is taken up or moved.
    pub version: i32,
    /// The execution as it was stored, unread: one that cannot be read keeps none of the others back.
    pub state: String,
}

/// A new execution.
#[derive(Clone, Debug)]
pub struct Start {
    /// The order that it is for, which gives it its id.
    pub order: OrderId,
    /// The execution.
    pub state: Value,
    /// What is in its history already.
    pub visits: Vec<Visit>,
}

/// A state's line in the history.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Counts the states of an execution, from 1.
    pub number: i32,
    /// The state's name.
    pub state: String,
    /// When it was entered.
    pub entered_at: OffsetDateTime,
    /// When it was left; none as long as it works or waits.
    pub left_at: Option<OffsetDateTime>,
    /// What it was given.
    pub input: Value,
    /// What it gave.
    pub output: Option<Value>,
    /// The name of the last error in it.
    pub error: Option<String>,
    /// The explanation of that error.
    pub cause: Option<String>,
}

/// Progress to be stored.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The execution.
    pub id: Uuid,
    /// Who has it in hand.
    pub instance: i64,
    /// The version that the progress was made from.
    pub version: i32,
    /// The execution from now on.
    pub state: Value,
    /// What becomes of it now.
    pub next: Next,
    /// New and changed lines of its history.
    pub visits: Vec<Visit>,
}

/// What becomes of an execution once its progress is stored.
#[derive(Clone, Debug)]
pub enum Next {
    /// Whoever has it in hand goes on.
    GoesOn,
    /// Nobody has it in hand until so much time is over.
    Waits(Duration),
    /// It ended well.
    Succeeded {
        /// What it gave.
        output: Value,
    },
    /// It ended with an error.
    Failed {
        /// The error's name.
        error: String,
        /// The explanation.
        cause: String,
    },
}

/// Visits, column by column.
#[derive(Default)]
struct VisitColumns {
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

impl VisitColumns {
    fn push(&mut self, execution: Uuid, visit: Visit) {
        self.executions.push(execution);
        self.numbers.push(visit.number);
        self.states.push(visit.state);
        self.entered.push(visit.entered_at);
        self.left.push(visit.left_at);
        self.inputs.push(visit.input);
        self.outputs.push(visit.output);
        self.errors.push(visit.error);
        self.causes.push(visit.cause);
    }
}

/// Stores new executions. One that exists is left alone, but for one that failed: that begins anew.
///
/// # Errors
/// If the database does not answer.
#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
pub async fn insert(database: &Database, workflow: &str, starts: Vec<Start>) -> Result<(), Unavailable> {
    if starts.is_empty() {
        return Ok(());
    }
    let (mut ids, mut states, mut columns) = (Vec::new(), Vec::new(), VisitColumns::default());
    for Start { order, state, visits } in starts {
        ids.push(order.0);
        states.push(state);
        visits.into_iter().for_each(|visit| columns.push(order.0, visit));
    }
    let inserted = sqlx::query_file!(
        "sql/runtime/executions/insert.sql",
        workflow,
        &ids,
        &states,
        &columns.executions,
        &columns.numbers,
        &columns.states,
        &columns.entered,
        &columns.left as &[Option<OffsetDateTime>],
        &columns.inputs
    )
    .execute(&database.relaxed);
    answered("executions.insert", inserted).await?;
    database.bell.ring(bell::EXECUTIONS);
    Ok(())
}

/// Takes up to `max` executions in hand that are due. If the answer is lost, nobody carries what was taken, which
/// `renew_leases` finds.
///
/// # Errors
/// If the database does not answer.
pub async fn claim(
    database: &Database,
    instance: i64,
    lease: Lease,
    max: i64,
    floor: &mut Floor,
) -> Result<Vec<Claimed>, Unavailable> {
    let began = Instant::now();
    let claimed =
        sqlx::query_file!("sql/runtime/executions/claim.sql", instance, max, lease.milliseconds(), floor.from())
            .fetch_all(&database.relaxed);
    let rows = lease.answered("executions.claim", claimed).await?;
    floor.looked(began.elapsed(), rows.iter().map(|row| row.last_due_at).max());
    Ok(rows.into_iter().map(|row| Claimed { id: row.id, version: row.version, state: row.state }).collect())
}

/// Stores an execution as failed, if it is still in hand.
///
/// # Errors
/// If the database does not answer.
pub async fn give_up(
    database: &Database,
    id: Uuid,
    instance: i64,
    version: i32,
    cause: &str,
    now: OffsetDateTime,
) -> Result<(), Unavailable> {
    let given_up = sqlx::query!(
        "-- executions.give_up
         with failed as (
             update executions
             set status = 'failed', version = version + 1, instance = null, leased_until = null, wake_at = null,
                 error = 'States.Runtime', cause = $4, stopped_at = sluice_now()
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
    .execute(&database.relaxed);
    answered("executions.give_up", given_up).await?;
    Ok(())
}

/// How long it is, by the database's clock, until the next execution is due that nobody has in hand.
///
/// # Errors
/// If the database does not answer.
pub async fn next_due(database: &Database, floor: &Floor) -> Result<Option<Duration>, Unavailable> {
    let due = sqlx::query_scalar!(
        "-- executions.next_due
         select (extract(epoch from case when isfinite(min(wake_at)) then min(wake_at) - sluice_now() end) * 1000)::bigint
         from executions
         where status = 'running' and instance is null
           and wake_at >= case when $1::timestamptz <= sluice_now() then $1 else '-infinity' end",
        floor.from()
    )
    .fetch_one(&database.relaxed);
    let due = answered("executions.next_due", due).await?;
    Ok(due.map(|due| Duration::from_millis(u64::try_from(due).unwrap_or_default())))
}

/// Stores progress; says for each whether it was still in hand. What somebody else took up meanwhile is theirs. What is
/// stored already is known again: the first answer was lost.
///
/// # Errors
/// If the database does not answer.
#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
pub async fn checkpoint(database: &Database, lease: Lease, batch: Vec<Checkpoint>) -> Result<Vec<bool>, Unavailable> {
    let asked: Vec<Uuid> = batch.iter().map(|checkpoint| checkpoint.id).collect();
    let (mut instances, mut versions, mut states) = (Vec::new(), Vec::new(), Vec::new());
    let (mut statuses, mut waits, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut errors, mut causes, mut columns) = (Vec::new(), Vec::new(), VisitColumns::default());
    for Checkpoint { id, instance, version, state, next, visits } in batch {
        instances.push(instance);
        versions.push(version);
        states.push(state);
        let (status, wait, output, error, cause) = match next {
            Next::GoesOn => (ExecutionStatus::Running, None, None, None, None),
            Next::Waits(wait) => (ExecutionStatus::Running, Some(milliseconds(wait)), None, None, None),
            Next::Succeeded { output } => (ExecutionStatus::Succeeded, None, Some(output), None, None),
            Next::Failed { error, cause } => (ExecutionStatus::Failed, None, None, Some(error), Some(cause)),
        };
        statuses.push(status.as_str().to_owned());
        waits.push(wait);
        outputs.push(output);
        errors.push(error);
        causes.push(cause);
        visits.into_iter().for_each(|visit| columns.push(id, visit));
    }
    let moved = sqlx::query_file_scalar!(
        "sql/runtime/executions/checkpoint.sql",
        &asked,
        &instances,
        &versions,
        &states,
        &statuses,
        &waits as &[Option<i64>],
        &outputs as &[Option<Value>],
        &errors as &[Option<String>],
        &causes as &[Option<String>],
        &columns.executions,
        &columns.numbers,
        &columns.states,
        &columns.entered,
        &columns.left as &[Option<OffsetDateTime>],
        &columns.inputs,
        &columns.outputs as &[Option<Value>],
        &columns.errors as &[Option<String>],
        &columns.causes as &[Option<String>],
        lease.milliseconds()
    )
    .fetch_all(&database.relaxed);
    let mut stored: HashSet<Uuid> = lease.answered("executions.checkpoint", moved).await?.into_iter().collect();
    if stored.len() < asked.len() {
        let known =
            sqlx::query_file_scalar!("sql/runtime/executions/recognise.sql", &asked, &instances, &versions, &states)
                .fetch_all(&database.relaxed);
        stored.extend(lease.answered("executions.recognise", known).await?);
    }
    Ok(asked.iter().map(|id| stored.contains(id)).collect())
}

/// Renews the leases of what is carried, those that are fresh no more, and lets go of what its instance has in hand and
/// does not carry. Says how much of that there was.
///
/// # Errors
/// If the database does not answer.
pub async fn renew_leases(
    database: &Database,
    instance: i64,
    lease: Lease,
    carried: &[Uuid],
) -> Result<usize, Unavailable> {
    let renewed = sqlx::query_file!(
        "sql/runtime/executions/renew_leases.sql",
        instance,
        carried,
        lease.milliseconds(),
        lease.fresh_milliseconds()
    )
    .fetch_all(&database.relaxed);
    let let_go = lease.answered("executions.renew_leases", renewed).await?.iter().filter(|row| !row.carried).count();
    if let_go > 0 {
        database.bell.ring(bell::EXECUTIONS);
    }
    Ok(let_go)
}

/// Makes due what is due later than anything is made to wait: it was written before the database's clock was set back. Some
/// at a time; says how many there were.
///
/// # Errors
/// If the database does not answer.
pub async fn hasten(database: &Database, lease: Lease) -> Result<u64, Unavailable> {
    let hastened = sqlx::query_file!(
        "sql/runtime/executions/hasten.sql",
        milliseconds(LONGEST_WAIT),
        milliseconds(LONGEST_IN_HAND),
        milliseconds(lease::LONGEST),
        HASTENED
    )
    .execute(&database.relaxed);
    let hastened = lease.answered("executions.hasten", hastened).await?.rows_affected();
    if hastened > 0 {
        database.bell.ring(bell::EXECUTIONS);
    }
    Ok(hastened)
}

/// Makes due what is in hand under a lease that has ended, whosever it was. Says how much there was.
///
/// # Errors
/// If the database does not answer.
pub async fn release_lapsed(database: &Database, lease: Lease) -> Result<u64, Unavailable> {
    let released = sqlx::query_file!("sql/runtime/executions/release_lapsed.sql").execute(&database.relaxed);
    let released = lease.answered("executions.release_lapsed", released).await?.rows_affected();
    if released > 0 {
        database.bell.ring(bell::EXECUTIONS);
    }
    Ok(released)
}
