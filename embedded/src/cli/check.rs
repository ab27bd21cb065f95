//! `audit` and `index rebuild`: whether everything is as promised, and mending what search shows.
#![expect(clippy::print_stdout, reason = "a command prints its answer")]

use super::store::Store;
use crate::config::Config;
use adapters::{
    audit::{self, Scope},
    postgres::search::PgSearch,
    sandbox::Sandbox,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use workflows::ports::Search;

pub(super) async fn audit(config: &Config, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let database = store.as_it_is().await?;
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("auditing {bar:40} {pos}/{len} orders, {eta} left")?);
    let progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let scope = Scope { all, progress: &progress, ..Scope::default() };
    let report = audit::audit_within(&database, &Sandbox::new(database.clone()), scope).await?;
    bar.finish_and_clear();
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    database.close().await;
    store.close().await;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn rebuild_index(config: &Config) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let database = store.as_it_is().await?;
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("indexing {bar:40} {pos}/{len} orders, {eta} left")?);
    let shown = bar.clone();
    let done = PgSearch::new(database.clone())
        .rebuild(&move |done, total| {
            shown.set_length(total);
            shown.set_position(done);
        })
        .await?;
    bar.finish_and_clear();
    println!("{done} orders are indexed.");
    database.close().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
