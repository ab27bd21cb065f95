//! Makes the past, and looks first whether there is room for it.

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::Path;
use tokio::process::Command;

const MAKE: &str = include_str!("../../sql/history.sql");
/// Orders made in one transaction.
const CHUNK: i64 = 20_000;
/// What an order takes, with its share of the write-ahead log: generously.
const BYTES_AN_ORDER: i64 = 9_000;
const BYTES_A_WHOLE_ORDER: i64 = 14_000;
const ROOM_FOR_THE_REST: i64 = 6 << 30;

/// # Errors
/// If there is less room than it takes.
pub(super) async fn ensure_room(folder: &Path, orders: i64, whole: bool) -> anyhow::Result<()> {
    let needed = orders * if whole { BYTES_A_WHOLE_ORDER } else { BYTES_AN_ORDER } + ROOM_FOR_THE_REST;
    // Safe Rust has no other word for it.
    let output = Command::new("df").arg("-Pk").arg(folder).output().await.context("cannot run df")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<i64>().ok());
    let free = free.with_context(|| format!("cannot tell how much room there is in {}", folder.display()))? * 1024;
    ensure!(
        free >= needed,
        "{orders} orders take about {} GB and {} has {} GB; ask for fewer with --orders, or name a --folder with more room",
        needed >> 30,
        folder.display(),
        free >> 30
    );
    Ok(())
}

/// Fills the database, and says how many bytes of it an order takes.
pub(super) async fn fill(url: &str, orders: i64, whole: bool) -> anyhow::Result<f64> {
    let mut connection = PgConnection::connect(url).await.context("cannot reach the database")?;
    let before = size(&mut connection).await?;
    sqlx::raw_sql("set synchronous_commit = off; set client_min_messages = warning").execute(&mut connection).await?;
    sqlx::raw_sql(MAKE).execute(&mut connection).await.context("the past cannot be made")?;
    let bar = ProgressBar::new(u64::try_from(orders)?)
        .with_style(ProgressStyle::with_template("making the past {bar:40} {pos}/{len} orders, {eta} left")?);
    let mut made = 0;
    while made < orders {
        let many = CHUNK.min(orders - made);
        let call = format!("select pg_temp.make_history({made}, {many}, {orders}, {whole})");
        sqlx::raw_sql(AssertSqlSafe(call)).execute(&mut connection).await.context("the past cannot be made")?;
        made += many;
        bar.inc(u64::try_from(many)?);
    }
    bar.set_message("tidying up");
    sqlx::raw_sql("vacuum analyze").execute(&mut connection).await?;
    bar.finish_and_clear();
    let after = size(&mut connection).await?;
    connection.close().await?;
    Ok((after - before) as f64 / orders as f64)
}

async fn size(connection: &mut PgConnection) -> anyhow::Result<i64> {
    let size = sqlx::query_scalar("-- history.size\nselect pg_database_size(current_database())");
    Ok(size.fetch_one(connection).await?)
}
