//! The functions of the AWS runtime: what stands between Lambda and the code that both runtimes share. Everything that
//! can be made once is made at start; an invocation only works.

mod deadline;
pub mod http;
mod logs;
pub mod migrate;
pub mod queue;
mod renewal;
mod requeue;
pub mod schedule;
pub mod settings;
pub mod task;
mod waiting_room;
mod wired;

use crate::functions::Trigger;
use settings::Settings;
use std::process::ExitCode;
use wired::Reach;

/// Starts a function and serves until its environment ends. What keeps it from doing so is one line in the log.
async fn run(trigger: Trigger, serve: impl AsyncFnOnce(Reach) -> anyhow::Result<()>) -> ExitCode {
    logs::start();
    let served = async {
        let settings = Settings::read(trigger, |name| std::env::var(name).ok())?;
        serve(Reach::of(settings).await?).await
    };
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = trigger.program(), error = format!("{error:#}"), "cannot serve");
            ExitCode::FAILURE
        }
    }
}
