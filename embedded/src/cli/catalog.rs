//! `catalog import`: products from a CSV file, all of it or nothing, and once.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its answer, and what is bad apart")]

use super::{ImportArgs, store::Store};
use crate::{catalog_csv, config::Config};
use adapters::{
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        catalogue_file::{CatalogueFile, Contradicted, Imported, Promised, Stock},
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
use workflows::invoice::TaxTermsSaid;

/// SKUs that are named when a file is refused for them.
const NAMED: usize = 20;

pub(super) async fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let file = args.file.display();
    let opened = File::open(&args.file).with_context(|| format!("cannot read {file}"))?;
    let mut hashed = Hashed { inner: opened, hash: Sha256::new() };
    let content = catalog_csv::read(BufReader::new(&mut hashed)).with_context(|| file.to_string())?;
    for bad in &content.bad {
        eprintln!("{file}: {bad}");
    }
    if !content.bad.is_empty() && !args.skip_bad {
        bail!(
            "{} bad row(s), nothing was imported; mend them, or import the {} good one(s) with --skip-bad",
            content.bad.len(),
            content.rows.len()
        );
    }
    let deliveries = content.rows.into_iter().map(delivery).collect::<anyhow::Result<Vec<_>>>()?;
    let store = Store::open(config).await?;
    let database = store.database().await?;
    let imported = write(&database, args, &deliveries, content.said, hashed.hash.finalize().into()).await;
    database.close().await;
    store.close().await;
    let units: i64 = deliveries.iter().map(|delivery| delivery.units).sum();
    let booked = if args.counted { "counted" } else { "booked in" };
    match imported? {
        Imported::Now => println!(
            "{} products imported, {units} units {booked}, {} row(s) skipped.",
            deliveries.len(),
            content.bad.len()
        ),
        Imported::Before { at, source } => println!(
            "{file} was imported before, at {}{}; nothing was changed. Use --again if it is meant a second time.",
            at.format(&Rfc3339)?,
            if source == name_of(args) { String::new() } else { format!(" as {source}") }
        ),
        Imported::Promised(promised) => bail!(refusal(&promised)),
        Imported::Contradicted(contradicted) => bail!(contradiction(&contradicted)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn write(
    database: &Database,
    args: &ImportArgs,
    deliveries: &[Delivery],
    said: TaxTermsSaid,
    content: [u8; 32],
) -> anyhow::Result<Imported> {
    let length = u64::try_from(deliveries.len())?;
    let bar =
        ProgressBar::new(length).with_style(ProgressStyle::with_template("importing {bar:40} {pos}/{len} products")?);
    let stock = if args.counted { Stock::Counted } else { Stock::Received };
    let file = CatalogueFile { deliveries, said, source: &name_of(args), content, stock, again: args.again };
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
    let named = named(promised, |p| format!("{} (counted {}, promised {})", p.sku, p.counted, p.reserved));
    format!(
        "fewer units were counted than are promised to orders, nothing was imported: {named}; count again, or cancel \
         orders of these first"
    )
}

/// Either the rate is wrong, or the category that was right until now: nobody can tell here which.
fn contradiction(contradicted: &[Contradicted]) -> String {
    let named = named(contradicted, |c| {
        let rate = c.tax_rate_bp;
        format!("{} ({} at {}.{:02} per cent)", c.sku, c.category.as_str(), rate / 100, rate % 100)
    });
    format!(
        "the file has no column tax_category, and the category that products keep does not go with their new tax_rate, \
         nothing was imported: {named}; mend the rate, or give the file a column tax_category (empty: by the rate)"
    )
}

/// The first of them, and how many more there are.
fn named<T>(all: &[T], name: impl FnMut(&T) -> String) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(name).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
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
