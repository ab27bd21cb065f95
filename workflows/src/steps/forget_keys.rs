//! Scheduled: idempotency keys live for a while, not for ever. (On AWS the table's own time to live does this.)

use crate::ports::{Clock, Intake, Unavailable};
use time::Duration;

/// How long a key is remembered.
pub const KEYS_LIVE: Duration = Duration::days(30);

/// Says how many keys were forgotten.
pub async fn forget_keys(intake: &dyn Intake, clock: &dyn Clock) -> Result<u64, Unavailable> {
    intake.forget(clock.now() - KEYS_LIVE).await
}
