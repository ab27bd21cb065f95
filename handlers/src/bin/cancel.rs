//! Queue `cancel`: calls orders off.

use handlers::lambda::queue;
use std::process::ExitCode;
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    queue::serve(Step::Cancel).await
}
