//! The HTTP API, but for the acceptance of orders.

use handlers::lambda::http;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    http::serve_the_rest().await
}
