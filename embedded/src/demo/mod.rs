//! `demo`.

use crate::config::Config;
use std::process::ExitCode;

/// Demo.
///
/// # Errors
/// None.
pub async fn demo(_config: &Config) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
