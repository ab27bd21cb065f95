//! Queue `dispatch`: tells the warehouses what to do.

use handlers::lambda::queue;
use std::process::ExitCode;
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    queue::serve(Step::Dispatch).await
}
