//! Workflow task: the order is promised to its buyer.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Task;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Task::ConfirmOrder).await
}
