//! Workflow task: asks the provider to hold the money.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Task;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Task::AuthorizePayment).await
}
