//! `audit`: whether everything is as promised.

use adapters::{
    audit::{self, Report, Scope},
    documents::{
        StoredDocuments,
        installation::{self, FolderError},
    },
    postgres::{Database, orders::PgOrders},
    sandbox::Sandbox,
    system::SystemClock,
};
use anyhow::bail;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{
    config::Config,
    remark, say,
    store::{Store, Tables},
};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// What is looked at.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Audit those too: everything, from the first order on.
    #[arg(long)]
    all: bool,
    /// Print JSON instead of lines.
    #[arg(long)]
    json: bool,
    /// Of which issued documents the files are read: a share, another one from time to time, or all.
    #[arg(long, value_enum, default_value_t = DocumentsArg::Share)]
    documents: DocumentsArg,
}

/// Of which documents the files are read.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DocumentsArg {
    /// A few hundred.
    Share,
    /// Every one; where there is no folder of documents the audit cannot run then.
    All,
}

/// Audits, and says what it found.
pub(super) async fn audit(config: &Config, args: &AuditArgs) -> anyhow::Result<ExitCode> {
    let (all, all_documents) = (args.all, matches!(args.documents, DocumentsArg::All));
    if all_documents && !has_documents(config) {
        bail!(
            "the documents cannot be looked at: there is no {}. Run this where that folder is, or name the one that holds it \
             with SLUICE_DATA_DIR; without --documents all the audit does without them",
            documents_folder(config).display()
        );
    }
    let report =
        Store::work_on(config, Tables::AsTheyAre, async |database| report(config, database, all, all_documents).await)
            .await?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        say!("{report}");
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn report(config: &Config, database: &Database, all: bool, all_documents: bool) -> anyhow::Result<Report> {
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("auditing {bar:40} {pos}/{len} orders, {eta} left")?);
    let progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let scope = Scope { all, progress: &progress, ..Scope::default() };
    let mut report = audit::audit_within(database, &Sandbox::new(database.clone()), scope).await?;
    bar.finish_and_clear();
    let folder = documents_folder(config);
    if has_documents(config) {
        let orders = PgOrders::new(database.clone(), Arc::new(SystemClock), config.orders.clone());
        let documents = StoredDocuments::read_from_folder(&folder);
        let line = match installation::check(database, &folder).await {
            Ok(()) => match audit::documents(&orders, &documents, &printing::PdfReader, all_documents).await {
                Err(error) if error.what.starts_with("documents.") => audit::documents_out_of_reach(&error.chain()),
                line => {
                    report.documents_looked_at = true;
                    line?
                }
            },
            Err(error @ FolderError::Database(_)) => return Err(error.into()),
            Err(error) => audit::documents_out_of_reach(&format!("{:#}", anyhow::Error::from(error))),
        };
        report.lines.push(line);
    } else {
        remark!("documents are not looked at: there is no {}", folder.display());
    }
    Ok(report)
}

fn documents_folder(config: &Config) -> PathBuf {
    config.data_dir.join("documents")
}

/// Whether documents are looked for here. Whoever names a database may have them in a bucket or on another machine.
fn has_documents(config: &Config) -> bool {
    documents_folder(config).is_dir() || config.database_url.is_none()
}
