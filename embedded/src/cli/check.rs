//! `audit` and `index rebuild`: whether everything is as promised, and mending what search shows.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer, and what failed apart")]

use super::store::Store;
use crate::config::Config;
use adapters::{
    audit::{self, Scope},
    documents::StoredDocuments,
    postgres::{orders::PgOrders, search::PgSearch},
    sandbox::Sandbox,
    system::SystemClock,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{process::ExitCode, sync::Arc};
use workflows::ports::Search;

pub(super) async fn audit(config: &Config, all: bool, json: bool, all_documents: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open(config).await?;
    let database = store.as_it_is().await?;
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("auditing {bar:40} {pos}/{len} orders, {eta} left")?);
    let progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let scope = Scope { all, progress: &progress, ..Scope::default() };
    let mut report = audit::audit_within(&database, &Sandbox::new(database.clone()), scope).await?;
    bar.finish_and_clear();
    let folder = config.data_dir.join("documents");
    // Whoever names a database may have the documents in a bucket or on another machine.
    if folder.is_dir() || config.database_url.is_none() {
        let orders = PgOrders::new(database.clone(), Arc::new(SystemClock), config.orders.clone());
        let documents = StoredDocuments::read_from_folder(&folder);
        report.lines.push(audit::documents(&orders, &documents, all_documents).await?);
    } else {
        eprintln!("documents are not looked at: there is no {}", folder.display());
    }
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
    let rebuilt = PgSearch::new(database.clone())
        .rebuild(&move |done, total| {
            shown.set_length(total);
            shown.set_position(done);
        })
        .await?;
    bar.finish_and_clear();
    println!("{} orders are indexed.", rebuilt.done);
    for (order, why) in &rebuilt.examples {
        eprintln!("order {order} is not: {why}");
    }
    if rebuilt.failed > 0 {
        eprintln!(
            "{} orders could not be indexed; support finds them by nothing. Mend them, then rebuild again.",
            rebuilt.failed
        );
    }
    database.close().await;
    store.close().await;
    Ok(if rebuilt.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
