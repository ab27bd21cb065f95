//! `replay`.

use crate::{cli::ReplayArgs, config::Config};
use std::process::ExitCode;

/// Replay.
///
/// # Errors
/// None.
pub async fn replay(_config: &Config, _args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
