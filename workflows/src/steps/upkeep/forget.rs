//! Scheduled: what is kept for a while only is forgotten when its time is over, in chunks, so that nobody waits for it
//! however much there is. (On AWS the services that keep these things have a time to live of their own.)

use crate::ports::{Clock, Retained, Retention, Unavailable};
use schemas::ids::OrderId;
use time::Duration;
use uuid::Uuid;

const CHUNK: i64 = 1_000;
/// How long a run goes on with things of one kind. The next run is a minute away.
const LONG_ENOUGH: Duration = Duration::seconds(15);

/// Says how many things were forgotten. The clock tells how long this run has taken, and not how old anything is.
///
/// # Errors
/// At the first failure; the next run goes on.
pub async fn forget(retention: &dyn Retention, clock: &dyn Clock) -> Result<u64, Unavailable> {
    let periods = retention.periods();
    let mut forgotten = 0;
    for kept in Retained::ALL {
        let term = periods.of(kept);
        let began = clock.now();
        let mut after = OrderId(Uuid::nil());
        loop {
            let chunk = retention.forget(kept, term, after, CHUNK).await?;
            forgotten += chunk.forgotten;
            match chunk.last {
                Some(last) if clock.now() < began + LONG_ENOUGH => after = last,
                Some(_) | None => break,
            }
        }
    }
    Ok(forgotten)
}
