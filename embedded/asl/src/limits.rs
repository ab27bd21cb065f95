//! The bounds that Step Functions sets to sizes and times, so that what runs here does not break there.

use std::io;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::{error::Failure, retry::Retrier};

/// Step Functions passes at most this many bytes of JSON between states.
const MOST_BYTES: usize = 256 * 1024;

/// A number of whole seconds, of at least `least`.
pub(super) fn seconds(value: &Value, least: u64) -> Result<Duration, Failure> {
    let whole = value.as_u64().filter(|seconds| (least..=u64::from(Retrier::LONGEST)).contains(seconds));
    let what = || Failure::new(Failure::QUERY, format!("A number of seconds was {value}."));
    whole.map(Duration::from_secs).ok_or_else(what)
}

/// A time so much later, or the last one there is.
pub(super) fn after(time: OffsetDateTime, wait: Duration) -> OffsetDateTime {
    let last = time::PrimitiveDateTime::MAX.assume_utc();
    time::Duration::try_from(wait).ok().and_then(|wait| time.checked_add(wait)).unwrap_or(last)
}

/// The value, unless Step Functions would not pass it on.
pub(super) fn limited(value: Value, what: &str) -> Result<Value, Failure> {
    let mut bytes = Bytes(0);
    let counted = serde_json::to_writer(&mut bytes, &value);
    if counted.is_ok() && bytes.0 <= MOST_BYTES {
        return Ok(value);
    }
    Err(Failure::new(Failure::DATA_LIMIT, format!("{what} is larger than {MOST_BYTES} bytes.")))
}

/// Counts what is written to it.
struct Bytes(usize);

impl io::Write for Bytes {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(written.len());
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
