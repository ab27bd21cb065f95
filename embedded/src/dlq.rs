//! `dlq`: messages that failed too often.

use crate::trail;
use adapters::postgres::runtime::queue::PgQueue;
use anyhow::bail;
use clap::Subcommand;
use runtime::{
    config::Config,
    remark, say,
    store::{Store, Tables},
};
use std::process::ExitCode;
use workflows::wiring::QueueName;

/// More than anybody reads.
const LIST: i64 = 1_000;
/// So many of a queue are counted, to say how many more there are.
const COUNTED: u32 = 100_000;

/// What is done with them.
#[derive(Debug, Subcommand)]
pub(super) enum DlqCommand {
    /// List what was set aside, oldest first.
    List {
        /// Of this queue only.
        #[arg(long, value_parser = queue_named)]
        queue: Option<String>,
        /// Print JSON lines instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show one message with its body (which may hold a buyer's address).
    Show {
        /// Its id, from the list.
        id: i64,
    },
    /// Put messages back on their queue, to be tried anew.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["id", "queue", "all"])))]
    Redrive {
        /// One message.
        id: Option<i64>,
        /// All of this queue.
        #[arg(long, value_parser = queue_named)]
        queue: Option<String>,
        /// All of all queues.
        #[arg(long)]
        all: bool,
    },
    /// Drop one message for good. What it was for is not done; the audit names its order if that is missed.
    Delete {
        /// Its id, from the list.
        id: i64,
        /// Why, for the log.
        #[arg(long, value_parser = reason)]
        reason: String,
    },
}

impl DlqCommand {
    /// Does it.
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { queue, json } => list(config, queue.as_deref(), json).await,
            Self::Show { id } => show(config, id).await,
            Self::Redrive { id, queue, all: _ } => redrive(config, id, queue.as_deref()).await,
            Self::Delete { id, reason } => delete(config, id, &reason).await,
        }
    }
}

/// The dead-letter queue that somebody means, by its name or its queue's.
fn queue_named(text: &str) -> Result<String, String> {
    match QueueName::ALL.into_iter().find(|queue| text == queue.as_str() || text == queue.dead_letters()) {
        Some(queue) => Ok(queue.dead_letters()),
        None => Err(format!("there is no such queue; there are {}", QueueName::ALL.map(QueueName::as_str).join(", "))),
    }
}

/// Why a message is dropped: somebody will read it in the log.
fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say in some words why, for whoever reads the log".to_owned()),
        reason => Ok(reason.to_owned()),
    }
}

async fn list(config: &Config, queue: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let (letters, all) = Store::work_on(config, Tables::AsTheyAre, async |database| {
        let queues = PgQueue::new(database.clone());
        Ok((queues.dead_letters(queue, LIST).await?, queues.count_dead_letters(queue, COUNTED).await?))
    })
    .await?;
    let more = match all.saturating_sub(u64::try_from(letters.len())?) {
        0 => None,
        _ if all >= u64::from(COUNTED) => Some("Many more are set aside than are listed".to_owned()),
        more => Some(format!("{more} more are set aside than are listed")),
    };
    let more = more.map(|more| format!("{more}: the oldest come first. Deal with these, and list again."));
    if json {
        for letter in &letters {
            say!("{}", serde_json::to_string(letter)?);
        }
        // What is printed is one message a line, for programs.
        if let Some(more) = more {
            remark!("{more}");
        }
    } else if letters.is_empty() {
        say!("Nothing was set aside.");
    } else {
        say!("{:>8}  {:<14}  {:<36}  {:<20}  why", "id", "queue", "order", "sent (UTC)");
        for letter in &letters {
            let order = letter.order_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let sent = letter.sent_at.replace_nanosecond(0)?.format(&time::format_description::well_known::Rfc3339)?;
            let why = letter.last_error.as_deref().unwrap_or("the process died with it in hand too often");
            say!("{:>8}  {:<14}  {order:<36}  {sent:<20}  {why}", letter.id, letter.queue);
        }
        if let Some(more) = more {
            say!("\n{more}");
        }
        say!(
            "\nShow one: sluice dlq show ID     Try again: sluice dlq redrive ID, --queue NAME or --all\n\
             Drop one for good: sluice dlq delete ID --reason WHY"
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, id: i64) -> anyhow::Result<ExitCode> {
    let body = Store::work_on(config, Tables::AsTheyAre, async |database| {
        Ok(PgQueue::new(database.clone()).dead_letter_body(id).await?)
    })
    .await?;
    let Some(body) = body else { bail!("no message {id} was set aside; see sluice dlq list") };
    trail::note("dlq show", &format!("message {id}"));
    say!("{}", legible(body));
    Ok(ExitCode::SUCCESS)
}

/// In lines, if it can be read at all; otherwise as it is.
fn legible(body: String) -> String {
    match serde_json::from_str::<serde_json::Value>(&body).and_then(|value| serde_json::to_string_pretty(&value)) {
        Ok(lines) => lines,
        Err(_) => body,
    }
}

async fn redrive(config: &Config, id: Option<i64>, queue: Option<&str>) -> anyhow::Result<ExitCode> {
    let on = match (id, queue) {
        (Some(id), _) => format!("message {id}"),
        (None, Some(queue)) => format!("all of {queue}"),
        (None, None) => "all".to_owned(),
    };
    let count = Store::work_on(config, Tables::AsTheyAre, async |database| {
        let redriven = PgQueue::new(database.clone()).redrive(id, queue).await;
        // A lost answer may have been that it is done.
        if !matches!(redriven, Ok(0)) {
            trail::note("dlq redrive", &on);
        }
        Ok(redriven?)
    })
    .await?;
    if count == 0 {
        bail!("nothing matches; see sluice dlq list");
    }
    say!("{count} message(s) are back on their queue.");
    Ok(ExitCode::SUCCESS)
}

async fn delete(config: &Config, id: i64, reason: &str) -> anyhow::Result<ExitCode> {
    let deleted = Store::work_on(config, Tables::AsTheyAre, async |database| {
        let deleted = PgQueue::new(database.clone()).delete_dead_letter(id).await;
        // A lost answer may have been that it is done.
        if !matches!(deleted, Ok(None)) {
            trail::note("dlq delete", &format!("message {id}: {reason}"));
        }
        Ok(deleted?)
    })
    .await?;
    let Some(deleted) = deleted else { bail!("no message {id} was set aside; see sluice dlq list") };
    let order = deleted.order_id.map_or_else(|| "no order".to_owned(), |order| format!("order {order}"));
    say!("Message {id} of {}, about {order}, is gone for good.", deleted.queue);
    say!(
        "If an order still wants what the message was for, that is set going again within minutes, or sluice audit names the order."
    );
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_queue_goes_by_its_own_name_or_that_of_its_dead_letters_and_no_other() {
        assert_eq!(queue_named("intake").unwrap(), "intake-dlq");
        assert_eq!(queue_named("intake-dlq").unwrap(), "intake-dlq");
        for wrong in ["nope", "", "-dlq", "intake-bulk", "intake-dlq-dlq", "INTAKE"] {
            let refusal = queue_named(wrong).unwrap_err();
            assert!(QueueName::ALL.iter().all(|queue| refusal.contains(queue.as_str())), "{wrong}: {refusal}");
        }
    }
    #[test]
    fn a_reason_has_words() {
        assert_eq!(reason(" sent by mistake ").unwrap(), "sent by mistake");
        for nothing in ["", "  ", "\t\n"] {
            assert!(reason(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_is_shown_as_it_is() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(legible(deep.clone()), deep);
        assert_eq!(legible("{\"n\": 1}".to_owned()), "{\n  \"n\": 1\n}");
    }
}
