//! Times as PostgreSQL has them: without an end. It takes `infinity`, and years beyond any that a date here has; the driver
//! would panic at one, and with it whoever reads that row among others.

use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueFormat, PgValueRef},
};
use time::{Date, OffsetDateTime};

/// PostgreSQL counts from the year 2000: in microseconds after 1970, and as a Julian day.
const EPOCH_MICROSECONDS: i128 = 946_684_800_000_000;
const EPOCH_DAY: i32 = 2_451_545;

/// A timestamp, if it is one that a date here has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp(pub(super) Option<OffsetDateTime>);

/// A day, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day(pub(super) Option<Date>);

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl Type<Postgres> for Day {
    fn type_info() -> PgTypeInfo {
        <Date as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(timestamp(<i64 as Decode<Postgres>>::decode(value)?)),
            PgValueFormat::Text => Ok(Self(Some(<OffsetDateTime as Decode<Postgres>>::decode(value)?))),
        }
    }
}

impl<'r> Decode<'r, Postgres> for Day {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(day(<i32 as Decode<Postgres>>::decode(value)?)),
            PgValueFormat::Text => Ok(Self(Some(<Date as Decode<Postgres>>::decode(value)?))),
        }
    }
}

fn timestamp(microseconds: i64) -> Timestamp {
    let nanoseconds = (i128::from(microseconds) + EPOCH_MICROSECONDS) * 1_000;
    Timestamp(OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok())
}

fn day(days: i32) -> Day {
    Day(days.checked_add(EPOCH_DAY).and_then(|day| Date::from_julian_day(day).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn what_no_date_here_has_is_none() {
        assert_eq!(timestamp(0), Timestamp(Some(datetime!(2000-01-01 00:00 UTC))));
        assert_eq!(timestamp(-1), Timestamp(Some(datetime!(1999-12-31 23:59:59.999_999 UTC))));
        assert_eq!(day(366), Day(Some(date!(2001 - 01 - 01))));
        assert_eq!([timestamp(i64::MAX), timestamp(i64::MIN)], [Timestamp(None); 2]);
        assert_eq!([day(i32::MAX), day(i32::MIN)], [Day(None); 2]);
    }
}
