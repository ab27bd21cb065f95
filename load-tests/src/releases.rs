//! Two releases side by side, as while one is rolled out: an older one, built from its commit, and this one serve one
//! database and one set of queues while orders are sent to both, called off at one and asked for again at the other.

use crate::{
    journeys::{self, End, Journey},
    orders::{Mix, Request, Wanted},
    schedule::Schedule,
    send::{Answer, Answers, Outcome, Target, send},
    server::{self, Server},
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use reqwest::Client;
use schemas::order::{Reason, Status};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    rc::Rc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const LIST: &str = include_str!("../../schemas/golden/releases.txt");
const CUSTOMERS: usize = 20;
const AMPLE: u64 = 1_000_000;
/// One of so many orders is called off, at the release that did not accept it.
const CALLED_OFF: usize = 10;
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(crate) struct Releases {
    /// The older release: one of schemas/golden/releases.txt [default: the first]
    #[arg(long, value_name = "VERSION")]
    older: Option<String>,
    /// Its program, if it is built already
    #[arg(long, value_name = "PATH")]
    older_program: Option<PathBuf>,
    /// How long to send
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Orders a second, to both together
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// How many seconds all may take to reach its end afterwards
    #[arg(long, default_value_t = 300)]
    patience: u64,
    /// This release's program [default: the one beside this; through cargo it is built first]
    #[arg(long, value_name = "PATH")]
    sluice: Option<PathBuf>,
}

/// Says what was found; fails if either release lost, refused or could not read anything.
#[expect(clippy::print_stdout, reason = "a command prints its answer")]
pub(crate) async fn side_by_side(args: Releases) -> anyhow::Result<ExitCode> {
    let newer_program = server::locate(args.sluice)?;
    let older_program = match args.older_program {
        Some(path) => server::locate(Some(path))?,
        None => build(args.older.as_deref())?,
    };
    let older = Server::start(older_program, &std::env::temp_dir(), None).await?;
    let mix = Mix { wanted: Wanted::Zipf { skus: 100 }, customers: CUSTOMERS, declined: 0.1, repeated: 0.0 };
    older.import(&mix.catalogue(AMPLE)).await?;
    let tokens = older.tokens(CUSTOMERS).await?;
    let newer = older.beside(newer_program).await?;
    let load = Load {
        count: args.rate as usize * usize::try_from(args.seconds)?,
        per_second: f64::from(args.rate),
        patience: Duration::from_secs(args.patience),
    };
    let found = both(&older, &newer, &mix, &tokens, &load).await;
    let logs = [("the older release", older.log().1), ("this release", newer.log().1)];
    newer.stop().await?;
    older.stop().await?;
    match found {
        Ok(summary) => {
            println!("{summary}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            for (name, log) in logs {
                println!("the log of {name} ends with:\n{log}\n");
            }
            Err(error)
        }
    }
}

struct Load {
    count: usize,
    per_second: f64,
    patience: Duration,
}

async fn both(older: &Server, newer: &Server, mix: &Mix, tokens: &[String], load: &Load) -> anyhow::Result<String> {
    let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
    let requests = mix.requests(load.count, 1);
    let (to_older, to_newer) = requests.iter().cloned().partition::<Vec<_>, _>(|r| r.customer % 2 == 0);
    let half = load.per_second / 2.0;
    let (first, second) = tokio::try_join!(
        sent(&client, &older.url, tokens, to_older.clone(), half),
        sent(&client, &newer.url, tokens, to_newer.clone(), half),
    )?;
    // Each is asked again at the other release: the same key is the same order.
    let (again_first, again_second) = tokio::try_join!(
        sent(&client, &newer.url, tokens, to_older.clone(), load.per_second * 2.0),
        sent(&client, &older.url, tokens, to_newer.clone(), load.per_second * 2.0),
    )?;
    ensure!(first == again_first && second == again_second, "a key made another order at the other release");
    let called_off = [
        call_off(&client, &newer.url, tokens, &to_older, &first).await?,
        call_off(&client, &older.url, tokens, &to_newer, &second).await?,
    ]
    .concat();
    let accepted: BTreeSet<Uuid> = first.iter().chain(&second).copied().collect();
    ensure!(accepted.len() == load.count, "{} of {} orders are there", accepted.len(), load.count);
    let ends = at_their_ends(&client, [&older.url, &newer.url], tokens, &accepted, load.patience).await?;
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
    Ok(format!(
        "{} orders over two releases: all at their ends, {} of them called off; nothing set aside, both lists agree, both audits clean",
        accepted.len(),
        called_off.len()
    ))
}

/// The ids of the orders, in the order of the requests.
async fn sent(
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

/// Waits until both releases list all orders, each at its end, and the same one.
async fn at_their_ends(
    client: &Client,
    urls: [&str; 2],
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

/// Builds an older release from its commit, in a work tree and a target folder of its own under this one's.
fn build(version: Option<&str>) -> anyhow::Result<PathBuf> {
    let mut known = LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let (version, commit) = match version {
        Some(version) => {
            known.find(|(known, _)| *known == version).with_context(|| format!("there is no release {version}"))?
        }
        None => known.next().context("no release is listed")?,
    };
    let here = std::env::current_exe().context("cannot tell where this program is")?;
    let target = here.parent().and_then(Path::parent).context("this program is in no target folder")?;
    let (source, built) = (target.join(format!("release-{version}")), target.join(format!("release-{version}-target")));
    let program = built.join("debug/sluice");
    if program.is_file() {
        return Ok(program);
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !source.is_dir() {
        fs::create_dir_all(target)?;
        succeeds(
            Command::new("git")
                .arg("-C")
                .arg(repository)
                .args(["worktree", "add", "--detach"])
                .arg(&source)
                .arg(commit),
        )?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--package", "sluice"]).current_dir(&source).env("CARGO_TARGET_DIR", &built);
    // What this program was started with by cargo is of this release.
    build.env_remove("CARGO_MANIFEST_DIR").env_remove("RUSTFLAGS");
    succeeds(&mut build)?;
    ensure!(program.is_file(), "the build of release {version} made no {}", program.display());
    Ok(program)
}

fn succeeds(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(status.success(), "{} failed", command.get_program().display());
    Ok(())
}
