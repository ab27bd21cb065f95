//! Workflow task: refuses an order whose request for money got no answer.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Task;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Task::AbandonPayment).await
}
