//! Workflow task: undoes a request for money that got no answer, and refuses the order.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Function::AbandonPayment).await
}
