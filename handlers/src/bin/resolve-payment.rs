//! Workflow task: asks the provider's books what became of a request.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Task;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Task::ResolvePayment).await
}
