//! By the clock: shows buyers the catalogue as the order database has it now.

use handlers::lambda::schedule;
use std::process::ExitCode;
use workflows::wiring::Job;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    schedule::serve(Job::PublishCatalogue).await
}
