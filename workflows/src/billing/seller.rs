//! Who sells, and which day it is there: an invoice is dated, and its number is of the year, where the seller is.

use schemas::kept::Party;
use std::{fmt, str::FromStr};
use thiserror::Error;
use time::{Date, OffsetDateTime, UtcOffset};

/// Who sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// As invoices name it.
    pub party: Party,
    /// Where it keeps its books.
    pub time_zone: TimeZone,
    /// Nobody has said yet who sells, so invoices are specimens.
    pub specimen: bool,
}

impl From<Party> for Seller {
    /// One whose books are kept in UTC.
    fn from(party: Party) -> Self {
        Self { party, time_zone: TimeZone::default(), specimen: false }
    }
}

/// A time zone by its IANA name. Its rules are part of the program: those of a machine may be missing.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

/// The name is none of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be the IANA name of a time zone, such as Europe/Berlin")]
pub struct UnknownTimeZone;

impl TimeZone {
    /// The day that it is there.
    #[must_use]
    pub fn date(&self, moment: OffsetDateTime) -> Date {
        let offset = jiff::Timestamp::from_second(moment.unix_timestamp())
            .ok()
            .and_then(|moment| UtcOffset::from_whole_seconds(self.0.to_offset(moment).seconds()).ok());
        // Only a moment that is thousands of years away has none.
        moment.to_offset(offset.unwrap_or(UtcOffset::UTC)).date()
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        jiff::tz::TimeZone::get(name).map(Self).map_err(|_| UnknownTimeZone)
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn the_day_is_that_of_the_place_summer_and_winter() {
        let day = |name: &str, moment| name.parse::<TimeZone>().unwrap().date(moment);
        let eve = datetime!(2026-12-31 23:30 UTC);
        assert_eq!(day("Europe/Berlin", eve), date!(2027 - 01 - 01));
        assert_eq!(day("UTC", eve), date!(2026 - 12 - 31));
        assert_eq!(day("America/New_York", datetime!(2027-01-01 04:59 UTC)), date!(2026 - 12 - 31));
        // Two hours ahead in summer, one in winter.
        assert_eq!(day("Europe/Berlin", datetime!(2026-07-01 22:30 UTC)), date!(2026 - 07 - 02));
        assert_eq!(day("Europe/Berlin", datetime!(2026-11-01 22:30 UTC)), date!(2026 - 11 - 01));
        assert_eq!(day("Asia/Kathmandu", datetime!(2026-11-01 18:15 UTC)), date!(2026 - 11 - 02));
        assert_eq!(TimeZone::default().date(eve), date!(2026 - 12 - 31));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for wrong in ["", "Berlin", "Europe/Atlantis", "+01:00", "../etc/passwd"] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong}");
        }
    }
}
