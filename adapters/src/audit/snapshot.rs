//! How the audit asks: each statement in a snapshot that sees one moment, and its answer as a line of the report.

use super::report::Line;
use crate::postgres::{Asked, Database};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use time::{Duration, OffsetDateTime};
use workflows::{ports::Unavailable, steps::upkeep::sweep::PATIENCE};

/// How long something may lie about before it is forgotten: the sweep must have had its chance, also with many to mend.
const GRACE: Duration = PATIENCE.saturating_add(Duration::minutes(3));

/// What a statement in `sql/audit` answers.
pub(super) struct Finding {
    pub(super) checked: i64,
    pub(super) violations: i64,
    pub(super) waiting: Option<i64>,
    pub(super) examples: Examples,
}

/// Up to twenty rows that are wrong.
pub(super) type Examples = Json<Vec<Value>>;

impl Finding {
    pub(super) fn into_line(self, name: &'static str, what: &'static str) -> Line {
        Line {
            name: name.into(),
            what: what.into(),
            checked: self.checked.unsigned_abs(),
            violations: self.violations.unsigned_abs(),
            waiting: self.waiting.map(i64::unsigned_abs),
            examples: self.examples.0,
        }
    }
}

/// Runs one statement and makes a line of what it finds.
macro_rules! line {
    ($connection:expr, $name:literal, $file:literal, $what:literal $(, $argument:expr)*) => {
        sqlx::query_file_as!($crate::audit::snapshot::Finding, $file $(, $argument)*)
            .fetch_one(&mut *$connection)
            .await
            .asked(concat!("audit.", $name))?
            .into_line($name, $what)
    };
}
pub(super) use line;

/// A transaction that sees one moment. It does without scans of whole tables, and without nested loops: statistics of a
/// table that just grew are wrong, and a loop over it would take hours where a hash takes a second.
pub(super) async fn open_snapshot(database: &Database) -> Result<Transaction<'static, Postgres>, Unavailable> {
    let mut transaction = database
        .durable
        .begin_with("begin isolation level repeatable read, read only")
        .await
        .asked("audit.open_snapshot")?;
    sqlx::raw_sql(
        "-- audit.plan
         set local enable_nestloop = off; set local enable_seqscan = off; set local jit = off;
         set local work_mem = '64MB'; set local statement_timeout = 0;
         set local idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *transaction)
    .await
    .asked("audit.plan")?;
    Ok(transaction)
}

pub(super) async fn close(snapshot: Transaction<'static, Postgres>) -> Result<(), Unavailable> {
    snapshot.rollback().await.asked("audit.close_snapshot")
}

/// What was last touched before then and is still not done has been forgotten. This is the first statement of a
/// snapshot, and so the one that takes it.
pub(super) async fn forgotten_before(connection: &mut PgConnection) -> Result<OffsetDateTime, Unavailable> {
    sqlx::query_scalar!(
        r#"-- audit.forgotten_before
         select sluice_now() - $1::bigint * interval '1 second' as "moment!""#,
        GRACE.whole_seconds()
    )
    .fetch_one(connection)
    .await
    .asked("audit.forgotten_before")
}
