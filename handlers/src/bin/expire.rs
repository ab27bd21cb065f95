//! By the clock: gives the stock of unpaid orders to others.

use handlers::lambda::schedule;
use std::process::ExitCode;
use workflows::wiring::Job;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    schedule::serve(Job::Expire).await
}
