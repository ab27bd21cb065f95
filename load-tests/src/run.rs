//! One measurement: start the pipeline, send, watch, wait until it is idle, read what became of every order, audit.

use crate::{
    journeys::{self, Journey},
    orders::Mix,
    percentile::Summary,
    process::{CpuSeconds, Memory, Processes},
    schedule::Schedule,
    scrape::Metrics,
    send::{self, Answer, Answers, Target},
    server::Server,
};
use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Client;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};
use tokio::task::spawn_blocking;

/// Between two looks at the counters.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks while the queues run empty.
const LOOK_WHILE_DRAINING: Duration = Duration::from_millis(250);
/// The server measures its queues every five seconds: what did not move for longer is at rest.
pub(crate) const AT_REST: Duration = Duration::from_secs(6);
/// Reading PostgreSQL's memory makes the kernel walk its pages, so not at every look.
const LOOKS_A_MEMORY_SAMPLE: u64 = 10;
/// The longest that an answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) mix: Mix,
    /// Requests a second.
    pub(crate) per_second: f64,
    pub(crate) window: Duration,
    pub(crate) seed: u64,
    /// Units of each SKU in stock, given the number of orders.
    pub(crate) stock: fn(usize) -> u64,
    /// The longest that the queues may take to run empty.
    pub(crate) patience: Duration,
}

/// The counters at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) at: Instant,
    pub(crate) cpu: CpuSeconds,
    pub(crate) counted: Counted,
}

/// What the server has counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) accepted: f64,
    /// Messages of queue `invoice` that are done: one for each confirmed order.
    pub(crate) invoiced: f64,
    /// Messages of queue `index` that are done: several for each order.
    pub(crate) index_messages: f64,
    /// Messages by queue.
    pub(crate) queues: BTreeMap<String, f64>,
}

impl Counted {
    /// Asks the server.
    pub(crate) async fn read(client: &Client, url: &str) -> anyhow::Result<Self> {
        let answer = client.get(format!("{url}/metrics")).send().await;
        let text = answer.and_then(reqwest::Response::error_for_status).context("no metrics")?.text().await?;
        Ok(Self::of(&Metrics::parse(&text)))
    }

    fn of(metrics: &Metrics) -> Self {
        let done = |queue| metrics.sum("sluice_messages_settled_total", &[("queue", queue), ("outcome", "done")]);
        Self {
            accepted: metrics.sum("sluice_orders_accepted_total", &[]),
            invoiced: done("invoice"),
            index_messages: done("index"),
            queues: metrics.by("sluice_queue_messages", "queue"),
        }
    }

    /// Messages that wait; what was set aside does not.
    pub(crate) fn waiting(&self) -> f64 {
        self.queues.iter().filter(|(queue, _)| !queue.ends_with("-dlq")).map(|(_, count)| count).sum()
    }

    /// Messages that failed too often.
    pub(crate) fn set_aside(&self) -> f64 {
        self.queues.values().sum::<f64>() - self.waiting()
    }
}

/// Everything that was seen.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) requests: usize,
    /// Those that are not repeats.
    pub(crate) orders: usize,
    /// For each request, the index of the one whose key it bears: its own, or that of the one it repeats.
    pub(crate) originals: Vec<usize>,
    pub(crate) declined: usize,
    pub(crate) stock: u64,
    pub(crate) answers: Vec<Answer>,
    pub(crate) held_back: usize,
    /// The wall clock at the start of the window, in nanoseconds since 1970.
    pub(crate) started: i128,
    pub(crate) first: Look,
    pub(crate) at_end: Look,
    /// The first look at which everything had come to rest.
    pub(crate) at_rest: Look,
    pub(crate) memory: Memory,
    pub(crate) journeys: Vec<Journey>,
    pub(crate) audit: (bool, Value),
    /// Lines of the server's log, warnings and worse, and the last of them.
    pub(crate) log: (usize, String),
}

/// Measures. Must run on a `LocalSet`.
///
/// # Errors
/// If the server cannot be asked; never because of what it answers.
pub(crate) async fn measure(server: &Server, plan: &Plan) -> anyhow::Result<Measured> {
    let schedule = Schedule::at_rate(plan.per_second);
    let requests = plan.mix.requests(schedule.requests_within(plan.window), plan.seed);
    let orders = requests.iter().filter(|request| request.repeats.is_none()).count();
    let declined = requests.iter().filter(|request| request.repeats.is_none() && request.declined).count();
    let originals = requests.iter().enumerate().map(|(index, request)| request.repeats.unwrap_or(index)).collect();
    let stock = (plan.stock)(orders);
    let bar = spinner("importing the catalogue")?;
    server.import(&plan.mix.catalogue(stock)).await?;
    bar.set_message("making tokens");
    let tokens = server.tokens(plan.mix.customers).await?;
    bar.finish_and_clear();

    let client = Client::builder().timeout(ANSWER).pool_max_idle_per_host(usize::MAX).build()?;
    let watch = Watch { client: client.clone(), url: server.url.clone(), processes: Processes { sluice: server.pid } };
    let target = Rc::new(Target::new(client.clone(), &server.url, &tokens)?);
    let answers = Answers::default();
    let earlier = journeys::read(&client, &server.url, &tokens).await?;
    ensure!(earlier.is_empty(), "the database has orders of an earlier run; name a fresh one");
    let first = watch.look().await?;
    let (count, started, start) = (requests.len(), wall_clock(), Instant::now());
    let sending = send::send(&target, requests, schedule, start, &answers);
    let (sent, watched) = tokio::join!(sending, watch.during(start, plan.window, &answers));
    let (at_end, memory) = watched?;
    let held_back = sent.held_back;
    sent.answered().await;
    let bar = spinner("waiting until the queues are empty")?;
    let deadline = Instant::now() + plan.patience;
    let (at_rest, journeys) = loop {
        let at_rest = watch.until_rest(deadline, &bar).await?;
        let journeys = journeys::read(&client, &server.url, &tokens).await?;
        if journeys.iter().all(Journey::is_finished) || Instant::now() >= deadline {
            break (at_rest, journeys);
        }
    };
    bar.set_message("auditing");
    let audit = server.audit().await?;
    bar.finish_and_clear();
    let memory = memory.max(watch.memory().await?);
    Ok(Measured {
        requests: count,
        orders,
        originals,
        declined,
        stock,
        held_back,
        answers: answers.take(),
        started,
        first,
        at_end,
        at_rest,
        memory,
        journeys,
        audit,
        log: server.log(),
    })
}

/// Looks at the server from outside.
struct Watch {
    client: Client,
    url: String,
    processes: Processes,
}

impl Watch {
    async fn look(&self) -> anyhow::Result<Look> {
        let counted = Counted::read(&self.client, &self.url).await?;
        let processes = self.processes;
        // On another thread: the one that sends must not wait for files.
        let cpu = spawn_blocking(move || processes.cpu()).await?;
        Ok(Look { at: Instant::now(), cpu, counted })
    }

    async fn memory(&self) -> anyhow::Result<Memory> {
        let processes = self.processes;
        Ok(spawn_blocking(move || processes.memory()).await?)
    }

    /// Looks once a second until the window ends, and shows what it sees.
    async fn during(&self, start: Instant, window: Duration, answers: &Answers) -> anyhow::Result<(Look, Memory)> {
        let bar = ProgressBar::new(window.as_secs())
            .with_style(ProgressStyle::with_template("sending {bar:30} {pos}/{len} s  {msg}")?);
        let mut memory = Memory::default();
        let mut before = self.look().await?;
        let mut shown = 0;
        let mut second = 0;
        loop {
            second += 1;
            let until = (LOOK * second).min(window);
            tokio::time::sleep_until((start + until).into()).await;
            let look = self.look().await?;
            if until == window {
                bar.finish_and_clear();
                return Ok((look, memory));
            }
            if u64::from(second) % LOOKS_A_MEMORY_SAMPLE == 0 {
                memory = memory.max(self.memory().await?);
            }
            let fresh: Vec<Duration> = answers.borrow().iter().skip(shown).map(|answer| answer.latency).collect();
            shown += fresh.len();
            bar.set_position(u64::from(second));
            bar.set_message(progress(&before, &look, Summary::of(fresh)));
            before = look;
        }
    }

    /// Returns the first of the looks that saw what the later ones saw too, with nothing left on a queue.
    async fn until_rest(&self, deadline: Instant, bar: &ProgressBar) -> anyhow::Result<Look> {
        let mut rest = self.look().await?;
        loop {
            tokio::time::sleep(LOOK_WHILE_DRAINING).await;
            let look = self.look().await?;
            bar.set_message(format!("waiting until the queues are empty: {:.0} messages", look.counted.waiting()));
            if done(&look.counted) != done(&rest.counted) {
                rest = look;
            } else if look.at >= deadline || (look.counted.waiting() == 0.0 && look.at - rest.at >= AT_REST) {
                return Ok(Look { counted: look.counted, ..rest });
            }
        }
    }
}

fn done(counted: &Counted) -> (f64, f64) {
    (counted.invoiced, counted.index_messages)
}

fn progress(before: &Look, now: &Look, latency: Summary) -> String {
    let seconds = (now.at - before.at).as_secs_f64();
    let rate = |value: fn(&Counted) -> f64| (value(&now.counted) - value(&before.counted)) / seconds;
    format!(
        "{:.0}/s accepted, {:.0}/s invoiced, {:.0} messages wait, p99 {:.0} ms",
        rate(|counted| counted.accepted),
        rate(|counted| counted.invoiced),
        now.counted.waiting(),
        latency.p99_ms
    )
}

/// Shows that something is under way, and what.
pub(crate) fn spinner(message: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg}")?);
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

#[expect(clippy::disallowed_methods, reason = "orders bear the machine's time, and are compared with it")]
fn wall_clock() -> i128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}
