//! What the values of settings may be that both runtimes read from their environment, so that both refuse the same.

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

/// How many days something is kept, by the setting of that name.
///
/// # Errors
/// A sentence that says what it may be.
pub fn days(name: &str, text: Option<&str>, default: Duration) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(default) };
    let days = text.parse::<u32>().ok().filter(|days| (1..=36_500).contains(days));
    let days = days.ok_or_else(|| format!("{name} is {text:?}; it must be days from 1 to 36500"))?;
    Ok(Duration::days(i64::from(days)))
}

/// Whether money is real, so that the sandbox's test tokens are refused, by the setting of that name.
///
/// # Errors
/// A sentence that says what it may be.
pub fn money_is_real(name: &str, text: &str) -> Result<bool, String> {
    match text {
        "taken" => Ok(false),
        "refused" => Ok(true),
        other => Err(format!("{name} is {other:?}; it must be taken or refused")),
    }
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

    #[test]
    fn test_tokens_are_taken_or_refused_and_nothing_else() {
        let real = |text| money_is_real("SLUICE_TEST_TOKENS", text);
        assert_eq!((real("taken"), real("refused")), (Ok(false), Ok(true)));
        for wrong in ["", "true", "Taken", "no"] {
            assert!(real(wrong).unwrap_err().contains("SLUICE_TEST_TOKENS"), "{wrong}");
        }
    }

    #[test]
    fn things_are_kept_for_a_day_at_least() {
        let days = |text| days("SLUICE_KEEP_KEYS_DAYS", text, Duration::days(30));
        assert_eq!(days(None), Ok(Duration::days(30)));
        assert_eq!(days(Some("1")), Ok(Duration::days(1)));
        for wrong in ["0", "36501", "-1", "a month", ""] {
            assert!(days(Some(wrong)).unwrap_err().contains("SLUICE_KEEP_KEYS_DAYS"), "{wrong}");
        }
    }
}
