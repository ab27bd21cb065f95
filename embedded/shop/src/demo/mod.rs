//! `demo`: sends orders of every kind through the HTTP API, shows them arrive, and says whether each came to the end
//! that it had to come to.

mod board;
mod carry;
mod cases;
mod ends;

use crate::{catalog_csv, client::Client};
use adapters::{audit, postgres::catalogue::Delivery, sandbox::Sandbox, system::SystemIds};
use anyhow::{Context, bail};
use board::{Board, News, Seen};
use carry::Buyer;
use cases::{Case, HOT, Then};
use clap::Args;
use ends::{End, Outcome, judge};
use runtime::{
    config::Config,
    say,
    session::{DEMO, Neighbour, Session, Whose},
    shutdown,
    terminal::{COULD_NOT_RUN, nobody_reads},
};
use schemas::api::order::InvoiceLink;
use std::{path::PathBuf, pin::pin, process::ExitCode, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use workflows::{issued_invoice::document_path, ports::Ids};

const CATALOGUE: &str = include_str!("../../demo/catalog.csv");
/// A product whose price some buyers of the demo were shown.
const SHOWN: &str = "TEA-EARL-GREY";
/// Orders come one after the other, as in a shop on a good day, so that one can see them arrive.
const PACE: Duration = Duration::from_millis(40);
/// So long nothing may change before the demo says what is stuck. The slowest order takes about 12 s.
const PATIENCE: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(250);

/// Where the demo runs.
#[derive(Clone, Copy, Debug, Args)]
pub struct DemoArgs {
    /// Do so in whatever shop this is: its catalogue, its stock, its invoice numbers.
    #[arg(long)]
    pub into_this_shop: bool,
}

/// Runs the demo on a pipeline of its own, for as long as it takes.
///
/// # Errors
/// One sentence on what to do. An order that ends in another way than it should is no error but exit code 1.
pub async fn demo(config: &Config, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let mut stop = pin!(shutdown::requested()?);
    say!("Starting the database and the pipeline. The first time takes some seconds.");
    let Some(session) = Session::open(config, Neighbour::Refuse, Whose::asked(args.into_this_shop), &mut stop).await?
    else {
        say!("Stopped before everything ran.");
        return Ok(ExitCode::from(COULD_NOT_RUN));
    };
    let outcome = tokio::select! {
        outcome = show(config, &session) => outcome,
        () = nobody_reads() => Ok(ExitCode::from(COULD_NOT_RUN)),
        () = &mut stop => {
            say!("\nStopped. Orders that were accepted go on with the next start.");
            Ok(ExitCode::from(COULD_NOT_RUN))
        }
    };
    session.close().await;
    outcome
}

async fn show(config: &Config, session: &Session) -> anyhow::Result<ExitCode> {
    let client = Client::new(&session.url)?;
    say!("Everything runs for this demo, the API on {}", session.url);
    // An own print of which five exist in each run: a demo that was broken off must not sell those of the next.
    let run = run_name();
    let products = catalogue(&run)?;
    let hot = format!("{HOT}-{run}");
    let hot_units = products.iter().find(|product| product.sku == hot).map_or(0, |product| product.units);
    session.import(&products, DEMO, |_| ()).await?;
    say!("Imported {} products. Now come the orders, each through the HTTP API.\n", products.len());

    let token = session.customer_token("demo")?;
    let shown = client.product(&token, SHOWN).await?.granted("the catalogue cannot be read")?;
    let cases = cases::cases(&hot, usize::try_from(hot_units)?, &shown)?;
    let (outcomes, invoices) = send_all(session, &client, cases, &run).await?;

    let as_expected = say_ends(&outcomes);
    let all_there = say_invoices(config, &invoices)?;
    say!("\nAudit: does every promise of the pipeline hold? (`sluice audit` looks at the documents' files too.)\n");
    let report = audit::audit(&session.database, &Sandbox::new(session.database.clone())).await?;
    say!("{report}");
    say_next();
    let good = as_expected && all_there && report.is_clean();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The shipped catalogue; the product of which there is too little gets the run's name.
fn catalogue(run: &str) -> anyhow::Result<Vec<Delivery>> {
    let file = catalog_csv::read(CATALOGUE.as_bytes())?;
    if let Some(bad) = file.bad.first() {
        bail!("the shipped catalogue is damaged: {bad}");
    }
    file.rows
        .into_iter()
        .map(|row| {
            Ok(Delivery {
                sku: if row.sku == HOT { format!("{HOT}-{run}") } else { row.sku },
                name: row.name,
                price: row.price_minor,
                currency: row.currency.parse()?,
                tax_rate_bp: row.tax_rate_bp,
                tax_terms: row.tax_terms,
                units: row.stock,
            })
        })
        .collect()
}

/// Six letters, never the same twice in a lifetime. No digits: together with others they might look like a card number.
fn run_name() -> String {
    let id = SystemIds.order_id();
    id.0.as_bytes().iter().rev().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// Sends all orders, and shows them until each has ended or nothing changes any more.
async fn send_all(
    session: &Session,
    client: &Client,
    cases: Vec<Case>,
    run: &str,
) -> anyhow::Result<(Vec<Outcome>, Vec<InvoiceLink>)> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut board = Board::new(cases.iter().flat_map(rows_of));
    let (sender, mut news) = mpsc::unbounded_channel();
    let mut carriers = JoinSet::new();
    for (number, case) in cases.into_iter().enumerate() {
        let row = outcomes.len();
        outcomes.extend(outcomes_of(&case));
        let token: Arc<str> = session.customer_token(case.customer)?.into();
        let buyer = Buyer { client: client.clone(), token, news: sender.clone() };
        let key = format!("demo-{run}-{number}");
        let due = Instant::now() + PACE * u32::try_from(number)?;
        carriers.spawn(async move {
            tokio::time::sleep_until(due).await;
            buyer.carry(case, key, row).await;
        });
    }
    drop(sender);

    let mut invoices = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    let mut last_news = Instant::now();
    loop {
        tokio::select! {
            news = news.recv() => match news {
                Some(news) => {
                    last_news = Instant::now();
                    board.tell(&news);
                    take(news, &mut outcomes, &mut invoices);
                }
                None => break,
            },
            _ = ticks.tick() => board.tick(),
        }
        if last_news.elapsed() > PATIENCE {
            break;
        }
    }
    board.close();
    carriers.shutdown().await;
    Ok((outcomes, invoices))
}

/// The rows of a case: itself, and what its buyer sends after it.
fn rows_of(case: &Case) -> Vec<(&'static str, Option<&'static str>)> {
    let mut rows = vec![(case.what, case.patience)];
    match case.then {
        Then::Wait | Then::Cancel => {}
        Then::Repeat(what) | Then::SendOther(what, _) => rows.push((what, None)),
    }
    rows
}

fn outcomes_of(case: &Case) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome { what: case.what, expected: case.expected.clone(), came: None }];
    match case.then {
        Then::Wait | Then::Cancel => {}
        Then::Repeat(what) => outcomes.push(Outcome { what, expected: End::SameAnswer, came: None }),
        Then::SendOther(what, _) => {
            let expected = End::NotAccepted("idempotency-key-reused".to_owned());
            outcomes.push(Outcome { what, expected, came: None });
        }
    }
    outcomes
}

fn take(news: News, outcomes: &mut [Outcome], invoices: &mut Vec<InvoiceLink>) {
    let Some(end) = news.end else { return };
    if let Seen::Order(order) = news.seen {
        invoices.extend(order.invoice);
    }
    if let Some(outcome) = outcomes.get_mut(news.row) {
        outcome.came = Some(end);
    }
}

/// Whether every kind came to the ends that it should, and says so.
fn say_ends(outcomes: &[Outcome]) -> bool {
    say!("\nWhat came of each kind:\n");
    let judged = judge(outcomes);
    for kind in &judged {
        match &kind.instead_of {
            None => say!("  ok    {:<24} {}", kind.what, kind.came),
            Some(expected) => {
                say!("  WRONG {:<24} {}", kind.what, kind.came);
                say!("        {:<24} expected: {expected}", "");
            }
        }
    }
    let different = judged.iter().filter(|kind| kind.instead_of.is_some()).count();
    match different {
        0 => say!("\nAll {} kinds of requests ended as expected.", judged.len()),
        _ => say!("\n{different} of {} kinds of requests did not end as expected.", judged.len()),
    }
    different == 0
}

/// Where the invoices are. Whether each of them is really there.
fn say_invoices(config: &Config, invoices: &[InvoiceLink]) -> anyhow::Result<bool> {
    let documents = config.data_dir.join("documents");
    let documents = std::path::absolute(&documents).with_context(|| format!("cannot find {}", documents.display()))?;
    let mut files: Vec<PathBuf> = invoices.iter().map(|link| documents.join(document_path(&link.number))).collect();
    files.sort();
    let missing: Vec<&PathBuf> = files.iter().filter(|file| !file.is_file()).collect();
    for file in &missing {
        say!("\nThis invoice should be there and is not: {}", file.display());
    }
    if let Some((example, folder)) = files.first().and_then(|file| Some((file, file.parent()?))) {
        say!("\n{} invoices of this demo are in {}", files.len() - missing.len(), folder.display());
        say!("Open one: {}", example.display());
    }
    Ok(missing.is_empty() && !files.is_empty())
}

/// Names the commands as this one was started.
fn say_next() {
    let from_source = std::env::var_os("CARGO").is_some();
    let sluice = if from_source { "cargo run --" } else { "sluice" };
    say!("\nWhat to try next:\n");
    say!("  {sluice} serve               serve until Ctrl-C, with a curl to order with");
    say!("  {sluice} replay FILE.csv.gz  the orders of a real shop");
    say!("  {sluice} audit               every promise checked again, and the documents' files");
    say!("  {sluice} --help              everything else");
}
