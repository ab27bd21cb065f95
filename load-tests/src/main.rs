//! Load tests: programs that measure the pipeline from outside, by its command line and its API; `history`, `lost-replies`,
//! `releases` and a long transaction need its PostgreSQL too. They judge by promises kept and by ratios within one run, never by a time of
//! one machine. `releases` measures nothing: it is about promises alone.
#![allow(
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "measuring is arithmetic with fractions; no amount of money is computed here"
)]

mod attack;
mod draw;
mod flood;
mod history;
mod journeys;
mod long_transaction;
mod lost_replies;
mod machine;
mod orders;
mod percentile;
mod process;
mod releases;
mod report;
mod run;
mod schedule;
mod scrape;
mod send;
mod server;
mod table;
mod unfair;

use crate::{
    long_transaction::LongTransaction,
    machine::Machine,
    orders::{AMPLE, Mix, Wanted},
    report::Report,
    run::Plan,
    server::UnderTest,
};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

/// Measures the pipeline from outside; exits 1 if an accepted order is lost or doubled or the audit is not clean.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A mixed load: 1 to 10 lines, 3 on average, over 5,000 SKUs by Zipf's law; 5 % declined, 2 % repeats
    Throughput {
        #[command(flatten)]
        run: Run,
        /// New orders a second; the repeats come on top
        #[arg(long, default_value_t = 320, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
    },
    /// A bad line to the database: connections reset at random, and every statement robbed of its reply in turn
    LostReplies(lost_replies::Args),
    /// What a long past costs: each statement's time and pages, the audit, and the API's p99, with and without it
    History(history::Args),
    /// Everybody wants one SKU, of which there is half as much as is wanted
    HotSku {
        #[command(flatten)]
        run: Run,
        /// Orders a second
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
    },
    /// Each reading endpoint, and connections that are only held, in floods while orders are sent
    Flood(flood::Flood),
    /// One customer's thousand large orders, and what another buyer feels of them
    Unfair(unfair::Unfair),
    /// An older release and this one serve one database while orders go to both, and then a later one is played
    Releases(releases::Releases),
}

#[derive(Debug, Args)]
struct Run {
    /// How long to send
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Which orders: the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many customers order
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    customers: u16,
    /// How many seconds the queues may take to run empty afterwards
    #[arg(long, default_value_t = 300)]
    patience: u64,
    #[command(flatten)]
    under_test: UnderTest,
    /// Keep somebody else's transaction open meanwhile, so that PostgreSQL cleans nothing up
    #[arg(long)]
    long_transaction: bool,
    /// Leave the folder of the run where it is
    #[arg(long)]
    keep: bool,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let (run, mix, stock, orders_per_second): (_, _, fn(usize) -> u64, _) = match Cli::parse().command {
        Command::LostReplies(args) => return ended(lost_replies::run(&args)),
        Command::Releases(releases) => return ended(releases::run(releases)),
        Command::Unfair(unfair) => return ended(on_one_thread(unfair::run(unfair))),
        Command::History(args) => return ended(history::run(args)),
        Command::Throughput { run, rate } => {
            let mix = Mix::usual(run.customers.into());
            (run, mix, |_| AMPLE, rate)
        }
        Command::HotSku { run, rate } => {
            let mix = Mix { wanted: Wanted::OneSku, customers: run.customers.into(), declined: 0.0, repeated: 0.0 };
            (run, mix, |orders| orders as u64 / 2, rate)
        }
        Command::Flood(flood) => return ended(flood::run(&flood)),
    };
    let plan = Plan {
        mix,
        per_second: f64::from(orders_per_second) / (1.0 - mix.repeated),
        window: Duration::from_secs(run.seconds),
        seed: run.seed,
        stock,
        patience: Duration::from_secs(run.patience),
    };
    ended(measured(run, &plan))
}

#[expect(clippy::print_stderr, reason = "a command says why it failed")]
fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn measured(run: Run, plan: &Plan) -> anyhow::Result<ExitCode> {
    let program = run.under_test.locate()?;
    on_one_thread(against(run, program, plan))
}

fn on_one_thread(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    LocalSet::new().block_on(&runtime, work)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer")]
async fn against(run: Run, program: PathBuf, plan: &Plan) -> anyhow::Result<ExitCode> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut server = tokio::select! {
        started = run.under_test.start(program) => started?,
        _ = interrupt.recv() => bail!("stopped"),
        _ = terminate.recv() => bail!("stopped"),
    };
    if run.keep {
        server.keep_folder();
        eprintln!("the folder of this run: {}", server.folder().display());
    }
    let held = match run.long_transaction {
        true => Some(LongTransaction::begin(&server, run.under_test.database_url.as_deref()).await?),
        false => None,
    };
    let machine =
        Machine::before(server.folder(), run.under_test.database_url.is_none(), run.under_test.sluice.is_none());
    let measured = tokio::select! {
        measured = run::measure(&server, plan) => measured,
        _ = interrupt.recv() => Err(anyhow::anyhow!("stopped before the end")),
        _ = terminate.recv() => Err(anyhow::anyhow!("stopped before the end")),
    };
    drop(held);
    let machine = machine.after();
    let (_, log) = server.log();
    server.stop().await?;
    let report = measured.map(|measured| Report::of(&measured, plan, machine));
    let is_well = report.as_ref().is_ok_and(|report| report.faults.is_empty());
    if !is_well && !log.is_empty() {
        eprintln!("the server's log ends with:\n{log}\n");
    }
    let report = report?;
    if run.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
