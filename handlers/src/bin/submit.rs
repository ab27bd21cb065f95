//! The acceptance of orders, apart from the rest of the API.

use handlers::lambda::http;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    http::serve_submissions().await
}
