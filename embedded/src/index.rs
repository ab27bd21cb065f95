//! `index`: mending what search shows.

use crate::trail;
use adapters::postgres::search::PgSearch;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{
    config::Config,
    remark, say,
    store::{Store, Tables},
};
use std::process::ExitCode;
use workflows::ports::Search;

/// What is done to the index.
#[derive(Debug, Subcommand)]
pub(super) enum IndexCommand {
    /// Build the search index anew from the database.
    Rebuild,
}

impl IndexCommand {
    /// Does it.
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Rebuild => rebuild(config).await,
        }
    }
}

async fn rebuild(config: &Config) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("indexing {bar:40} {pos}/{len} orders, {eta} left")?);
    let shown = bar.clone();
    let progress = move |done, total| {
        shown.set_length(total);
        shown.set_position(done);
    };
    let rebuilt = Store::work_on(config, Tables::AsTheyAre, async |database| {
        trail::note("index rebuild", "every order");
        Ok(PgSearch::new(database.clone()).rebuild(&progress).await?)
    })
    .await?;
    bar.finish_and_clear();
    say!("{} orders are indexed.", rebuilt.done);
    for (order, why) in &rebuilt.examples {
        remark!("order {order} is not: {why}");
    }
    if rebuilt.failed > 0 {
        remark!(
            "{} orders could not be indexed; support finds them by nothing. Mend them, then rebuild again.",
            rebuilt.failed
        );
    }
    Ok(if rebuilt.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
