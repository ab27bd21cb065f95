//! The command line: what each command is for, and how it teaches itself.

use crate::{
    audit::{self, AuditArgs},
    aws_local,
    catalog::CatalogCommand,
    database_url,
    dlq::DlqCommand,
    index::IndexCommand,
    postgres, serve,
    token::{self, TokenArgs},
};
use clap::{Parser, Subcommand};
use handlers::api::TRAIL;
use runtime::{
    config::Config,
    remark,
    terminal::{self, COULD_NOT_RUN},
};
use shop::{
    demo::{DemoArgs, demo},
    replay::{ReplayArgs, send::replay},
};
use std::{process::ExitCode, time::Duration};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

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
    Demo(DemoArgs),
    /// Check every promise of the pipeline against the database and the provider's books; exits 1 on a violation, and 2 if
    /// it could not look.
    ///
    /// Orders that were audited and have rested for two days since are left out until they change.
    Audit(AuditArgs),
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
            Self::Demo(args) => demo(config, args).await,
            Self::Audit(args) => audit::audit(config, &args).await,
            Self::Token(args) => token::token(config, args),
            Self::DatabaseUrl => database_url::database_url(config).await,
            Self::Catalog(command) => command.run(config).await,
            Self::Dlq(command) => command.run(config).await,
            Self::Index(command) => command.run(config).await,
            Self::Replay(args) => replay(config, &args).await,
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

/// Our own crates, which `sluice` stands for where somebody says what is logged.
const OURS: [&str; 9] =
    ["sluice", "runtime", "shop", "local_postgres", "asl", "handlers", "adapters", "printing", "workflows"];

/// The same with `sluice` written out as our crates: nobody who runs it knows of them.
fn written_out(text: &str) -> String {
    let (all, own): (Vec<&str>, Vec<&str>) = text.split(',').partition(|one| one.trim().starts_with("sluice="));
    let written_out = all.into_iter().flat_map(|one| {
        let level = one.trim().trim_start_matches("sluice");
        OURS.map(|name| format!("{name}{level}"))
    });
    // Behind them what is said of one crate, which so has the last word.
    written_out.chain(own.into_iter().map(str::to_owned)).collect::<Vec<_>>().join(",")
}

/// What is logged. A bare word that is no level would be taken for a module's name, and switch everything else off.
fn log_filter(text: &str) -> anyhow::Result<EnvFilter> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty() && !word.contains(['=', '[', ':']));
    for word in words {
        let is_level = word.parse::<LevelFilter>().is_ok();
        anyhow::ensure!(is_level, "SLUICE_LOG is {text:?}: {word:?} is no level; try info or sluice=debug");
    }
    // What the program does is done in its other crates: this would be taken and switch next to nothing on.
    let within = text.split(',').map(str::trim).find(|one| one.starts_with("sluice::") || one.starts_with("sluice["));
    if let Some(within) = within {
        anyhow::bail!(
            "SLUICE_LOG is {text:?}: {within:?} is not told apart; try info or sluice=debug, or one crate, such as runtime=debug"
        );
    }
    let filter = EnvFilter::try_new(written_out(text))
        .map_err(|error| anyhow::anyhow!("SLUICE_LOG is {text:?}: {error}; try info or sluice=debug"))?;
    // Who did what is told whatever else is left out.
    Ok(filter.add_directive(format!("{TRAIL}=info").parse()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::collections::BTreeSet;

    /// What has no log of its own, or is no part of the program.
    const SILENT: [&str; 4] = ["schemas", "testing", "pg_proxy", "workspace_hack"];

    #[test]
    fn sluice_stands_for_every_crate_of_ours_that_has_a_log() {
        let manifest = include_str!("../../Cargo.toml");
        let crates = manifest.lines().filter_map(|line| line.split_once(" = { path = "));
        let crates = crates.map(|(name, _)| name.replace('-', "_")).chain(["sluice".to_owned()]);
        let logging: BTreeSet<String> = crates.filter(|name| !SILENT.contains(&name.as_str())).collect();
        assert_eq!(logging, OURS.map(str::to_owned).into());
    }

    #[test]
    fn every_setting_is_in_the_help_and_in_the_readme() {
        let help = <Cli as clap::CommandFactory>::command().render_long_help().to_string();
        let rows = include_str!("../../README.md").lines().filter(|line| line.starts_with("| `SLUICE_"));
        for name in runtime::config::KNOWN {
            assert!(help.contains(&format!("\n  {name} ")), "the help does not say what {name} is");
            let is_told = rows.clone().any(|row| row.contains(&format!("`{name}`")));
            assert!(is_told, "README.md does not say what {name} is");
        }
    }

    #[test]
    fn a_level_that_there_is_not_is_refused_and_switches_nothing_off() {
        for good in ["info", "WARN", "off", "warn,sluice=info", "runtime::pipeline=debug, error", ""] {
            assert!(log_filter(good).is_ok(), "{good}");
        }
        let all = log_filter("warn, sluice=debug").unwrap().to_string();
        for ours in OURS {
            assert!(all.split(',').any(|directive| directive == format!("{ours}=debug")), "{ours}: {all}");
        }
        let filter = log_filter("adapters=warn,sluice=debug").unwrap().to_string();
        assert!(filter.contains("adapters=warn") && filter.contains("runtime=debug"), "{filter}");
        for quiet in ["off", "error", "warn,handlers=off"] {
            let filter = log_filter(quiet).unwrap().to_string();
            assert!(filter.contains(&format!("{TRAIL}=info")), "{quiet}: {filter}");
        }
        for wrong in ["inof", "warn,loud", "sluice=lod", "sluice::pipeline=debug", "info,sluice[x]=debug"] {
            let refusal = log_filter(wrong).unwrap_err().to_string();
            assert!(refusal.contains("SLUICE_LOG") && refusal.contains("try info"), "{refusal}");
        }
    }
}
