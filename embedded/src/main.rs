//! The command line of the pipeline.

use clap::Parser;
use mimalloc::MiMalloc;
use sluice::cli::Cli;
use std::process::ExitCode;

/// Orders are made of many small strings: a fifth of the processor's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run()
}
