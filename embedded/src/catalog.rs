//! `catalog import`: products from a CSV file, all of it or nothing, and once.

use crate::trail;
use adapters::{
    postgres::{
        Database,
        catalogue::{
            Delivery, PgCatalogue,
            file::{CatalogueFile, Contradicted, CurrencyChange, Imported, Promised, Stock},
        },
    },
    system::SystemClock,
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{
    config::Config,
    remark, say,
    store::{Store, Tables},
};
use schemas::kept::TaxCategory;
use shop::catalog_csv::{self, CatalogRow, UnknownColumn};
use std::{collections::HashMap, fs::File, io::BufReader, path::PathBuf, process::ExitCode, sync::Arc};
use time::format_description::well_known::Rfc3339;
use workflows::billing::Seller;

/// SKUs that are named when a file is refused for them, or something of them is worth a word.
const NAMED: usize = 20;
/// Bad rows that are listed: who has more mends these first, which are mostly bad for one reason.
const LISTED: usize = 50;

/// What is done to the catalogue.
#[derive(Debug, Subcommand)]
pub(super) enum CatalogCommand {
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

/// What is imported, and how.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The CSV file.
    pub(super) file: PathBuf,
    /// Import the good rows, and only list the bad ones (the first 50).
    #[arg(long)]
    pub(super) skip_bad: bool,
    /// The column stock says what is there, by a count, promised units among it: it takes the place of what was thought
    /// to be there.
    #[arg(long)]
    pub(super) counted: bool,
    /// Import the file although it was imported before.
    #[arg(long)]
    pub(super) again: bool,
}

impl CatalogCommand {
    /// Does it.
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Import(args) => import(config, &args).await,
        }
    }
}

pub(super) async fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let file = args.file.display();
    let opened = File::open(&args.file).with_context(|| format!("cannot read {file}"))?;
    let content = catalog_csv::read(BufReader::new(opened)).with_context(|| file.to_string())?;
    if !content.unknown.is_empty() {
        say!("{}", unread(&content.unknown));
    }
    for bad in content.bad.iter().take(LISTED) {
        remark!("{file}: {bad}");
    }
    if let more @ 1.. = content.bad.len().saturating_sub(LISTED) {
        remark!("{file}: and {more} more bad row(s)");
    }
    if !content.bad.is_empty() && !args.skip_bad {
        bail!(bad_rows(content.bad.len(), content.rows.len()));
    }
    if let Some(refusal) = no_vat_number(&content.rows, &config.orders.seller) {
        bail!(refusal);
    }
    let lines: HashMap<String, u64> = content.rows.iter().map(|row| (row.sku.clone(), row.line)).collect();
    let (said, hash) = (content.said, content.content());
    let deliveries = content.rows.into_iter().map(delivery).collect::<anyhow::Result<Vec<_>>>()?;
    let stock = if args.counted { Stock::Counted } else { Stock::Received };
    let name = name_of(args);
    let catalogue_file =
        CatalogueFile { deliveries: &deliveries, said, source: &name, content: hash, stock, again: args.again };
    let imported = Store::work_on(config, Tables::UpToDate, async |database| {
        trail::note("catalog import", &name);
        write(database, catalogue_file).await
    })
    .await?;
    let units: i64 = deliveries.iter().map(|delivery| delivery.units).sum();
    let booked = if args.counted { "counted" } else { "booked in" };
    match imported {
        Imported::Now { in_another_currency } => {
            say!(
                "{} products imported, {units} units {booked}, {} row(s) skipped.",
                deliveries.len(),
                content.bad.len()
            );
            if !in_another_currency.is_empty() {
                say!("{}", currencies(&in_another_currency));
            }
        }
        Imported::Before { at, source } => say!(
            "{file} was imported before, at {}{}; nothing was changed. Use --again if it is meant a second time.",
            at.format(&Rfc3339)?,
            if source == name { String::new() } else { format!(" as {source}") }
        ),
        Imported::Promised(promised) => bail!(refusal(&promised)),
        Imported::Contradicted(contradicted) => bail!(contradiction(&contradicted, &lines)),
    }
    Ok(ExitCode::SUCCESS)
}

/// A shop's own columns are welcome; but one that was meant for ours leaves products taxed otherwise than was meant.
fn unread(columns: &[UnknownColumn]) -> String {
    format!("Columns that are not known and were not read: {}.", named(columns, ToString::to_string))
}

fn bad_rows(bad: usize, good: usize) -> String {
    let way_out = match good {
        0 => "mend them; no row is good".to_owned(),
        good => format!("mend them, or import the {good} good one(s) with --skip-bad"),
    };
    format!("{bad} bad row(s), nothing was imported; {way_out}")
}

async fn write(database: &Database, file: CatalogueFile<'_>) -> anyhow::Result<Imported> {
    let length = u64::try_from(file.deliveries.len())?;
    let bar =
        ProgressBar::new(length).with_style(ProgressStyle::with_template("importing {bar:40} {pos}/{len} products")?);
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
fn contradiction(contradicted: &[Contradicted], lines: &HashMap<String, u64>) -> String {
    let named = named(contradicted, |c| {
        let (rate, line) = (c.tax_rate_bp, lines.get(&c.sku).copied().unwrap_or_default());
        format!("line {line}: {} ({} at {}.{:02} per cent)", c.sku, c.category.as_str(), rate / 100, rate % 100)
    });
    format!(
        "the file has no column tax_category, and the category that products keep does not go with their new tax_rate, \
         nothing was imported: {named}; mend the rate, or give the file a column tax_category (empty: by the rate)"
    )
}

/// Only a seller with a VAT number may call something an export on an invoice (EN 16931, BR-G-02). The other categories are
/// content with what every seller has to give. Where nobody said who sells, nobody knows.
fn no_vat_number(rows: &[CatalogRow], seller: &Seller) -> Option<String> {
    if seller.specimen || seller.party.vat_id.is_some() {
        return None;
    }
    let exports: Vec<&CatalogRow> =
        rows.iter().filter(|row| row.tax_terms.category == Some(TaxCategory::Export)).collect();
    if exports.is_empty() {
        return None;
    }
    let named = named(&exports, |row| format!("line {}: {}", row.line, row.sku));
    Some(format!(
        "tax_category export is for sellers with a VAT number, and SLUICE_SELLER has none, nothing was imported: {named}; \
         give SLUICE_SELLER a vat_id, or say exempt with a tax_exemption_reason"
    ))
}

/// Nothing is wrong with it if it is meant; but a currency is mistyped more often than changed.
fn currencies(changes: &[CurrencyChange]) -> String {
    format!(
        "Sold in another currency from now on: {}. Orders that have their price keep it; those in the old currency that are \
         not priced yet, or still come, are rejected with currency_mismatch.",
        named(changes, |change| format!("{} ({}, was {})", change.sku, change.now, change.before))
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

fn delivery(row: CatalogRow) -> anyhow::Result<Delivery> {
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
