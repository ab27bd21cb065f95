//! By the clock: sets going again what got stuck.

use handlers::lambda::schedule;
use std::process::ExitCode;
use workflows::wiring::Job;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    schedule::serve(Job::Sweep).await
}
