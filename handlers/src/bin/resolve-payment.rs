//! Workflow task: asks the provider's books what became of a request.

use handlers::lambda::task;
use std::process::ExitCode;
use workflows::wiring::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    task::serve(Function::ResolvePayment).await
}
