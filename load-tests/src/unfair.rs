//! One customer sends a great many orders of a thousand lines, as fast as they are accepted; another buys something now and
//! then. What counts is what the other one feels of it, and how much memory the large ones take.

use crate::{
    journeys::{self, End, Journey},
    orders::{AMPLE, Mix, Request, Wanted},
    percentile::Summary,
    process::{Memory, Processes},
    run::{self, AT_REST, Counted},
    schedule::Schedule,
    send::{self, Answer, Answers, Target},
    server::{Server, UnderTest},
};
use anyhow::{Context, ensure};
use clap::Args;
use reqwest::Client;
use schemas::api::order::{Order, Status};
use serde::Serialize;
use serde_json::json;
use std::{
    cell::Cell,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::{JoinSet, spawn_blocking, spawn_local};

/// The other's number; that of who sends the large ones is 0.
const OTHER: usize = 1;
const SKUS: usize = 5_000;
/// Orders come over some connections at once, and that fast at most.
const PER_SECOND: f64 = 400.0;
/// Before the large ones come, the other buys this often: what quiet is.
const QUIET: usize = 10;
/// Between two looks at memory and queues.
const LOOK: Duration = Duration::from_millis(500);
/// The longest that an answer is waited for.
const ANSWER: Duration = Duration::from_secs(60);

/// Who sends what.
#[derive(Debug, Args)]
pub(crate) struct Unfair {
    /// Large orders, all of one customer
    #[arg(long, default_value_t = 1_200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: u32,
    /// Lines of each
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    lines: u16,
    /// Milliseconds between two orders of the other buyer
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    every: u64,
    /// How many seconds the large ones may take to be done
    #[arg(long, default_value_t = 900)]
    patience: u64,
    #[command(flatten)]
    under_test: UnderTest,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

/// The most memory that it may take, and the longest that the other buyer may wait for a decision.
const MOST_MEMORY: u64 = 512 << 20;
const LONGEST_WAIT_MS: f64 = 2_000.0;

/// Runs it; fails if an order was refused or is not done in the end, if the other buyer or the machine felt much of it, or
/// if a promise is broken.
///
/// # Errors
/// If the server cannot be started or asked.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer")]
pub(crate) async fn run(unfair: Unfair) -> anyhow::Result<ExitCode> {
    let program = unfair.under_test.locate()?;
    let server = unfair.under_test.start(program).await?;
    let felt = felt(&server, &unfair).await;
    let (_, log) = server.log();
    let (clean, report) = server.audit().await?;
    let set_aside = server.dead_letters().await?;
    server.stop().await?;
    let felt = felt?;
    if unfair.json {
        println!("{}", felt.as_json(clean));
    } else {
        felt.print();
    }
    let bounded = felt.memory.sluice_peak_rss < MOST_MEMORY && felt.meanwhile.decided.max_ms < LONGEST_WAIT_MS;
    if !bounded {
        eprintln!("it takes {} MiB or more, or the other buyer waited 2 s or longer", MOST_MEMORY >> 20);
    }
    let well = clean && felt.lost == 0 && felt.refused == 0 && bounded && set_aside.is_empty();
    if !set_aside.is_empty() {
        eprintln!("messages were set aside:\n{set_aside}");
    }
    if !clean {
        eprintln!("the audit is not clean: {report}");
    }
    if !well && !log.is_empty() {
        eprintln!("the server's log ends with:\n{log}");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How long a buyer waited from asking until the answer, and until the decision.
#[derive(Clone, Copy, Debug, Serialize)]
struct Waited {
    accepted: Summary,
    decided: Summary,
}

impl Waited {
    fn of(bought: &[Bought]) -> Self {
        let summary = |time: fn(&Bought) -> Duration| Summary::of(bought.iter().map(time).collect());
        Self { accepted: summary(|bought| bought.accepted), decided: summary(|bought| bought.decided) }
    }
}

/// What both felt.
struct Felt {
    /// What the other waited for before the large ones came, and while they were under way.
    quiet: Waited,
    meanwhile: Waited,
    accepted: Summary,
    /// Of large orders, from acceptance to the invoice.
    large: Summary,
    /// Large orders a second, from the first request to the last invoice.
    per_second: f64,
    memory: Memory,
    /// Orders that were not accepted.
    refused: usize,
    /// Orders that were accepted and have no invoice.
    lost: usize,
}

impl Felt {
    fn as_json(&self, clean: bool) -> serde_json::Value {
        json!({
            "other_in_quiet": self.quiet, "other_meanwhile": self.meanwhile,
            "large_accepted": self.accepted, "large_invoiced": self.large, "large_per_second": self.per_second,
            "memory_bytes": self.memory, "refused": self.refused, "lost": self.lost, "audit_clean": clean,
        })
    }

    #[expect(clippy::print_stdout, reason = "a command prints its answer")]
    fn print(&self) {
        let mib = |bytes: u64| bytes / 1024 / 1024;
        println!("{:<44} {:>6} {:>9} {:>9} {:>9}", "", "orders", "p50 ms", "p99 ms", "max ms");
        for (name, times) in [
            ("the other buyer, accepted, in quiet", self.quiet.accepted),
            ("the other buyer, decided, in quiet", self.quiet.decided),
            ("the other buyer, accepted, meanwhile", self.meanwhile.accepted),
            ("the other buyer, decided, meanwhile", self.meanwhile.decided),
            ("large orders, accepted", self.accepted),
            ("large orders, from accepted to invoiced", self.large),
        ] {
            println!("{name:<44} {:>6} {:>9.0} {:>9.0} {:>9.0}", times.count, times.p50_ms, times.p99_ms, times.max_ms);
        }
        println!("{:.1} large orders a second; {} refused, {} lost", self.per_second, self.refused, self.lost);
        println!(
            "peak memory: Sluice {} MiB, PostgreSQL {}",
            mib(self.memory.sluice_peak_rss),
            self.memory.postgres_pss.map_or("not to be read".to_owned(), |bytes| format!("{} MiB", mib(bytes)))
        );
    }
}

async fn felt(server: &Server, unfair: &Unfair) -> anyhow::Result<Felt> {
    let wanted = Wanted::Many { lines: unfair.lines.into(), skus: SKUS };
    let mix = Mix { wanted, customers: 1, declined: 0.0, repeated: 0.0 };
    let bar = run::spinner("importing the catalogue")?;
    server.import(&mix.catalogue(AMPLE)).await?;
    let tokens = server.tokens(2).await?;
    let client = Client::builder().timeout(ANSWER).pool_max_idle_per_host(usize::MAX).build()?;
    let other = Rc::new(Other::new(client.clone(), server, &tokens)?);
    let every = Duration::from_millis(unfair.every);

    bar.set_message("the other buyer, alone");
    let quiet = Rc::clone(&other).buys_until(every, |count| count >= QUIET).await?;
    let target = Rc::new(Target::new(client.clone(), &server.url, &tokens)?);
    let requests = mix.requests(usize::try_from(unfair.orders)?, 1);
    let done = Rc::new(Cell::new(false));
    let is_done = Rc::clone(&done);
    let meanwhile = spawn_local(Rc::clone(&other).buys_until(every, move |_| is_done.get()));
    let answers = Answers::default();
    let start = Instant::now();
    let processes = Processes { sluice: server.pid };
    let mut memory = Memory::default();
    let sending = spawn_local({
        let (target, answers) = (Rc::clone(&target), Rc::clone(&answers));
        async move { send::send(&target, requests, Schedule::at_rate(PER_SECOND), start, &answers).await.answered().await }
    });
    let end = start + Duration::from_secs(unfair.patience);
    let mut empty_since = None;
    loop {
        tokio::time::sleep(LOOK).await;
        memory = memory.max(spawn_blocking(move || processes.memory()).await?);
        let waiting = Counted::read(&client, &server.url).await?.waiting();
        bar.set_message(format!("{} accepted, {waiting:.0} messages wait", answers.borrow().len()));
        // The other one's orders are on the queues too, a few at a time.
        let is_empty = sending.is_finished() && waiting < 10.0;
        empty_since = is_empty.then(|| empty_since.unwrap_or_else(Instant::now));
        if empty_since.is_some_and(|since| since.elapsed() > AT_REST) || Instant::now() > end {
            break;
        }
    }
    done.set(true);
    sending.await?;
    let meanwhile = meanwhile.await??;
    bar.set_message("reading what became of them");
    let journeys = journeys::read(&client, &server.url, tokens.get(..1).unwrap_or_default()).await?;
    bar.finish_and_clear();
    let answers = answers.take();
    let accepted = answers.iter().filter(|answer: &&Answer| answer.is_accepted()).count();
    let invoiced: Vec<&Journey> = journeys.iter().filter(|journey| journey.end == End::Invoiced).collect();
    let began = journeys.iter().map(|journey| journey.accepted).min().unwrap_or_default();
    let ended = invoiced.iter().map(|journey| journey.changed).max().unwrap_or_default();
    Ok(Felt {
        quiet: Waited::of(&quiet),
        meanwhile: Waited::of(&meanwhile),
        accepted: Summary::of(answers.iter().map(|answer| answer.latency).collect()),
        large: Summary::of(invoiced.iter().map(|journey| journey.took()).collect()),
        per_second: invoiced.len() as f64 * 1e9 / (ended - began).max(1) as f64,
        memory,
        refused: answers.len() - accepted,
        lost: accepted - invoiced.len().min(accepted),
    })
}

/// From asking.
#[derive(Clone, Copy, Debug)]
struct Bought {
    accepted: Duration,
    decided: Duration,
}

/// Somebody who buys a little and waits for the answer.
struct Other {
    client: Client,
    url: String,
    token: String,
    bought: Cell<usize>,
}

impl Other {
    fn new(client: Client, server: &Server, tokens: &[String]) -> anyhow::Result<Self> {
        let token = tokens.get(OTHER).context("no token")?.clone();
        Ok(Self { client, url: server.url.clone(), token, bought: Cell::new(0) })
    }

    /// Buys at a steady rate until told that it is enough; how long each took.
    async fn buys_until(
        self: Rc<Self>,
        every: Duration,
        enough: impl Fn(usize) -> bool,
    ) -> anyhow::Result<Vec<Bought>> {
        let mut ticks = tokio::time::interval(every);
        let mut bought = JoinSet::new();
        while !enough(bought.len()) {
            ticks.tick().await;
            bought.spawn_local(Rc::clone(&self).buys());
        }
        let mut took = Vec::new();
        while let Some(decided) = bought.join_next().await {
            took.push(decided??);
        }
        Ok(took)
    }

    async fn buys(self: Rc<Self>) -> anyhow::Result<Bought> {
        let number = self.bought.replace(self.bought.get() + 1);
        let mix = Mix { wanted: Wanted::Zipf { skus: SKUS }, customers: 1, declined: 0.0, repeated: 0.0 };
        let request: Request = mix.requests(1, u64::try_from(number)?).pop().context("no request")?;
        let start = Instant::now();
        let post = self.client.post(format!("{}/v1/orders", self.url)).header("content-type", "application/json");
        let post = post.header("idempotency-key", format!("other-{number}")).body(request.body);
        let mut order = self.answer(post).await?;
        let accepted = start.elapsed();
        while order.status == Status::Submitted || order.status == Status::Reserved {
            ensure!(start.elapsed() < ANSWER, "order {} of the other buyer is still {:?}", order.id, order.status);
            let get = self.client.get(format!("{}/v1/orders/{}", self.url, order.id)).header("prefer", "wait=20");
            order = self.answer(get).await?;
        }
        ensure!(order.status == Status::Confirmed, "order {} of the other buyer is {:?}", order.id, order.status);
        Ok(Bought { accepted, decided: start.elapsed() })
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Order> {
        let answer = request.bearer_auth(&self.token).send().await?;
        answer.error_for_status().context("the other buyer was refused")?.json().await.context("no order")
    }
}
