//! `dlq`: messages that failed too often.

use super::{
    store::{Store, Tables},
    trail,
};
use crate::{config::Config, terminal::say};
use adapters::postgres::queue::PgQueue;
use anyhow::bail;
use std::process::ExitCode;
use workflows::wiring::{QUEUES, dead_letter_queue};

/// More than anybody reads.
const LIST: i64 = 1_000;

/// The dead-letter queue that somebody means, by its name or its queue's.
pub(super) fn queue_named(text: &str) -> Result<String, String> {
    let known = || QUEUES.iter().map(|queue| queue.name);
    match known().find(|name| text == *name || text == dead_letter_queue(name)) {
        Some(name) => Ok(dead_letter_queue(name)),
        None => Err(format!("there is no such queue; there are {}", known().collect::<Vec<_>>().join(", "))),
    }
}

pub(super) async fn list(config: &Config, queue: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let letters = Store::work_on(config, Tables::AsTheyAre, async |database| {
        Ok(PgQueue::new(database.clone()).dead_letters(queue, LIST).await?)
    })
    .await?;
    if json {
        for letter in &letters {
            say!("{}", serde_json::to_string(letter)?);
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
        say!(
            "\nShow one: sluice dlq show ID     Try again: sluice dlq redrive ID, --queue NAME or --all\n\
             Drop one for good: sluice dlq delete ID --reason WHY"
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(config: &Config, id: i64) -> anyhow::Result<ExitCode> {
    trail::note("dlq show", &format!("message {id}"));
    let body = Store::work_on(config, Tables::AsTheyAre, async |database| {
        Ok(PgQueue::new(database.clone()).dead_letter_body(id).await?)
    })
    .await?;
    let Some(body) = body else { bail!("no message {id} was set aside; see sluice dlq list") };
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

pub(super) async fn redrive(config: &Config, id: Option<i64>, queue: Option<&str>) -> anyhow::Result<ExitCode> {
    let on = match (id, queue) {
        (Some(id), _) => format!("message {id}"),
        (None, Some(queue)) => format!("all of {queue}"),
        (None, None) => "all".to_owned(),
    };
    trail::note("dlq redrive", &on);
    let count = Store::work_on(config, Tables::AsTheyAre, async |database| {
        Ok(PgQueue::new(database.clone()).redrive(id, queue).await?)
    })
    .await?;
    if count == 0 {
        bail!("nothing matches; see sluice dlq list");
    }
    say!("{count} message(s) are back on their queue.");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn delete(config: &Config, id: i64, reason: &str) -> anyhow::Result<ExitCode> {
    trail::note("dlq delete", &format!("message {id}: {reason}"));
    let deleted = Store::work_on(config, Tables::AsTheyAre, async |database| {
        Ok(PgQueue::new(database.clone()).delete_dead_letter(id).await?)
    })
    .await?;
    let Some(deleted) = deleted else { bail!("no message {id} was set aside; see sluice dlq list") };
    let order = deleted.order_id.map_or_else(|| "no order".to_owned(), |order| format!("order {order}"));
    say!("Message {id} of {}, about {order}, is gone for good.", deleted.queue);
    say!("If that order still wants what the message was for, sluice audit names it.");
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
            assert!(QUEUES.iter().all(|queue| refusal.contains(queue.name)), "{wrong}: {refusal}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_is_shown_as_it_is() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(legible(deep.clone()), deep);
        assert_eq!(legible("{\"n\": 1}".to_owned()), "{\n  \"n\": 1\n}");
    }
}
