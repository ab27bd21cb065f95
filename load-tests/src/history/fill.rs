//! Makes the past, and looks first whether there is room for it.

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::{Connection, PgConnection};
use std::{fs, path::Path};
use tokio::process::Command;

const MAKE: &str = include_str!("../../sql/history.sql");
/// Orders made in one transaction.
const CHUNK: i64 = 20_000;
/// Of a document, which makes it as large as one is.
const DOCUMENT_LINES: usize = 1_700;
/// Names of one file: file systems have a most, which is 65,000 on ext4.
const LINKS: i32 = 50_000;
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

/// Fills the database and the folder of its documents, and says how many bytes of the database an order takes.
pub(super) async fn fill(url: &str, documents: &Path, orders: i64, whole: bool) -> anyhow::Result<f64> {
    let printed = format!("%PDF-1.7\n{}\n%%EOF", "% as large as they are\n".repeat(DOCUMENT_LINES));
    let mut connection = PgConnection::connect(url).await.context("cannot reach the database")?;
    let before = size(&mut connection).await?;
    sqlx::raw_sql("set synchronous_commit = off; set client_min_messages = warning").execute(&mut connection).await?;
    sqlx::raw_sql(MAKE).execute(&mut connection).await.context("the past cannot be made")?;
    let bar = ProgressBar::new(u64::try_from(orders)?)
        .with_style(ProgressStyle::with_template("making the past {bar:40} {pos}/{len} orders, {eta} left")?);
    let mut made = 0;
    while made < orders {
        let many = CHUNK.min(orders - made);
        let call = "-- history.make\nselect pg_temp.make_history($1, $2, $3, $4, $5)";
        let make = sqlx::query(call).bind(made).bind(many).bind(orders).bind(whole).bind(&printed);
        make.execute(&mut connection).await.context("the past cannot be made")?;
        made += many;
        bar.inc(u64::try_from(many)?);
    }
    bar.set_message("printing");
    print(&mut connection, documents, &printed).await?;
    bar.set_message("tidying up");
    sqlx::raw_sql("vacuum analyze").execute(&mut connection).await?;
    bar.finish_and_clear();
    let after = size(&mut connection).await?;
    connection.close().await?;
    Ok((after - before) as f64 / orders as f64)
}

/// Stores the document of each invoice: as links, whose content takes no room.
async fn print(connection: &mut PgConnection, documents: &Path, printed: &str) -> anyhow::Result<()> {
    let series = sqlx::query_as::<_, (i32, i32)>("-- history.series\nselect year, last from invoice_series");
    let incoming = documents.join("incoming");
    for (year, last) in series.fetch_all(connection).await? {
        let folder = documents.join(format!("invoices/{year}"));
        fs::create_dir_all(&folder).context("cannot make a folder of documents")?;
        for number in 1..=last {
            let file = folder.join(format!("{year}-{number:06}.pdf"));
            let content = incoming.join(format!("of-{}", number / LINKS));
            if number == 1 || number % LINKS == 0 {
                fs::write(&content, printed).context("cannot write a document")?;
            }
            fs::hard_link(&content, &file).context("cannot store a document")?;
        }
        for part in 0..=last / LINKS {
            fs::remove_file(incoming.join(format!("of-{part}"))).context("cannot tidy up")?;
        }
    }
    Ok(())
}

async fn size(connection: &mut PgConnection) -> anyhow::Result<i64> {
    let size = sqlx::query_scalar("-- history.size\nselect pg_database_size(current_database())");
    Ok(size.fetch_one(connection).await?)
}
