//! The command line of the pipeline.

use clap::Parser;
use sluice::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
