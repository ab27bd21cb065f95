//! Reads an export from disk, twice: once for its dates, which only together tell day from month, and once for its rows.
//! So a file of any size streams through a buffer.

use super::{build::PlanBuilder, dates::DateOrderVote, plan::Plan, rows::Columns};
use crate::csv_records::{Record, RecordError, Records};
use flate2::bufread::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

/// Why a file cannot be replayed at all.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFileError {
    /// It is not there, or may not be read.
    #[error("it cannot be opened")]
    Open(#[source] io::Error),
    /// A folder or a pipe, which cannot be read twice.
    #[error("it is not a regular file, and it has to be read twice")]
    NotAFile,
    /// No byte, or blank lines only.
    #[error("it is empty")]
    Empty,
    /// The header lacks columns.
    #[error("its header on line {line} has no column {}; columns are separated by commas", missing.join(", "))]
    MissingColumns {
        /// Of the header.
        line: u64,
        /// Their names.
        missing: Vec<&'static str>,
    },
    /// It cannot be split into rows.
    #[error(transparent)]
    Records(#[from] RecordError),
}

/// Reads a `.csv` or `.csv.gz` (told apart by content, not by name) in the columns of the "Online Retail" data set, in
/// any order among others, and plans its replay with a stock for `stock_days` days of average sales.
///
/// # Errors
/// When the file as a whole is unusable; an unusable row is counted in the plan instead.
pub fn read_plan(path: &Path, stock_days: u32) -> Result<Plan, ReplayFileError> {
    if !path.metadata().map_err(ReplayFileError::Open)?.is_file() {
        return Err(ReplayFileError::NotAFile);
    }
    read_twice(|| open(path), stock_days)
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, ReplayFileError> {
    let mut file = BufReader::new(File::open(path).map_err(ReplayFileError::Open)?);
    if file.fill_buf().map_err(ReplayFileError::Open)?.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))))
    } else {
        Ok(Box::new(file))
    }
}

/// The same for whatever can be opened twice with the same content.
pub(super) fn read_twice<R: BufRead>(
    open: impl Fn() -> Result<R, ReplayFileError>,
    stock_days: u32,
) -> Result<Plan, ReplayFileError> {
    let mut record = Record::default();
    let mut vote = DateOrderVote::default();
    let (columns, mut records) = start(open()?, &mut record)?;
    while records.read(&mut record)? {
        if let Some(date) = columns.written_date(&record) {
            vote.add(date);
        }
    }
    let order = vote.decide();
    let mut builder = PlanBuilder::default();
    let (columns, mut records) = start(open()?, &mut record)?;
    while records.read(&mut record)? {
        builder.add(record.line, columns.read(&record, order));
    }
    Ok(builder.finish(order, stock_days))
}

fn start<R: BufRead>(input: R, record: &mut Record) -> Result<(Columns, Records<R>), ReplayFileError> {
    let mut records = Records::new(input);
    if !records.read(record)? {
        return Err(ReplayFileError::Empty);
    }
    let columns =
        Columns::find(record).map_err(|missing| ReplayFileError::MissingColumns { line: record.line, missing })?;
    Ok((columns, records))
}
