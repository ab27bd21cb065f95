//! What a replay is told on the command line.

use super::schedule::Speed;
use clap::Args;
use std::path::PathBuf;

/// How a shop's file is replayed.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The file: CSV or CSV.gz with InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
    /// Country.
    pub file: PathBuf,
    /// How many times faster than it happened, or max.
    #[arg(long, default_value = "max")]
    pub speed: Speed,
    /// Stock for so many days of the file's own sales.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub stock_days: u32,
    /// Do so in whatever shop this is: its catalogue, its stock, its invoice numbers.
    #[arg(long)]
    pub into_this_shop: bool,
}
