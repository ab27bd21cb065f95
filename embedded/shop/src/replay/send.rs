//! `replay`: sends the orders of a real shop through the HTTP API at the shop's own rhythm, and reports what became of
//! them. The load is open: an order goes out when it is due, whether or not the ones before it were answered.

use super::{
    ReplayArgs,
    carry::{Errand, Shared},
    figures::{grouped, rate},
    plan::{CURRENCY, Plan, TAX_RATE_BP},
    read::read_plan,
    report,
    schedule::{Action, Due, Speed, due},
};
use adapters::{postgres::catalogue::Delivery, system::SystemIds};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::{
    config::Config,
    say,
    session::{Neighbour, REPLAY, Session, Whose},
    shutdown,
    terminal::{COULD_NOT_RUN, nobody_reads},
};
use std::{collections::HashMap, io::IsTerminal, pin::pin, process::ExitCode, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};
use workflows::ports::Ids;

/// Orders on their way to the API at once at speed max: enough to keep it busy, few enough to be answered soon.
const IN_FLIGHT: usize = 64;
/// The same at any other speed. Only a server that is away lets so many pile up; latencies count the time that is lost.
const MOST_IN_FLIGHT: usize = 1_000;
/// So long orders may wait without anything happening before the replay gives them up. Longer than a restart takes.
const PATIENCE: Duration = Duration::from_secs(120);
const TICK: Duration = Duration::from_millis(250);
/// How often a plain listing says how far things are.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Replays a file. Each run makes new orders: the keys carry the run's name.
///
/// # Errors
/// One sentence on what to do. An order without an end is no error but exit code 1.
pub async fn replay(config: &Config, args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let plan = Arc::new(read(args).await?);
    say!("{} has {}", args.file.display(), report::contents(&plan, args.stock_days)?);
    if plan.orders.is_empty() {
        say!("There is nothing to send.");
        return Ok(ExitCode::SUCCESS);
    }
    // From here on there is something to stop in order.
    let mut stop = pin!(shutdown::requested()?);
    let whose = Whose::asked(args.into_this_shop);
    let Some(session) = Session::open(config, Neighbour::Join, whose, &mut stop).await? else {
        say!("Stopped before anything was sent.");
        return Ok(ExitCode::from(COULD_NOT_RUN));
    };
    let session = Arc::new(session);
    let outcome = import_and_send(&session, &plan, args, stop).await;
    if let Some(session) = Arc::into_inner(session) {
        session.close().await;
    }
    outcome
}

async fn read(args: &ReplayArgs) -> anyhow::Result<Plan> {
    let spinner = ProgressBar::new_spinner().with_message("reading the file twice: for its dates, and for its rows");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let (file, days) = (args.file.clone(), args.stock_days);
    let plan = tokio::task::spawn_blocking(move || read_plan(&file, days)).await?;
    spinner.finish_and_clear();
    plan.with_context(|| format!("cannot replay {}", args.file.display()))
}

async fn import_and_send(
    session: &Arc<Session>,
    plan: &Arc<Plan>,
    args: &ReplayArgs,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let joined = if session.is_own() { "Everything runs for this replay, the API on" } else { "Joined the server on" };
    say!("{joined} {}", session.url);
    let mut stop = pin!(stop);
    tokio::select! {
        imported = import(session, plan) => imported?,
        () = &mut stop => return Ok(ExitCode::from(COULD_NOT_RUN)),
    }
    let shared = Arc::new(Shared::new(Arc::clone(session), plan.orders.len(), run_name())?);
    let schedule = due(plan, args.speed);
    say!("{}\n", rhythm(args.speed, &schedule));
    let mut errands = JoinSet::new();
    let ending = tokio::select! {
        ending = follow(&shared, plan, args.speed, schedule, &mut errands) => ending?,
        () = stop => Ending::Stopped,
        () = nobody_reads() => Ending::Stopped,
    };
    errands.shutdown().await;
    let summary = shared.records.summary();
    say!("{}", report::result(plan, &summary, args.speed)?);
    match ending {
        Ending::All => {}
        Ending::Stuck => say!("Given up: for {} s nothing has happened to the rest.", PATIENCE.as_secs()),
        Ending::Stopped => say!("Stopped before the end. Orders that were accepted go on with the next start."),
    }
    let failed: u64 = summary.outcomes().iter().filter(|(outcome, _)| outcome.is_failure()).map(|(_, n)| n).sum();
    if failed > 0 {
        say!("{} order(s) did not come to an end here; sluice audit tells whether all is well.", grouped(failed));
        return Ok(ExitCode::FAILURE);
    }
    say!("Every order came to its end. Check every promise with: sluice audit");
    Ok(ExitCode::SUCCESS)
}

async fn import(session: &Session, plan: &Plan) -> anyhow::Result<()> {
    let currency = CURRENCY.parse()?;
    let deliveries: Vec<Delivery> = plan
        .products
        .iter()
        .map(|product| Delivery {
            sku: product.sku.as_ref().to_owned(),
            name: product.name.clone(),
            price: product.price_pence,
            currency,
            tax_rate_bp: TAX_RATE_BP,
            tax_terms: workflows::billing::TaxTerms::default(),
            units: product.stock,
        })
        .collect();
    let length = u64::try_from(deliveries.len())?;
    let bar =
        ProgressBar::new(length).with_style(ProgressStyle::with_template("importing {bar:40} {pos}/{len} products")?);
    session.import(&deliveries, REPLAY, |done| bar.set_position(u64::try_from(done).unwrap_or(length))).await?;
    bar.finish_and_clear();
    say!("Imported {} products and booked their units in.", grouped(deliveries.len()));
    Ok(())
}

/// Eight letters that no other run has. No digits: together with others they might look like a card number.
fn run_name() -> String {
    let id = SystemIds.order_id();
    id.0.as_bytes().iter().rev().take(8).map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn rhythm(speed: Speed, schedule: &[Due]) -> String {
    let lasts = schedule.last().map_or(Duration::ZERO, |last| last.offset);
    match speed {
        Speed::Max => format!("Sending as fast as the API answers, {IN_FLIGHT} orders at a time."),
        Speed::Thousandths(_) => {
            format!("Sending at {speed} times the shop's speed: this takes {}.", super::figures::lasting(lasts))
        }
    }
}

/// How a replay ended.
enum Ending {
    /// Everything was sent and followed.
    All,
    /// Nothing happens any more.
    Stuck,
    /// Somebody stopped it.
    Stopped,
}

/// Sends everything in time, and waits for the ends.
async fn follow(
    shared: &Arc<Shared>,
    plan: &Plan,
    speed: Speed,
    schedule: Vec<Due>,
    errands: &mut JoinSet<()>,
) -> anyhow::Result<Ending> {
    let mut display = Display::new(plan.orders.len())?;
    let cancels: HashMap<usize, Duration> = schedule
        .iter()
        .filter_map(|due| match due.action {
            Action::Order(_) => None,
            Action::Cancel(index) => plan.cancels.get(index).map(|cancel| (cancel.of, due.offset)),
        })
        .collect();
    let most = match speed {
        Speed::Max => IN_FLIGHT,
        Speed::Thousandths(_) => MOST_IN_FLIGHT,
    };
    let sending = Arc::new(Semaphore::new(most));
    let start = shared.records.started();
    let mut ticks = tokio::time::interval(TICK);
    let mut to_send = schedule.into_iter().filter_map(|due| match due.action {
        Action::Order(index) => Some((index, start + due.offset)),
        Action::Cancel(_) => None,
    });
    let mut next = to_send.next();
    while next.is_some() || !errands.is_empty() {
        tokio::select! {
            permit = turn(&sending, next.map(|(_, at)| at)), if next.is_some() => {
                let permit = permit?;
                if let Some((index, at)) = next.take() {
                    let Some(order) = plan.orders.get(index).cloned() else { continue };
                    let due = if speed == Speed::Max { Instant::now() } else { at };
                    let cancel_at = cancels.get(&index).map(|offset| start + *offset);
                    let errand = Errand { index, order, due, cancel_at };
                    errands.spawn(Arc::clone(shared).carry(errand, permit));
                }
                next = to_send.next();
            }
            Some(done) = errands.join_next(), if !errands.is_empty() => done?,
            _ = ticks.tick() => {
                display.show(shared);
                if shared.records.is_stuck(PATIENCE) {
                    return Ok(Ending::Stuck);
                }
            }
        }
    }
    display.show(shared);
    Ok(Ending::All)
}

/// Resolves when the next order is due and may go out.
async fn turn(
    sending: &Arc<Semaphore>,
    at: Option<Instant>,
) -> Result<tokio::sync::OwnedSemaphorePermit, tokio::sync::AcquireError> {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
    Arc::clone(sending).acquire_owned().await
}

/// A bar on a terminal, a line now and then elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    orders: usize,
    last_line: Instant,
}

impl Display {
    fn new(orders: usize) -> anyhow::Result<Self> {
        let bar = if std::io::stdout().is_terminal() {
            let style = ProgressStyle::with_template("{bar:12} {pos}/{len} ended, {msg}, {eta} left")?;
            let length = u64::try_from(orders)?;
            Some(ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stdout()).with_style(style))
        } else {
            None
        };
        Ok(Self { bar, orders, last_line: Instant::now() })
    }

    fn show(&mut self, shared: &Shared) {
        let counts = shared.records.counts();
        let elapsed = shared.records.started().elapsed();
        let state = format!(
            "{} sent, {} confirmed, {}/s",
            grouped(counts.sent),
            grouped(counts.confirmed),
            rate(counts.ended, elapsed)
        );
        if let Some(bar) = &self.bar {
            bar.set_position(counts.ended);
            bar.set_message(state);
        } else if self.last_line.elapsed() >= PLAIN_EVERY {
            self.last_line = Instant::now();
            say!("{:>5} s  {} of {} ended, {state}", elapsed.as_secs(), grouped(counts.ended), grouped(self.orders));
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
