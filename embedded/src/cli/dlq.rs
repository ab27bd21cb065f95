//! `dlq`: messages that failed too often.
#![expect(clippy::print_stdout, reason = "a command prints its answer")]

use super::store::Store;
use crate::config::Config;
use adapters::postgres::queue::PgQueue;
use anyhow::bail;
use std::process::ExitCode;

/// More than anybody reads.
const LIST: i64 = 1_000;

pub(super) async fn list(config: &Config, queue: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let letters = PgQueue::new(store.as_it_is().await?).dead_letters(queue, LIST).await?;
    if json {
        for letter in &letters {
            println!("{}", serde_json::to_string(letter)?);
        }
    } else if letters.is_empty() {
        println!("Nothing was set aside.");
    } else {
        println!("{:>8}  {:<14}  {:<36}  {:<20}  why", "id", "queue", "order", "sent (UTC)");
        for letter in &letters {
            let order = letter.order_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let sent = letter.sent_at.replace_nanosecond(0)?.format(&time::format_description::well_known::Rfc3339)?;
            let why = letter.last_error.as_deref().unwrap_or("the process died with it in hand too often");
            println!("{:>8}  {:<14}  {order:<36}  {sent:<20}  {why}", letter.id, letter.queue);
        }
        println!("\nShow one: sluice dlq show ID     Try again: sluice dlq redrive ID, --queue NAME or --all");
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(config: &Config, id: i64) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let body = PgQueue::new(store.as_it_is().await?).dead_letter_body(id).await?;
    store.close().await;
    let Some(body) = body else { bail!("no message {id} was set aside; see sluice dlq list") };
    println!("{}", serde_json::to_string_pretty(&body)?);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn redrive(config: &Config, id: Option<i64>, queue: Option<&str>) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let count = PgQueue::new(store.as_it_is().await?).redrive(id, queue).await?;
    store.close().await;
    if count == 0 {
        bail!("nothing matches; see sluice dlq list");
    }
    println!("{count} message(s) are back on their queue.");
    Ok(ExitCode::SUCCESS)
}
