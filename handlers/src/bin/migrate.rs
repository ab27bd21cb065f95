//! Invoked by a deployment: brings the schema of the database up to date.

use handlers::lambda::migrate;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    migrate::serve().await
}
