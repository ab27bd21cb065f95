//! What each statement of the pipeline costs on a running one, by its name: every statement opens with it, so the list is
//! complete by construction. PostgreSQL's own `pg_stat_statements` counts.

use anyhow::{Context, ensure};
use local_postgres::LocalPostgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{collections::BTreeMap, path::Path};

/// What one call costs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) calls: i64,
    pub(super) milliseconds: f64,
    /// Pages of shared buffers, found there or read.
    pub(super) pages: f64,
}

/// By name.
#[derive(Debug)]
pub(super) struct Statements(pub(super) BTreeMap<String, Cost>);

/// A PostgreSQL in that folder that counts statements.
pub(super) async fn watched_postgres(folder: &Path) -> anyhow::Result<LocalPostgres> {
    let folder = folder.join("database");
    let postgres = LocalPostgres::start(&folder, |_| ()).await?;
    let mut connection = PgConnection::connect(&postgres.url_of("postgres")).await?;
    let there: i64 = sqlx::query_scalar(
        "-- history.can_count\nselect count(*) from pg_available_extensions where name = 'pg_stat_statements'",
    )
    .fetch_one(&mut connection)
    .await?;
    ensure!(there == 1, "this PostgreSQL comes without pg_stat_statements; use Debian's, or another that has it");
    sqlx::raw_sql("create extension pg_stat_statements").execute(&mut connection).await?;
    sqlx::raw_sql("alter system set shared_preload_libraries = 'pg_stat_statements'").execute(&mut connection).await?;
    sqlx::raw_sql("alter system set track_io_timing = on").execute(&mut connection).await?;
    connection.close().await?;
    postgres.stop().await;
    LocalPostgres::start(&folder, |_| ()).await.context("PostgreSQL does not start again")
}

pub(super) async fn create_database(postgres: &LocalPostgres, name: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&postgres.url_of("postgres")).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

pub(super) async fn reset(postgres: &LocalPostgres) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&postgres.url_of("postgres")).await?;
    sqlx::raw_sql("select pg_stat_statements_reset()").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

impl Statements {
    /// What was counted since the last reset on that database.
    pub(super) async fn read(postgres: &LocalPostgres, database: &str) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect(&postgres.url_of("postgres")).await?;
        let rows: Vec<(String, i64, f64, i64)> = sqlx::query_as(
            "-- history.statements
             select query, calls, total_exec_time, shared_blks_hit + shared_blks_read
             from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1",
        )
        .bind(database)
        .fetch_all(&mut connection)
        .await?;
        connection.close().await?;
        let mut sums = BTreeMap::<String, (i64, f64, i64)>::new();
        for (text, calls, milliseconds, pages) in rows {
            let Some(name) = name(&text) else { continue };
            let sum = sums.entry(name).or_default();
            *sum = (sum.0 + calls, sum.1 + milliseconds, sum.2 + pages);
        }
        let each = |(name, (calls, milliseconds, pages)): (String, (i64, f64, i64))| {
            let count = calls.max(1) as f64;
            (name, Cost { calls, milliseconds: milliseconds / count, pages: pages as f64 / count })
        };
        Ok(Self(sums.into_iter().map(each).collect()))
    }
}

/// The name that the text opens with: `-- orders.stuck: what it is for`.
fn name(text: &str) -> Option<String> {
    let line = text.trim_start().strip_prefix("--")?.lines().next()?;
    let name = line.split(':').next()?.trim();
    (!name.is_empty() && !name.contains(' ')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_what_it_opens_with() {
        assert_eq!(name("-- orders.stuck: nobody cares\nselect 1").as_deref(), Some("orders.stuck"));
        assert_eq!(name("\n  -- orders.expired\n select 1").as_deref(), Some("orders.expired"));
        assert_eq!(name("select 1"), None);
        assert_eq!(name("-- a note of somebody\nselect 1"), None);
    }
}
