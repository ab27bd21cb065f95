//! The first half: both releases serve, orders go to both, are called off at one and asked for again at the other; and
//! meanwhile every table gets a column that neither knows.

use super::hand::Hand;
use crate::{
    journeys::{self, End, Journey},
    orders::Request,
    schedule::Schedule,
    send::{Answer, Answers, Outcome, Target, send},
    server::Server,
};
use anyhow::{Context, bail, ensure};
use reqwest::Client;
use schemas::api::order::{Reason, Status};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// One of so many orders is called off, at the release that did not accept it.
const CALLED_OFF: usize = 10;
const LOOK: Duration = Duration::from_millis(500);

/// What is sent, and how long it may take to reach its end.
pub(super) struct Load {
    pub(super) requests: Vec<Request>,
    pub(super) per_second: f64,
    pub(super) patience: Duration,
}

/// What was seen.
pub(super) struct Seen {
    pub(super) accepted: BTreeSet<Uuid>,
    pub(super) called_off: usize,
    /// Tables that got a column meanwhile.
    pub(super) widened: usize,
}

/// Sends to both, and waits until both show each order at its end.
///
/// # Errors
/// If either release lost, refused or could not read anything.
pub(super) async fn both(
    client: &Client,
    [older, newer]: [&Server; 2],
    hand: &mut Hand,
    tokens: &[String],
    load: Load,
) -> anyhow::Result<Seen> {
    let count = load.requests.len();
    let (to_older, to_newer) = load.requests.into_iter().partition::<Vec<_>, _>(|r| r.customer % 2 == 0);
    let half = load.per_second / 2.0;
    let (first, second, widened) = tokio::try_join!(
        sent(client, &older.url, tokens, to_older.clone(), half),
        sent(client, &newer.url, tokens, to_newer.clone(), half),
        hand.widen(),
    )?;
    ensure!(widened > 0, "no table got a column");
    // Each is asked again at the other release: the same key is the same order.
    let (again_first, again_second) = tokio::try_join!(
        sent(client, &newer.url, tokens, to_older.clone(), load.per_second * 2.0),
        sent(client, &older.url, tokens, to_newer.clone(), load.per_second * 2.0),
    )?;
    ensure!(first == again_first && second == again_second, "a key made another order at the other release");
    let called_off = [
        call_off(client, &newer.url, tokens, &to_older, &first).await?,
        call_off(client, &older.url, tokens, &to_newer, &second).await?,
    ]
    .concat();
    let accepted: BTreeSet<Uuid> = first.iter().chain(&second).copied().collect();
    ensure!(accepted.len() == count, "{} of {count} orders are there", accepted.len());
    let ends = at_their_ends(client, &[&older.url, &newer.url], tokens, &accepted, load.patience).await?;
    for id in &called_off {
        let end = ends.get(id).context("a called off order is missing")?;
        // Release 0.1.0 may decline it all the same while both are at it.
        let kept = matches!(end, End::Open(Status::Cancelled) | End::Rejected(Reason::PaymentDeclined));
        ensure!(kept, "order {id} was called off and is {end:?}");
    }
    for (name, server) in [("the older release", older), ("this release", newer)] {
        let letters = server.dead_letters().await?;
        ensure!(letters.is_empty(), "{name} finds messages that were set aside:\n{letters}");
        let (clean, report) = server.audit().await?;
        ensure!(clean, "the audit of {name} is not clean: {report}");
    }
    Ok(Seen { accepted, called_off: called_off.len(), widened })
}

/// The ids of the orders, in the order of the requests.
pub(super) async fn sent(
    client: &Client,
    url: &str,
    tokens: &[String],
    requests: Vec<Request>,
    per_second: f64,
) -> anyhow::Result<Vec<Uuid>> {
    let target = Rc::new(Target::new(client.clone(), url, tokens)?);
    let answers = Answers::default();
    let schedule = Schedule::at_rate(per_second);
    send(&target, requests, schedule, Instant::now(), &answers).await.answered().await;
    let by_request: BTreeMap<usize, Answer> = answers.take().into_iter().map(|answer| (answer.index, answer)).collect();
    let ids = by_request.into_values().map(|answer| match answer.outcome {
        Outcome::Accepted { id, .. } => Ok(id),
        Outcome::Refused(status) => bail!("an order was answered with {status} by {url}"),
        Outcome::Failed(error) => bail!("an order was not answered by {url}: {error}"),
    });
    ids.collect()
}

/// Calls some orders off; those that it was promised for.
async fn call_off(
    client: &Client,
    url: &str,
    tokens: &[String],
    requests: &[Request],
    ids: &[Uuid],
) -> anyhow::Result<Vec<Uuid>> {
    let mut promised = Vec::new();
    for (request, id) in requests.iter().zip(ids).step_by(CALLED_OFF) {
        let token = tokens.get(request.customer).context("a customer has no token")?;
        let asked = client.post(format!("{url}/v1/orders/{id}/cancel")).bearer_auth(token).send().await?;
        match asked.status().as_u16() {
            // What is not stored yet may still be refused for a reason of its own.
            202 if asked.json::<serde_json::Value>().await?["status"] != "submitted" => promised.push(*id),
            202 | 409 => {}
            status => bail!("a cancellation was answered with {status}"),
        }
    }
    Ok(promised)
}

/// Waits until whoever serves lists all orders, each at its end, and the same one.
pub(super) async fn at_their_ends(
    client: &Client,
    urls: &[&str],
    tokens: &[String],
    accepted: &BTreeSet<Uuid>,
    patience: Duration,
) -> anyhow::Result<BTreeMap<Uuid, End>> {
    let started = Instant::now();
    loop {
        let mut lists = Vec::new();
        for url in urls {
            let journeys = journeys::read(client, url, tokens).await?;
            let over = journeys.iter().filter(|journey| is_over(journey));
            lists.push(over.map(|journey| (journey.id, journey.end)).collect::<BTreeMap<_, _>>());
        }
        let complete = |list: &BTreeMap<Uuid, End>| accepted.iter().all(|id| list.contains_key(id));
        if lists.iter().all(complete) && lists.first() == lists.last() {
            return lists.pop().context("nothing was read");
        }
        let counts: Vec<usize> = lists.iter().map(BTreeMap::len).collect();
        ensure!(
            started.elapsed() < patience,
            "of {} orders the releases show {counts:?} at their ends",
            accepted.len()
        );
        tokio::time::sleep(LOOK).await;
    }
}

fn is_over(journey: &Journey) -> bool {
    journey.is_finished() || journey.end == End::Open(Status::Cancelled)
}
