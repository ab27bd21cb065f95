//! Waiting for an answer, but not for ever: a server may fall silent with its connection standing, and whoever waits for it
//! could neither stop nor go on elsewhere.

use super::Asked;
use std::time::Duration;
use workflows::ports::Unavailable;

/// How long a statement that takes milliseconds may go unanswered.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for the answer to a statement that takes milliseconds.
///
/// # Errors
/// If none came in time, or a bad one. Whether the statement was carried out is not known then.
pub async fn answered<T>(
    what: &'static str,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Unavailable> {
    answered_within(PATIENCE, what, call).await
}

/// The same with another limit.
///
/// # Errors
/// As above.
pub async fn answered_within<T>(
    patience: Duration,
    what: &'static str,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Unavailable> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer.asked(what),
        Err(elapsed) => Err(Unavailable::because(what, elapsed)),
    }
}
