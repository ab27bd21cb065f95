//! Whether a bad line to the database costs an order. Orders of every kind go through a pipeline whose connections are reset
//! at random, and which loses what can be lost of each of its statements in turn; then each order must have ended as it
//! would have, and the audit be clean. The short form of this is a test of the pipeline; this one has thousands of orders.
//!
//! It stands between the pipeline and its database, so unlike the others it starts the PostgreSQL itself.

mod buyers;
mod line;

use crate::{
    journeys::{self, Journey},
    orders::{AMPLE, Mix, Wanted},
    run,
    server::{self, Server},
};
use anyhow::{Context, ensure};
use buyers::{Bought, Buyer};
use indicatif::{ProgressBar, ProgressStyle};
use line::BadLine;
use local_postgres::LocalPostgres;
use pg_proxy::Proxy;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use uuid::Uuid;

const SKUS: usize = 500;
const CUSTOMERS: usize = 20;
const REPEATED: f64 = 0.05;
/// Between two looks at what became of the orders.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long to send and to lose
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Orders a second
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// Milliseconds between two resets, on average
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pause: u64,
    /// Which orders and which resets; when each falls is not repeated
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seconds the orders may take to end afterwards
    #[arg(long, default_value_t = 300)]
    patience: u64,
    /// The pipeline's program [default: the one beside this; through cargo it is built first]
    #[arg(long, value_name = "PATH")]
    sluice: Option<PathBuf>,
    /// Where to make the folder of the run [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let program = server::locate(args.sluice.clone())?;
    // The PostgreSQL is watched by threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(on_a_bad_line(args, program))
}

async fn on_a_bad_line(args: &Args, program: PathBuf) -> anyhow::Result<ExitCode> {
    let parent = args.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("sluice-line-")
        // Run by root, PostgreSQL runs as another user, who must be able to enter.
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(&parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    let postgres = LocalPostgres::start(folder.path(), |_| {}).await?;
    let done = behind_a_proxy(args, program, folder.path(), postgres.url()).await;
    postgres.stop().await;
    done
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer")]
async fn behind_a_proxy(args: &Args, program: PathBuf, folder: &Path, url: &str) -> anyhow::Result<ExitCode> {
    let proxy = Arc::new(Proxy::start(url).await.context("cannot stand before the database")?);
    let server = Server::start(program, folder, Some(&proxy.url())).await?;
    let mix = Mix { wanted: Wanted::Zipf { skus: SKUS }, customers: CUSTOMERS, declined: 0.0, repeated: REPEATED };
    server.import(&mix.catalogue(AMPLE)).await?;
    let tokens = server.tokens(CUSTOMERS).await?;
    let window = Duration::from_secs(args.seconds);
    let line = BadLine::between(&proxy, args.seed, Duration::from_millis(args.pause));
    let buying = send(args, &mix, &server.url, &tokens, window).await?;
    let losses = line.ends();
    let bought = answered(buying, Duration::from_secs(args.patience)).await?;
    let ends = ended(&server.url, &tokens, &bought, Duration::from_secs(args.patience)).await?;
    let (is_clean, audit) = server.audit().await?;
    let set_aside = server.dead_letters().await?;
    let (_, log) = server.log();
    server.stop().await?;
    print!("{losses}");
    let strays = strays(&bought, &ends);
    println!(
        "\n{} orders, {} ended otherwise than they would have; {} messages were set aside; the audit is {}",
        bought.len(),
        strays.len(),
        set_aside.lines().count(),
        if is_clean { "clean" } else { "NOT CLEAN" }
    );
    let is_well = strays.is_empty() && set_aside.is_empty() && is_clean;
    if !is_well {
        for stray in strays.iter().take(20) {
            println!("  {stray}");
        }
        println!("{set_aside}\n{}", broken(&audit));
        eprintln!("the server's log ends with:\n{log}");
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Has somebody place each order at its time, whatever became of those before.
async fn send(
    args: &Args,
    mix: &Mix,
    url: &str,
    tokens: &[String],
    window: Duration,
) -> anyhow::Result<JoinSet<anyhow::Result<Bought>>> {
    let schedule = crate::schedule::Schedule::at_rate(f64::from(args.rate));
    let bar = ProgressBar::new(args.seconds)
        .with_style(ProgressStyle::with_template("losing replies {bar:30} {pos}/{len} s  {msg}")?);
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let mut random = fastrand::Rng::with_seed(args.seed);
    let (start, mut buying) = (Instant::now(), JoinSet::new());
    let requests = mix.requests(schedule.requests_within(window), args.seed);
    for (index, request) in requests.into_iter().enumerate() {
        tokio::time::sleep_until((start + schedule.due(index)).into()).await;
        let token = tokens.get(request.customer).context("there is a token for each customer")?;
        // A repeat is placed by the same kind of buyer as what it repeats.
        let kind = fastrand::Rng::with_seed(args.seed ^ request.repeats.unwrap_or(index) as u64).u64(..);
        let buyer = Buyer::new(client.clone(), url, token, kind, random.fork());
        buying.spawn(buyer.buys(request));
        bar.set_position(start.elapsed().as_secs());
        bar.set_message(format!("{index} orders"));
    }
    bar.finish_and_clear();
    Ok(buying)
}

/// Waits until everybody has an answer. One order for each id: a repeat is the same.
async fn answered(
    mut buying: JoinSet<anyhow::Result<Bought>>,
    patience: Duration,
) -> anyhow::Result<BTreeMap<Uuid, Bought>> {
    let mut bought: BTreeMap<Uuid, Bought> = BTreeMap::new();
    let mut by_key: BTreeMap<String, Uuid> = BTreeMap::new();
    let all = async {
        while let Some(one) = buying.join_next().await {
            let one = one??;
            let first = *by_key.entry(one.key.clone()).or_insert(one.id);
            ensure!(first == one.id, "key {} made two orders, {first} and {}", one.key, one.id);
            bought.insert(one.id, one);
        }
        Ok(())
    };
    tokio::time::timeout(patience, all).await.context("somebody was never answered")??;
    Ok(bought)
}

/// What became of the orders, once all are at their end or the time is up.
async fn ended(
    url: &str,
    tokens: &[String],
    bought: &BTreeMap<Uuid, Bought>,
    patience: Duration,
) -> anyhow::Result<BTreeMap<Uuid, Journey>> {
    let bar = run::spinner("reading what became of the orders")?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let deadline = Instant::now() + patience;
    loop {
        let ends: BTreeMap<Uuid, Journey> =
            journeys::read(&client, url, tokens).await?.into_iter().map(|journey| (journey.id, journey)).collect();
        let open = strays(bought, &ends).len();
        if open == 0 || Instant::now() > deadline {
            bar.finish_and_clear();
            return Ok(ends);
        }
        bar.set_message(format!("{open} orders are on their way"));
        tokio::time::sleep(LOOK).await;
    }
}

/// Orders whose end is not the one that they would have had, in words.
fn strays(bought: &BTreeMap<Uuid, Bought>, ends: &BTreeMap<Uuid, Journey>) -> Vec<String> {
    let stray = |(id, bought): (&Uuid, &Bought)| {
        let end = ends.get(id).map(|journey| journey.end);
        (end != Some(bought.end)).then(|| format!("{id}: {:?}, it should be {:?}", end, bought.end))
    };
    bought.iter().filter_map(stray).collect()
}

fn broken(audit: &Value) -> String {
    let lines = audit.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_broken = |line: &&Value| line.get("violations").and_then(Value::as_u64) != Some(0);
    lines.iter().filter(is_broken).map(|line| format!("{line:#}\n")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::journeys::End;
    use schemas::api::order::Reason;

    #[test]
    fn an_order_strays_that_is_lost_or_ends_otherwise() {
        let (well, refused, lost) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let bought = |id| Bought { id, key: id.to_string(), end: End::Invoiced };
        let journey = |id, end| (id, Journey { id, accepted: 0, changed: 1, end });
        let all = [well, refused, lost].map(|id| (id, bought(id)));
        let ends = [journey(well, End::Invoiced), journey(refused, End::Rejected(Reason::ReservationExpired))];
        let strays = strays(&BTreeMap::from(all), &BTreeMap::from(ends));
        assert_eq!(strays.len(), 2);
        assert!(strays[0].starts_with(&refused.to_string()) && strays[1].starts_with(&lost.to_string()));
    }
}
