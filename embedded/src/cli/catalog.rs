//! `catalog import`: products from a CSV file, all of it or nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer, and what is bad apart")]

use super::store::Store;
use crate::{catalog_csv, config::Config};
use adapters::{
    postgres::catalogue::{Delivery, PgCatalogue},
    system::SystemClock,
};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::{fs::File, io::BufReader, path::Path, process::ExitCode, sync::Arc};

pub(super) async fn import(config: &Config, file: &Path, skip_bad: bool) -> anyhow::Result<ExitCode> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let content = catalog_csv::read(BufReader::new(opened)).with_context(|| file.display().to_string())?;
    for bad in &content.bad {
        eprintln!("{}: {bad}", file.display());
    }
    if !content.bad.is_empty() && !skip_bad {
        bail!(
            "{} bad row(s), nothing was imported; mend them, or import the {} good one(s) with --skip-bad",
            content.bad.len(),
            content.rows.len()
        );
    }
    let deliveries = content.rows.into_iter().map(delivery).collect::<anyhow::Result<Vec<_>>>()?;
    let store = Store::open(config).await?;
    let database = store.database().await?;
    let length = u64::try_from(deliveries.len())?;
    let bar =
        ProgressBar::new(length).with_style(ProgressStyle::with_template("importing {bar:40} {pos}/{len} products")?);
    let source = file.file_name().map_or_else(|| "import".to_owned(), |name| name.to_string_lossy().into_owned());
    PgCatalogue::new(database.clone(), Arc::new(SystemClock))
        .import(&deliveries, &source, |done| bar.set_position(u64::try_from(done).unwrap_or(length)))
        .await?;
    bar.finish_and_clear();
    let units: i64 = deliveries.iter().map(|delivery| delivery.units).sum();
    println!("{} products imported, {units} units booked in, {} row(s) skipped.", deliveries.len(), content.bad.len());
    database.close().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn delivery(row: catalog_csv::CatalogRow) -> anyhow::Result<Delivery> {
    Ok(Delivery {
        sku: row.sku,
        name: row.name,
        price: row.price_minor,
        currency: row.currency.parse()?,
        tax_rate_bp: row.tax_rate_bp,
        tax_terms: row.tax_terms,
        units: row.stock,
    })
}
