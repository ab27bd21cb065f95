//! Queue `intake`: prices accepted orders, holds their stock, and starts the workflow of those that got it.

use handlers::lambda::queue;
use std::process::ExitCode;
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    queue::serve(Step::Reserve).await
}
