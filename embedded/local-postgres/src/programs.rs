//! What is asked of PostgreSQL's programs wherever they are, installed or fetched: how old they may be, and in which folders
//! they stand.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest major version whose SQL the pipeline may use.
pub(super) const MINIMUM_MAJOR: u32 = 15;

/// The folders `<folder>/<start>*/bin`.
pub(super) fn bin_folders(folder: &Path, start: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let named = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(start));
    entries.flatten().filter(|entry| named(&entry.file_name())).map(|entry| entry.path().join("bin")).collect()
}
