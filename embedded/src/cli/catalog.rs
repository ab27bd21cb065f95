//! `catalog import`: products from a CSV file, all of it or nothing, and once.

use super::{
    ImportArgs,
    store::{Store, Tables},
    trail,
};
use crate::{
    catalog_csv,
    config::Config,
    terminal::{remark, say},
};
use adapters::{
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        catalogue_file::{CatalogueFile, Imported, Promised, Stock},
    },
    system::SystemClock,
};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    process::ExitCode,
    sync::Arc,
};
use time::format_description::well_known::Rfc3339;

/// SKUs that are named when more is promised of them than was counted.
const NAMED: usize = 20;

pub(super) async fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let file = args.file.display();
    let opened = File::open(&args.file).with_context(|| format!("cannot read {file}"))?;
    let mut hashed = Hashed { inner: opened, hash: Sha256::new() };
    let content = catalog_csv::read(BufReader::new(&mut hashed)).with_context(|| file.to_string())?;
    for bad in &content.bad {
        remark!("{file}: {bad}");
    }
    if !content.bad.is_empty() && !args.skip_bad {
        bail!(
            "{} bad row(s), nothing was imported; mend them, or import the {} good one(s) with --skip-bad",
            content.bad.len(),
            content.rows.len()
        );
    }
    let deliveries = content.rows.into_iter().map(delivery).collect::<anyhow::Result<Vec<_>>>()?;
    trail::note("catalog import", &name_of(args));
    let hash: [u8; 32] = hashed.hash.finalize().into();
    let imported =
        Store::work_on(config, Tables::UpToDate, async |database| write(database, args, &deliveries, hash).await)
            .await?;
    let units: i64 = deliveries.iter().map(|delivery| delivery.units).sum();
    let booked = if args.counted { "counted" } else { "booked in" };
    match imported {
        Imported::Now => say!(
            "{} products imported, {units} units {booked}, {} row(s) skipped.",
            deliveries.len(),
            content.bad.len()
        ),
        Imported::Before { at, source } => say!(
            "{file} was imported before, at {}{}; nothing was changed. Use --again if it is meant a second time.",
            at.format(&Rfc3339)?,
            if source == name_of(args) { String::new() } else { format!(" as {source}") }
        ),
        Imported::Promised(promised) => bail!(refusal(&promised)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn write(
    database: &Database,
    args: &ImportArgs,
    deliveries: &[Delivery],
    content: [u8; 32],
) -> anyhow::Result<Imported> {
    let length = u64::try_from(deliveries.len())?;
    let bar =
        ProgressBar::new(length).with_style(ProgressStyle::with_template("importing {bar:40} {pos}/{len} products")?);
    let stock = if args.counted { Stock::Counted } else { Stock::Received };
    let file = CatalogueFile { deliveries, source: &name_of(args), content, stock, again: args.again };
    let imported = PgCatalogue::new(database.clone(), Arc::new(SystemClock))
        .import_file(file, |done| bar.set_position(u64::try_from(done).unwrap_or(length)))
        .await;
    bar.finish_and_clear();
    Ok(imported?)
}

fn name_of(args: &ImportArgs) -> String {
    args.file.file_name().map_or_else(|| "import".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A count below what is promised is either wrong, or orders have to be cancelled first: nobody can tell here which.
fn refusal(promised: &[Promised]) -> String {
    let named = promised.iter().take(NAMED);
    let named: Vec<String> =
        named.map(|p| format!("{} (counted {}, promised {})", p.sku, p.counted, p.reserved)).collect();
    let more = match promised.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "fewer units were counted than are promised to orders, nothing was imported: {}{more}; count again, or cancel \
         orders of these first",
        named.join(", ")
    )
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

/// Hashes what is read through it.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
