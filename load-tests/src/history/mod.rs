//! What a long past costs. The same pipeline runs on an empty database and on one with millions of old orders, made by
//! SQL as the pipeline leaves them; each statement's time and pages, the audit, and the API's answers are shown side by
//! side. Whatever grows with history stands out, in what is read for it or in the time it takes, and fails the run.
//!
//! It fills tables, so unlike the others it knows them, and starts the PostgreSQL itself.

mod fill;
mod seen;
mod statements;
mod table;

use crate::{
    machine::Machine,
    orders::{AMPLE, Mix},
    percentile::Summary,
    report::Report,
    run::{self, Plan},
    server::{self, Server, WatchedAudit},
};
use anyhow::{Context, ensure};
use local_postgres::LocalPostgres;
use reqwest::{Client, StatusCode};
use seen::Seen;
use serde_json::Value;
use statements::Statements;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::task::LocalSet;

/// The slowest schedule runs once a minute: each has run by then.
const IDLE: Duration = Duration::from_secs(70);
/// What an audit may take.
const MOST_MEMORY: u64 = 512 << 20;
/// How many times the API's p99 on an empty database it may be with a past.
const MOST_TIMES_EMPTY: f64 = 1.5;
/// How many pages a statement of an audit may read for each order that the audit looks at.
const MOST_PAGES_AN_ORDER: f64 = 20.0;
/// How often each list is asked for.
const ASKED: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many old orders
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    orders: i64,
    /// All in the last four weeks, so that each has what is kept for a while only: idempotency key, execution and its history
    #[arg(long)]
    whole: bool,
    /// New orders a second while the API is measured
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How long to send them
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// The pipeline's program [default: the one beside this; through cargo it is built first]
    #[arg(long, value_name = "PATH")]
    sluice: Option<PathBuf>,
    /// Where to make the folder of the run, on the disk to measure [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let program = server::locate(args.sluice.clone())?;
    // The PostgreSQL is watched by threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    LocalSet::new().block_on(&runtime, compare(&args, &program))
}

#[expect(clippy::print_stdout, reason = "a command prints its answer")]
async fn compare(args: &Args, program: &Path) -> anyhow::Result<ExitCode> {
    let parent = args.folder.clone().unwrap_or_else(std::env::temp_dir);
    fill::ensure_room(&parent, args.orders, args.whole).await?;
    let folder = tempfile::Builder::new()
        .prefix("sluice-history-")
        // Run by root, PostgreSQL runs as another user, who must be able to enter.
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(&parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    let postgres = statements::watched_postgres(folder.path()).await?;
    let compared = async {
        let empty = measure(args, program, folder.path(), &postgres, 0).await?;
        let past = measure(args, program, folder.path(), &postgres, args.orders).await?;
        anyhow::Ok((empty, past))
    };
    let compared = compared.await;
    postgres.stop().await;
    let (empty, past) = compared?;
    let comparison = table::Comparison { empty: &empty, past: &past };
    print!("{comparison}");
    let is_bounded =
        comparison.growing().is_empty() && comparison.heaviest().is_none_or(|(_, pages)| pages <= MOST_PAGES_AN_ORDER);
    let bounded = |audit: &WatchedAudit| audit.clean && audit.peak_rss < MOST_MEMORY;
    let is_well = [&empty, &past]
        .iter()
        .all(|seen| bounded(&seen.first_audit) && bounded(&seen.next_audit) && seen.load.faults.is_empty());
    let is_well = is_well && is_bounded && past.load.api.p99_ms <= MOST_TIMES_EMPTY * empty.load.api.p99_ms;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fills a database of its own with that many old orders, and looks at everything there.
async fn measure(
    args: &Args,
    program: &Path,
    folder: &Path,
    postgres: &LocalPostgres,
    orders: i64,
) -> anyhow::Result<Seen> {
    let name = if orders == 0 { "without_past" } else { "with_past" };
    statements::create_database(postgres, name).await?;
    let url = postgres.url_of(name);
    let mix = Mix::usual(200);
    let mut bytes_an_order = None;
    let mut server = Server::start(program.to_owned(), folder, Some(&url)).await?;
    if orders > 0 {
        server.import(&mix.catalogue(AMPLE)).await?;
        let stopped = server.pause().await?;
        bytes_an_order = Some(fill::fill(&url, &stopped.documents(), orders, args.whole).await?);
        server = stopped.start().await?;
        // Its words are made by the pipeline itself.
        server.rebuild_index().await?;
    }
    statements::reset(postgres).await?;
    idle(IDLE).await?;
    let lists = lists(&server, orders > 0).await?;
    let statements = Statements::read(postgres, name).await?;
    let first_audit = server.audit_watched().await?;
    statements::reset(postgres).await?;
    let next_audit = server.audit_watched().await?;
    let audit_statements = Statements::read(postgres, name).await?;
    let plan = Plan {
        mix,
        per_second: f64::from(args.rate) / (1.0 - mix.repeated),
        window: Duration::from_secs(args.seconds),
        seed: 1,
        stock: |_| AMPLE,
        patience: Duration::from_secs(300),
    };
    let machine = Machine::before(folder, true, args.sluice.is_none());
    let measured = run::measure(&server, &plan).await?;
    let mut load = Report::of(&measured, &plan, machine.after());
    let refused = measured.answers.iter().filter(|answer| !answer.is_accepted()).count();
    if refused > 0 {
        load.faults.push(format!("{refused} orders were not accepted, so the times are of fewer than were sent"));
    }
    server.stop().await?;
    Ok(Seen { orders, bytes_an_order, statements, lists, first_audit, next_audit, audit_statements, load })
}

async fn idle(pause: Duration) -> anyhow::Result<()> {
    let bar = run::spinner("waiting until each schedule has run")?;
    tokio::time::sleep(pause).await;
    bar.finish_and_clear();
    Ok(())
}

/// What people ask for, each some times. A past has something of each: what is refused, or finds nothing, was not measured.
async fn lists(server: &Server, has_past: bool) -> anyhow::Result<Vec<(&'static str, Summary)>> {
    let client = Client::builder().timeout(Duration::from_secs(60)).build()?;
    let buyer = server.token("customer", "history-customer-7919").await?;
    let support = server.token("support", "sam").await?;
    let asked = [
        ("own orders", &buyer, "/v1/orders?limit=50"),
        ("own orders of a status", &buyer, "/v1/orders?limit=50&status=cancelled"),
        ("support: by one letter", &support, "/v1/support/orders?q=z"),
        ("support: by a name of all", &support, "/v1/support/orders?q=m%C3%BCller"),
        ("support: by a word of many", &support, "/v1/support/orders?q=article"),
        ("support: by e-mail", &support, "/v1/support/orders?q=history-customer-7919%40example.com"),
    ];
    let mut lists = Vec::new();
    for (what, token, path) in asked {
        let mut took = Vec::with_capacity(ASKED);
        for _ in 0..ASKED {
            let start = Instant::now();
            let answer = client.get(format!("{}{path}", server.url)).bearer_auth(token).send().await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            took.push(start.elapsed());
            ensure!(status == StatusCode::OK, "{path} was answered with {status}");
            let page: Value = serde_json::from_slice(&body).with_context(|| format!("{path} gave no page"))?;
            let items = page["items"].as_array().with_context(|| format!("{path} gave no list"))?;
            ensure!(!has_past || !items.is_empty(), "{path} found nothing");
        }
        lists.push((what, Summary::of(took)));
    }
    Ok(lists)
}
