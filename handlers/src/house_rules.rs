//! What an installation decides about its orders, as both runtimes read it from their environment.

use time::Duration;

/// How long stock is held for an order that is not paid yet, unless somebody decides otherwise.
pub const HOLD: Duration = Duration::minutes(30);

/// How long stock is held, by `SLUICE_HOLD_MINUTES`.
///
/// # Errors
/// A sentence that says what it may be.
pub fn hold(minutes: Option<&str>) -> Result<Duration, String> {
    let Some(text) = minutes else { return Ok(HOLD) };
    let minutes = text.parse::<u32>().ok().filter(|minutes| (1..=10_080).contains(minutes));
    let minutes = minutes
        .ok_or_else(|| format!("SLUICE_HOLD_MINUTES is {text:?}; it must be minutes from 1 to 10080 (a week)"))?;
    Ok(Duration::minutes(i64::from(minutes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn stock_is_held_for_a_minute_at_least_and_a_week_at_most() {
        assert_eq!(hold(None), Ok(HOLD));
        assert_eq!(hold(Some("1")), Ok(Duration::minutes(1)));
        assert_eq!(hold(Some("10080")), Ok(Duration::days(7)));
        for wrong in ["0", "10081", "-1", "half an hour", ""] {
            assert!(hold(Some(wrong)).unwrap_err().contains("SLUICE_HOLD_MINUTES"), "{wrong}");
        }
    }
}
