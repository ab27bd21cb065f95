//! The command line: what each command is for, and how it teaches itself.

pub mod aws_local;
mod catalog;
mod check;
mod database_url;
mod dlq;
mod postgres;
mod serve;
mod store;
mod token;
mod trail;

pub use store::Store;

use crate::{
    config::Config,
    session::Whose,
    terminal::{self, remark},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use handlers::api::TRAIL;
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// What a command ends with that could not be run, or not to its end; as wrong arguments do. 1 is for what it found to be
/// otherwise than it should.
pub(crate) const COULD_NOT_RUN: u8 = 2;
/// How long what still blocks when a command has ended is waited for: a part of a start that was called off.
const LEFT_OVER: Duration = Duration::from_millis(500);

/// Takes orders, reserves stock, takes payment and issues invoices: an order pipeline in one process.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, propagate_version = true, arg_required_else_help = false)]
#[command(after_help = "Without a command it serves.\n\n\
    Environment:\n  \
      SLUICE_LISTEN        where the API listens [default: 127.0.0.1:8080]\n  \
      SLUICE_DATA_DIR      documents, the development key and an own PostgreSQL [default: .sluice]\n  \
      DATABASE_URL         a PostgreSQL (15 or later) to use instead of an own one\n  \
      SLUICE_SELLER        who sells, as JSON; without it invoices are specimens\n  \
      SLUICE_TIME_ZONE     where the seller keeps its books, such as Europe/Berlin [default: UTC]\n  \
      SLUICE_TEST_TOKENS   taken or refused: whether the sandbox's test tokens are money [default: taken]\n  \
      SLUICE_HOLD_MINUTES  how long stock is held for an unpaid order [default: 30]\n  \
      SLUICE_KEEP_KEYS_DAYS        how long idempotency keys live [default: 30]\n  \
      SLUICE_KEEP_EXECUTIONS_DAYS  how long ended executions are kept [default: 90]\n  \
      SLUICE_ISSUER        an OpenID provider whose tokens are taken [default: the development key's]\n  \
      SLUICE_AUDIENCE      what its tokens must be meant for\n  \
      SLUICE_DEVELOPMENT_KEY  loopback or anywhere: from where its tokens are taken [default: loopback]\n  \
      SLUICE_LEASE_SECONDS  how long a process has work in hand that falls silent [default: 20]\n  \
      SLUICE_CONNECTIONS   callers' connections at once [default: 8192]\n  \
      SLUICE_CONNECTIONS_PER_ADDRESS  those of one address [default: 4096]\n  \
      SLUICE_STAGE         the installation's name in events [default: local]\n  \
      SLUICE_LOG           what is logged, such as info or sluice=debug [default: warn]\n  \
      SLUICE_LOG_FORMAT    text or json [default: text on a terminal]\n\n\
    Exit codes: 0 all is well; 1 a command ran, and something is not as it should be (audit, index rebuild, demo, replay);\n\
    2 it could not run, or not to its end.\n\n\
    Start with: sluice demo")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything and serve until Ctrl-C.
    Serve,
    /// Start everything, send orders of every kind through, show them arrive, and audit.
    ///
    /// It imports products of its own and has invoices issued, so it begins a shop, or goes on with one that a demo or a
    /// replay began; any other it refuses, and any with SLUICE_SELLER set.
    Demo {
        /// Do so in whatever shop this is: its catalogue, its stock, its invoice numbers.
        #[arg(long)]
        into_this_shop: bool,
    },
    /// Check every promise of the pipeline against the database and the provider's books; exits 1 on a violation, and 2 if
    /// it could not look.
    ///
    /// Orders that were audited and have rested for two days since are left out until they change.
    Audit {
        /// Audit those too: everything, from the first order on.
        #[arg(long)]
        all: bool,
        /// Print JSON instead of lines.
        #[arg(long)]
        json: bool,
        /// Of which issued documents the files are read: a share, another one from time to time, or all.
        #[arg(long, value_enum, default_value_t = DocumentsArg::Share)]
        documents: DocumentsArg,
    },
    /// Print a bearer token of the development key.
    Token(TokenArgs),
    /// Print the address of the database while it runs: psql "$(sluice database-url)".
    DatabaseUrl,
    /// Work on the catalogue.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Look at messages that failed too often, set them going again, or drop them.
    #[command(subcommand)]
    Dlq(DlqCommand),
    /// Work on the search index.
    #[command(subcommand)]
    Index(IndexCommand),
    /// Send the orders of a real shop through the API: a file in the columns of UCI's "Online Retail".
    ///
    /// It imports the file's products and has invoices issued, so it begins a shop, or goes on with one that a demo or a
    /// replay began; any other it refuses, and any with SLUICE_SELLER set.
    Replay(ReplayArgs),
    /// Run the own PostgreSQL of the data folder alone, print its address, and stay until Ctrl-C.
    ///
    /// For psql, pg_dump and pg_restore while nothing serves: psql "$ADDRESS". Where a `sluice serve` runs, it prints the
    /// address of that one's. It takes and changes no orders; other commands may run beside it.
    Postgres,
    /// Deploy everything on an AWS that runs on this machine, and stay until Ctrl-C. Needs a checkout of the source,
    /// cargo and Python 3.
    AwsLocal,
}

#[derive(Debug, Args)]
struct TokenArgs {
    /// What the bearer may do.
    #[arg(long)]
    role: RoleArg,
    /// Who the bearer is: customers see the orders of their own name.
    #[arg(long)]
    sub: String,
    /// The warehouse that the bearer speaks for; needed with role warehouse.
    #[arg(long, required_if_eq("role", "warehouse"))]
    warehouse: Option<String>,
    /// How long it is good for, in hours.
    #[arg(long, default_value_t = 24 * 30, value_parser = clap::value_parser!(u32).range(1..=24 * 366))]
    hours: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DocumentsArg {
    /// A few hundred.
    Share,
    /// Every one; where there is no folder of documents the audit cannot run then.
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    /// Places orders and sees its own.
    Customer,
    /// Is meant to ship the orders of one warehouse; the API has nothing for it yet.
    Warehouse,
    /// Sees every order.
    Support,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Import products and book their units in: a CSV with the header sku,name,price,currency,tax_rate,stock.
    ///
    /// price is in decimal units (12.50), tax_rate in per cent (20 or 5.5; not 0.2), stock the units that come in with this
    /// import. Optional are tax_category (standard, zero, exempt or export), tax_exemption_reason, and price_includes_tax
    /// (true or false). More columns are allowed, and named. If a row is bad, nothing of the file is imported, unless
    /// --skip-bad is given.
    ///
    /// Of a product that is there already, name, price, currency, tax_rate and the optional columns are overwritten, and
    /// stock is added to what is there, unless --counted is given; orders that have their price keep it. An optional
    /// column that the file does not have leaves what products have; an empty field in one that it has sets the default.
    /// Where tax_category is kept, standard and zero follow the new tax_rate, while exempt and export refuse a file whose rate
    /// is above zero; a tax_exemption_reason is kept only as long as the tax_category stays the same. A product that the file
    /// does not have stays as it is. Products that are sold in another currency from now on are named.
    ///
    /// A product of tax_category export can be ordered to abroad only, and needs a seller with a VAT number.
    ///
    /// A file of what came in that was imported before is recognised by what it says, however it was saved since, and changes
    /// nothing: a command that was cut short can be repeated. A count is taken as it is, each time.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The CSV file.
    file: PathBuf,
    /// Import the good rows, and only list the bad ones (the first 50).
    #[arg(long)]
    skip_bad: bool,
    /// The column stock says what is there, by a count, promised units among it: it takes the place of what was thought
    /// to be there.
    #[arg(long)]
    counted: bool,
    /// Import the file although it was imported before.
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Subcommand)]
enum DlqCommand {
    /// List what was set aside, oldest first.
    List {
        /// Of this queue only.
        #[arg(long, value_parser = dlq::queue_named)]
        queue: Option<String>,
        /// Print JSON lines instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Show one message with its body (which may hold a buyer's address).
    Show {
        /// Its id, from the list.
        id: i64,
    },
    /// Put messages back on their queue, to be tried anew.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["id", "queue", "all"])))]
    Redrive {
        /// One message.
        id: Option<i64>,
        /// All of this queue.
        #[arg(long, value_parser = dlq::queue_named)]
        queue: Option<String>,
        /// All of all queues.
        #[arg(long)]
        all: bool,
    },
    /// Drop one message for good. What it was for is not done; the audit names its order if that is missed.
    Delete {
        /// Its id, from the list.
        id: i64,
        /// Why, for the log.
        #[arg(long, value_parser = dlq::reason)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
enum IndexCommand {
    /// Build the search index anew from the database.
    Rebuild,
}

/// How a shop's file is replayed.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The file: CSV or CSV.gz with InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
    /// Country.
    pub file: PathBuf,
    /// How many times faster than it happened, or max.
    #[arg(long, default_value = "max")]
    pub speed: crate::replay::schedule::Speed,
    /// Stock for so many days of the file's own sales.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub stock_days: u32,
    /// Do so in whatever shop this is: its catalogue, its stock, its invoice numbers.
    #[arg(long)]
    pub into_this_shop: bool,
}

impl Cli {
    /// Runs the command. An error is one line that says what to do.
    pub fn run(self) -> ExitCode {
        let done = (|| -> anyhow::Result<ExitCode> {
            let config = Config::from_environment()?;
            start_logging()?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let code = runtime.block_on(self.command.unwrap_or(Command::Serve).run(&config));
            runtime.shutdown_timeout(LEFT_OVER);
            let code = code?;
            terminal::answered()?;
            Ok(code)
        })();
        match done {
            Ok(code) => code,
            Err(error) => {
                remark!("sluice: {error:#}");
                ExitCode::from(COULD_NOT_RUN)
            }
        }
    }
}

impl Command {
    async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve => serve::serve(config).await,
            Self::Demo { into_this_shop } => crate::demo::demo(config, Whose::asked(into_this_shop)).await,
            Self::Audit { all, json, documents } => {
                check::audit(config, all, json, matches!(documents, DocumentsArg::All)).await
            }
            Self::Token(args) => token::token(config, args),
            Self::DatabaseUrl => database_url::database_url(config).await,
            Self::Catalog(CatalogCommand::Import(args)) => catalog::import(config, &args).await,
            Self::Dlq(DlqCommand::List { queue, json }) => dlq::list(config, queue.as_deref(), json).await,
            Self::Dlq(DlqCommand::Show { id }) => dlq::show(config, id).await,
            Self::Dlq(DlqCommand::Redrive { id, queue, all: _ }) => dlq::redrive(config, id, queue.as_deref()).await,
            Self::Dlq(DlqCommand::Delete { id, reason }) => dlq::delete(config, id, &reason).await,
            Self::Index(IndexCommand::Rebuild) => check::rebuild_index(config).await,
            Self::Replay(args) => crate::replay::send::replay(config, &args).await,
            Self::Postgres => postgres::postgres(config).await,
            Self::AwsLocal => aws_local::aws_local(config).await,
        }
    }
}

/// Logs go to standard error: what a command prints is its answer.
fn start_logging() -> anyhow::Result<()> {
    use std::io::IsTerminal;
    let filter = std::env::var("SLUICE_LOG").unwrap_or_else(|_| "warn".to_owned());
    // A log that nobody reads any more is no reason to complain of that, where nobody reads it either.
    let lines = tracing_subscriber::fmt().with_env_filter(log_filter(&filter)?).log_internal_errors(false);
    let lines = lines.with_writer(std::io::stderr);
    let format = std::env::var("SLUICE_LOG_FORMAT").ok();
    match (format.as_deref(), std::io::stderr().is_terminal()) {
        (Some("text"), ansi) => lines.with_ansi(ansi).init(),
        (None, true) => lines.init(),
        (Some("json") | None, _) => lines.json().init(),
        (Some(other), _) => anyhow::bail!("SLUICE_LOG_FORMAT is {other:?}; it must be text or json"),
    }
    Ok(())
}

/// What is logged. A bare word that is no level would be taken for a module's name, and switch everything else off.
fn log_filter(text: &str) -> anyhow::Result<EnvFilter> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty() && !word.contains(['=', '[', ':']));
    for word in words {
        let is_level = word.parse::<LevelFilter>().is_ok();
        anyhow::ensure!(is_level, "SLUICE_LOG is {text:?}: {word:?} is no level; try info or sluice=debug");
    }
    let filter = EnvFilter::try_new(text)
        .map_err(|error| anyhow::anyhow!("SLUICE_LOG is {text:?}: {error}; try info or sluice=debug"))?;
    // Who did what is told whatever else is left out.
    Ok(filter.add_directive(format!("{TRAIL}=info").parse()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_level_that_there_is_not_is_refused_and_switches_nothing_off() {
        for good in ["info", "WARN", "off", "warn,sluice=info", "sluice::pipeline=debug, error", ""] {
            assert!(log_filter(good).is_ok(), "{good}");
        }
        for quiet in ["off", "error", "warn,handlers=off"] {
            let filter = log_filter(quiet).unwrap().to_string();
            assert!(filter.contains(&format!("{TRAIL}=info")), "{quiet}: {filter}");
        }
        for wrong in ["inof", "warn,loud", "sluice=lod"] {
            let refusal = log_filter(wrong).unwrap_err().to_string();
            assert!(refusal.contains("SLUICE_LOG") && refusal.contains("try info"), "{refusal}");
        }
    }
}
