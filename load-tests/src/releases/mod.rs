//! Two releases side by side, as while one is rolled out: an older one, built from its commit, and this one serve one
//! database and one set of queues while orders are sent to both, called off at one and asked for again at the other. Then the
//! older is stopped, and a hand in the tables plays a later release: this one is stopped with work under way, every JSON object
//! that is stored gets a member that it does not know, and it must carry all of that to its end and show it.
//!
//! It reaches into the tables, so it starts the PostgreSQL itself.

mod beside;
mod build;
mod hand;
mod later;

use crate::{
    orders::{Mix, Wanted},
    server::{self, Server},
};
use anyhow::{Context, ensure};
use beside::Load;
use clap::Args;
use hand::Hand;
use local_postgres::LocalPostgres;
use reqwest::Client;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tokio::task::LocalSet;

const CUSTOMERS: usize = 20;
const AMPLE: u64 = 1_000_000;

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
pub(crate) fn run(args: Releases) -> anyhow::Result<ExitCode> {
    // The PostgreSQL is watched by threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    LocalSet::new().block_on(&runtime, on_one_database(args))
}

async fn on_one_database(args: Releases) -> anyhow::Result<ExitCode> {
    let newer_program = server::locate(args.sluice.clone())?;
    let older_program = match &args.older_program {
        Some(path) => server::locate(Some(path.clone()))?,
        None => build::build(args.older.as_deref())?,
    };
    let folder = tempfile::Builder::new()
        .prefix("sluice-releases-")
        // Run by root, PostgreSQL runs as another user, who must be able to enter.
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .context("cannot make a folder")?;
    let postgres = LocalPostgres::start(folder.path(), |_| {}).await?;
    let done = side_by_side(&args, older_program, newer_program, folder.path(), postgres.url()).await;
    postgres.stop().await;
    done
}

#[expect(clippy::print_stdout, reason = "a command prints its answer")]
async fn side_by_side(
    args: &Releases,
    older_program: PathBuf,
    newer_program: PathBuf,
    folder: &Path,
    url: &str,
) -> anyhow::Result<ExitCode> {
    let older = Server::start(older_program, folder, Some(url)).await?;
    let mix = Mix { wanted: Wanted::Zipf { skus: 100 }, customers: CUSTOMERS, declined: 0.1, repeated: 0.0 };
    older.import(&mix.catalogue(AMPLE)).await?;
    let tokens = older.tokens(CUSTOMERS).await?;
    let newer = older.beside(newer_program).await?;
    let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
    let mut hand = Hand::at(url).await?;
    hand.observe().await?;
    let load = Load {
        requests: mix.requests(args.rate as usize * usize::try_from(args.seconds)?, 1),
        per_second: f64::from(args.rate),
        patience: Duration::from_secs(args.patience),
    };
    let beside = beside::both(&client, [&older, &newer], &mut hand, &tokens, load).await;
    let logs = [("the older release", older.log().1), ("this release", newer.log().1)];
    // Its folder is the other's, too.
    let folder_of_both = older.pause().await?;
    let beside = match beside {
        Ok(seen) => seen,
        Err(error) => {
            newer.stop().await?;
            for (name, log) in logs {
                println!("the log of {name} ends with:\n{log}\n");
            }
            return Err(error);
        }
    };
    println!(
        "{} orders over two releases, {} of them called off, while {} tables got a column that neither knows: all at their ends; \
         nothing set aside, both lists agree, both audits clean",
        beside.accepted.len(),
        beside.called_off,
        beside.widened
    );
    let later =
        later::after_a_later_one(&client, newer, &mut hand, &mix, &tokens, beside.accepted, args.patience).await?;
    let kept = files_below(&folder_of_both.documents().join("set-aside"))?;
    ensure!(kept.is_empty(), "documents were set aside, as if one release took the other's for damaged: {kept:?}");
    drop(folder_of_both);
    println!("{later}\nno document was set aside");
    Ok(ExitCode::SUCCESS)
}

/// All files in a folder and the ones below, if it is there.
fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot look into {}", folder.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}
