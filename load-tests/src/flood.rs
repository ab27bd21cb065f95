//! Floods: while orders come at a steady rate, somebody with one token reads as much as the server lets, each endpoint in
//! turn with its worst query, or holds thousands of connections on which little is sent. What counts is what the orders
//! feel of it: every one is accepted, and how long that takes beside how long it takes in quiet.

use crate::{
    attack::{self, Attack, Counts},
    orders::{AMPLE, Mix, Request, customer_name},
    percentile::Summary,
    schedule::Schedule,
    send::{self, Answers, Outcome, Target},
    server::{Server, UnderTest},
};
use anyhow::{Context, ensure};
use clap::Args;
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{runtime, task::LocalSet};

const CUSTOMERS: usize = 20;
const MIX: Mix = Mix::usual(CUSTOMERS);
/// Orders that are there to be read, at most as many seconds' worth.
const BEFORE: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);
/// How many times its quiet p99 acceptance may take during a flood.
const MOST_TIMES_QUIET: f64 = 3.0;
/// What an invoice may take.
const INVOICE: Duration = Duration::from_secs(60);

/// How a flood is made.
#[derive(Debug, Args)]
pub(crate) struct Flood {
    /// How long each flood lasts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Orders a second meanwhile
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Clients that read, all with one token
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    clients: u16,
    /// Connections that are held
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    held: u16,
    /// Only floods whose name holds this
    #[arg(long, default_value = "")]
    only: String,
    #[command(flatten)]
    under_test: UnderTest,
    /// Print one JSON object a flood instead of the table
    #[arg(long)]
    json: bool,
}

/// What orders felt during a flood.
struct Felt {
    name: String,
    accepted: usize,
    /// Answers that are no acceptance, 503 among them.
    refused: usize,
    unavailable: usize,
    api: Summary,
    flood: Counts,
}

/// Runs all floods; fails if an order was not accepted, if orders felt much of one, if one was answered otherwise than what it
/// asks for, or if a promise is broken.
///
/// # Errors
/// If the server cannot be started or asked.
pub(crate) fn run(flood: &Flood) -> anyhow::Result<ExitCode> {
    let program = flood.under_test.locate()?;
    // Sockets of its own, and those of the server, which raises its limit itself.
    rlimit::increase_nofile_limit(u64::from(flood.held) + 2_048).context("cannot raise the limit of open files")?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    LocalSet::new().block_on(&runtime, against(flood, program))
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer")]
async fn against(flood: &Flood, program: PathBuf) -> anyhow::Result<ExitCode> {
    let server = flood.under_test.start(program).await?;
    eprintln!("importing the catalogue, making tokens, ordering what is then read");
    server.import(&MIX.catalogue(AMPLE)).await?;
    let tokens = server.tokens(CUSTOMERS).await?;
    let shop = Shop::new(&server, &tokens)?;
    let before = shop.felt(flood.rate, BEFORE, "before", Counts::default()).await?;
    ensure!(before.refused == 0, "{} orders were not accepted before any flood", before.refused);
    let order = shop.invoiced_order(tokens.first().context("no customer")?).await?;
    let support = server.token("support", "flood-support").await?;
    let attacks = Attack::all(&order, tokens.first().context("no customer")?, &support);
    let chosen = attacks.into_iter().filter(|attack| attack.name == attack::QUIET || attack.name.contains(&flood.only));
    let (mut quiet, mut well) = (Summary::default(), true);
    if !flood.json {
        println!(
            "{:<24} {:>7} {:>9} {:>9} {:>7} {:>5} {:>7}  the flood's answers",
            "flood", "orders", "p50 ms", "p99 ms", "x quiet", "503", "refused"
        );
    }
    for attack in chosen {
        let felt = shop.during(&attack, flood).await?;
        if attack.name == attack::QUIET {
            quiet = felt.api;
        }
        let times = felt.api.p99_ms / quiet.p99_ms;
        well &= felt.refused == 0 && times <= MOST_TIMES_QUIET;
        if !attack.is_answered_by(&felt.flood) {
            eprintln!("{}: it should be answered otherwise than {}", felt.name, attack::in_words(&felt.flood));
            well = false;
        }
        if flood.json {
            println!("{}", felt.as_json(times));
        } else {
            println!(
                "{:<24} {:>7} {:>9.1} {:>9.1} {:>7.1} {:>5} {:>7}  {}",
                felt.name,
                felt.accepted,
                felt.api.p50_ms,
                felt.api.p99_ms,
                times,
                felt.unavailable,
                felt.refused,
                attack::in_words(&felt.flood)
            );
        }
    }
    let (clean, report) = server.audit().await?;
    if !clean {
        eprintln!("the audit is not clean: {report}");
    }
    let set_aside = server.dead_letters().await?;
    if !set_aside.is_empty() {
        eprintln!("messages were set aside:\n{set_aside}");
    }
    server.stop().await?;
    Ok(if well && clean && set_aside.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Felt {
    fn as_json(&self, times_quiet: f64) -> Value {
        json!({
            "flood": self.name, "accepted": self.accepted, "refused": self.refused, "unavailable": self.unavailable,
            "api": self.api, "p99_times_quiet": times_quiet, "answers": self.flood,
        })
    }
}

/// The shop that orders are sent to.
struct Shop {
    client: Client,
    url: String,
    target: Rc<Target>,
}

impl Shop {
    fn new(server: &Server, tokens: &[String]) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(ANSWER).pool_max_idle_per_host(usize::MAX).build()?;
        let target = Rc::new(Target::new(client.clone(), &server.url, tokens)?);
        Ok(Self { client, url: server.url.clone(), target })
    }

    /// Sends orders while the flood lasts. It is made by a thread of its own, so that what it costs the sender is no more
    /// than what it costs the machine.
    async fn during(&self, attack: &Attack, flood: &Flood) -> anyhow::Result<Felt> {
        let window = Duration::from_secs(flood.seconds);
        let under_way = attack::begin(attack, &self.url, flood.clients.into(), flood.held.into());
        let felt = self.felt(flood.rate, window, &attack.name, Counts::default()).await?;
        Ok(Felt { flood: under_way.end()?, ..felt })
    }

    async fn felt(&self, rate: u32, window: Duration, name: &str, flood: Counts) -> anyhow::Result<Felt> {
        let schedule = Schedule::at_rate(f64::from(rate));
        let requests = MIX.requests(schedule.requests_within(window), 1);
        // A key is one word.
        let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let of_this = |request: Request| Request { key: format!("{word}-{}", request.key), ..request };
        let requests = requests.into_iter().map(of_this).collect();
        let answers = Answers::default();
        send::send(&self.target, requests, schedule, Instant::now(), &answers).await.answered().await;
        let answers = answers.take();
        let is_503 = |outcome: &Outcome| *outcome == Outcome::Refused(503);
        let accepted = answers.iter().filter(|answer| answer.is_accepted()).count();
        Ok(Felt {
            name: name.to_owned(),
            accepted,
            refused: answers.len() - accepted,
            unavailable: answers.iter().filter(|answer| is_503(&answer.outcome)).count(),
            api: Summary::of(answers.iter().map(|answer| answer.latency).collect()),
            flood,
        })
    }

    /// The id of an order of that customer that has an invoice, once there is one.
    async fn invoiced_order(&self, token: &str) -> anyhow::Result<String> {
        let end = Instant::now() + INVOICE;
        loop {
            let asked = self.client.get(format!("{}/v1/orders?status=confirmed", self.url)).bearer_auth(token);
            let page: Value = asked.send().await?.error_for_status()?.json().await?;
            let mut items = page["items"].as_array().into_iter().flatten();
            if let Some(id) = items.find(|order| order["invoice"].is_object()).and_then(|order| order["id"].as_str()) {
                return Ok(id.to_owned());
            }
            ensure!(Instant::now() < end, "no order of {} got an invoice", customer_name(0));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
