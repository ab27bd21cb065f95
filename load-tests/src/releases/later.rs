//! The second half: this release is stopped with work under way, a later one leaves what this one does not know, and this one
//! is started again, as when a deployment is rolled back.

use super::{
    beside::{at_their_ends, sent},
    hand::Hand,
};
use crate::{
    orders::{Mix, Request},
    scrape::Metrics,
    server::Server,
};
use anyhow::{Context, ensure};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Every queue that carries an order; the second lane of intake does so only for customers who have much waiting.
const QUEUES: [&str; 6] = ["cancel", "dispatch", "index", "intake", "invoice", "void"];
/// Columns that have no object here, each with the reason.
const WITHOUT_OBJECTS: [(&str, &str); 2] = [
    ("audited_slices.held", "it has arrays only"),
    ("orders.billing_address", "nobody here gives one: they are invoiced where they live"),
];
/// Ways to pay that keep an execution waiting.
const SLOWLY: [&str; 3] = ["pm_sandbox_timeout_charged", "pm_sandbox_flaky", "pm_sandbox_slow"];
const SLOW_ORDERS: i64 = 60;
const SLOW_ORDERS_A_SECOND: f64 = 100.0;
const LOOK: Duration = Duration::from_millis(100);

/// What was seen.
pub(super) struct Seen {
    /// Messages of each queue, executions that had not ended, and rows of each column that got members.
    messages: BTreeMap<String, i64>,
    executions: i64,
    members: BTreeMap<String, i64>,
    orders: usize,
    pages: usize,
    documents: usize,
}

/// Stops this release, plays the later one, and has this one read on.
///
/// # Errors
/// If this release lost, refused or could not read anything, or if there was nothing to be read somewhere.
pub(super) async fn after_a_later_one(
    client: &Client,
    server: Server,
    hand: &mut Hand,
    mix: &Mix,
    tokens: &[String],
    mut accepted: BTreeSet<Uuid>,
    patience: u64,
) -> anyhow::Result<Seen> {
    let patience = Duration::from_secs(patience);
    let slow = sent(client, &server.url, tokens, slow_orders(mix)?, SLOW_ORDERS_A_SECOND).await?;
    accepted.extend(slow);
    let started = Instant::now();
    while hand.executions().await? < SLOW_ORDERS / 2 {
        ensure!(started.elapsed() < patience, "hardly an execution is under way");
        tokio::time::sleep(LOOK).await;
    }
    let stopped = server.pause().await?;
    accepted.extend(hand.send_again().await?);
    let (messages, executions) = (hand.messages().await?, hand.executions().await?);
    let members = hand.add_members().await?;
    for queue in QUEUES {
        ensure!(messages.contains_key(queue), "queue {queue} had no message for a later release to write");
    }
    ensure!(executions > 0, "no execution was under way");
    let is_excused = |place: &str| WITHOUT_OBJECTS.iter().any(|(excused, _)| *excused == place);
    let empty: Vec<&String> =
        members.iter().filter(|(place, rows)| **rows == 0 && !is_excused(place)).map(|(place, _)| place).collect();
    ensure!(empty.is_empty() && !members.is_empty(), "a later release had nothing to add to in {empty:?}");

    let server = stopped.start().await?;
    let seen = read_on(client, &server, hand, tokens, &accepted, patience).await;
    let (_, log) = server.log();
    server.stop().await?;
    let (pages, documents) = seen.with_context(|| format!("after a later release; the log ends with:\n{log}"))?;
    Ok(Seen { messages, executions, members, orders: accepted.len(), pages, documents })
}

/// Orders whose payment takes its time.
fn slow_orders(mix: &Mix) -> anyhow::Result<Vec<Request>> {
    let requests = mix.requests(usize::try_from(SLOW_ORDERS)?, 2).into_iter().zip(SLOWLY.iter().cycle());
    let slow = requests.map(|(request, method)| {
        let mut body: Value = serde_json::from_str(&request.body)?;
        body.as_object_mut().context("a body is an object")?.insert("payment".to_owned(), json!({ "method": method }));
        anyhow::Ok(Request { key: format!("slow-{}", request.key), body: body.to_string(), ..request })
    });
    slow.collect()
}

/// Everything reaches its end, and is shown; how many pages and documents were read.
async fn read_on(
    client: &Client,
    server: &Server,
    hand: &mut Hand,
    tokens: &[String],
    accepted: &BTreeSet<Uuid>,
    patience: Duration,
) -> anyhow::Result<(usize, usize)> {
    at_their_ends(client, &[&server.url], tokens, accepted, patience).await?;
    let started = Instant::now();
    loop {
        let (messages, executions) = (hand.messages().await?, hand.executions().await?);
        ensure!(messages.keys().all(|queue| !queue.ends_with("-dlq")), "messages were set aside: {messages:?}");
        if messages.is_empty() && executions == 0 {
            break;
        }
        ensure!(started.elapsed() < patience, "{messages:?} and {executions} executions are still under way");
        tokio::time::sleep(LOOK).await;
    }
    let read = Reader { client, url: &server.url };
    let (mut pages, mut documents) = (0, 0);
    for token in tokens {
        for status in ["confirmed", "rejected", "cancelled"] {
            read.page(&format!("/v1/orders?limit=50&status={status}"), token).await?;
            pages += 1;
        }
        let mut cursor = String::new();
        loop {
            let page = read.page(&format!("/v1/orders?limit=100{cursor}"), token).await?;
            pages += 1;
            for order in page["items"].as_array().into_iter().flatten() {
                let id = order["id"].as_str().context("an order has no id")?;
                read.page(&format!("/v1/orders/{id}"), token).await?;
                if order["invoice"].is_object() {
                    let document = read.answer(&format!("/v1/orders/{id}/invoice"), token).await?;
                    ensure!(document.starts_with(b"%PDF"), "the invoice of order {id} is no document");
                    documents += 1;
                }
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    let support = server.token("support", "sam").await?;
    let buyer = tokens.first().context("no customer")?;
    let one = accepted.first().context("no order")?;
    for (path, token) in [
        ("/v1/products?limit=50".to_owned(), buyer),
        ("/v1/search?q=article".to_owned(), buyer),
        ("/v1/support/orders?q=m%C3%BCller".to_owned(), &support),
        ("/v1/support/orders?q=article".to_owned(), &support),
        (format!("/v1/support/orders?q={one}"), &support),
    ] {
        let page = read.page(&path, token).await?;
        ensure!(page["items"].as_array().is_some_and(|items| !items.is_empty()), "{path} found nothing");
        pages += 1;
    }
    let metrics = read.answer("/metrics", &support).await?;
    let passed_over =
        Metrics::parse(&String::from_utf8_lossy(&metrics)).sum("sluice_unreadable_passed_over_total", &[]);
    ensure!(passed_over < 1.0, "{passed_over} times something could not be read and was passed over");
    let (clean, report) = server.audit_everything().await?;
    ensure!(clean, "the audit is not clean: {report}");
    Ok((pages, documents))
}

/// Somebody who must get what is asked for.
struct Reader<'r> {
    client: &'r Client,
    url: &'r str,
}

impl Reader<'_> {
    async fn answer(&self, path: &str, token: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.get(format!("{}{path}", self.url)).bearer_auth(token).send().await?;
        ensure!(answer.status() == StatusCode::OK, "{path} was answered with {}", answer.status());
        Ok(answer.bytes().await?.to_vec())
    }

    async fn page(&self, path: &str, token: &str) -> anyhow::Result<Value> {
        let text = self.answer(path, token).await?;
        serde_json::from_slice(&text).with_context(|| format!("{path} is not as it should be"))
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "as a later release would write them, with a member in every object:")?;
        for (queue, messages) in &self.messages {
            writeln!(f, "  {messages:>7} messages on queue {queue}")?;
        }
        writeln!(f, "  {:>7} executions under way", self.executions)?;
        for (place, rows) in &self.members {
            match WITHOUT_OBJECTS.iter().find(|(excused, _)| excused == place) {
                Some((_, reason)) if *rows == 0 => writeln!(f, "  {rows:>7} rows of {place}: {reason}")?,
                Some(_) | None => writeln!(f, "  {rows:>7} rows of {place}")?,
            }
        }
        write!(
            f,
            "{} orders at their ends; nothing set aside, {} pages and {} documents answered, the audit of everything clean",
            self.orders, self.pages, self.documents
        )
    }
}
