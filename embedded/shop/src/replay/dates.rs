//! Reads the date spellings that exports of the data set use. `1/12/2010` is the first of December or the twelfth of
//! January; no single date can tell, so the order of day and month is decided once for a file from all its dates.

use time::{Date, Month, PrimitiveDateTime, Time};

/// Which of the first two numbers of a date such as `12/1/2010` is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `12/1/2010` is the first of December: the original spreadsheet's way.
    MonthFirst,
    /// `01/12/2010` is the first of December.
    DayFirst,
}

/// A date as written, its order of day and month still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrittenDate {
    /// Year first: nothing is open.
    Iso(PrimitiveDateTime),
    /// `first/second/year time`.
    Open { first: u8, second: u8, year: i32, time: Time },
}

/// Takes a text apart: `2011-11-01 08:16[:00]`, also with a `T`, or `12/1/2010 8:26[:00]`, also with `-` or `.` between
/// its numbers and a year of two digits (this century's). Nothing if it is neither.
pub(super) fn read_date(text: &str) -> Option<WrittenDate> {
    let (date, time) = text.trim().split_once([' ', 'T'])?;
    let time = read_time(time.trim())?;
    let mut parts = date.split(['/', '-', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if a.len() == 4 {
        let date = calendar_date(number(a)?, number(b)?, number(c)?)?;
        return Some(WrittenDate::Iso(date.with_time(time)));
    }
    let year = match c.len() {
        4 => number(c)?,
        2 => number::<i32>(c)?.checked_add(2000)?,
        _ => return None,
    };
    Some(WrittenDate::Open { first: number(a)?, second: number(b)?, year, time })
}

impl WrittenDate {
    /// The moment meant, or nothing if that day does not exist.
    pub(super) fn in_order(self, order: DateOrder) -> Option<PrimitiveDateTime> {
        match (self, order) {
            (Self::Iso(at), DateOrder::MonthFirst | DateOrder::DayFirst) => Some(at),
            (Self::Open { first: month, second: day, year, time }, DateOrder::MonthFirst)
            | (Self::Open { first: day, second: month, year, time }, DateOrder::DayFirst) => {
                Some(calendar_date(year, month, day)?.with_time(time))
            }
        }
    }
}

/// Sees all dates of a file, in its order, and then tells how to read them.
#[derive(Debug, Default)]
pub(super) struct DateOrderVote {
    month_first: Fit,
    day_first: Fit,
}

/// How well one order of day and month explains the dates seen.
#[derive(Debug, Default)]
struct Fit {
    impossible: u64,
    falls: u64,
    last: Option<PrimitiveDateTime>,
}

impl Fit {
    fn add(&mut self, at: Option<PrimitiveDateTime>) {
        match at {
            None => self.impossible += 1,
            Some(_) => {
                if self.last > at {
                    self.falls += 1;
                }
                self.last = at;
            }
        }
    }
}

impl DateOrderVote {
    pub(super) fn add(&mut self, date: WrittenDate) {
        self.month_first.add(date.in_order(DateOrder::MonthFirst));
        self.day_first.add(date.in_order(DateOrder::DayFirst));
    }

    /// The order that leaves fewer dates impossible (a 13 in one place settles it); if they tie, the one under which
    /// time runs backwards less often, since a shop books as it sells; if they tie again, month first as the original.
    pub(super) fn decide(&self) -> DateOrder {
        let badness = |fit: &Fit| (fit.impossible, fit.falls);
        if badness(&self.day_first) < badness(&self.month_first) { DateOrder::DayFirst } else { DateOrder::MonthFirst }
    }
}

fn read_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = match parts.next() {
        None => 0,
        // Some exports add a fraction, always zero.
        Some(text) => number(text.split_once('.').map_or(text, |(whole, _)| whole))?,
    };
    if parts.next().is_some() { None } else { Time::from_hms(hour, minute, second).ok() }
}

fn calendar_date(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// Digits only: `parse` alone would take a sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use time::macros::datetime;

    #[test]
    fn every_spelling_is_read() {
        use DateOrder::{DayFirst, MonthFirst};
        for (text, order, expected) in [
            ("2011-11-01 08:16:00", MonthFirst, datetime!(2011-11-01 08:16)),
            ("2011-11-01T08:16", DayFirst, datetime!(2011-11-01 08:16)),
            ("2011-11-01 08:16:07.000", DayFirst, datetime!(2011-11-01 08:16:07)),
            ("12/1/2010 8:26", MonthFirst, datetime!(2010-12-01 08:26)),
            (" 01/12/2010 08:26 ", DayFirst, datetime!(2010-12-01 08:26)),
            ("01-12-2010 08:26", DayFirst, datetime!(2010-12-01 08:26)),
            ("12/1/10 8:26", MonthFirst, datetime!(2010-12-01 08:26)),
        ] {
            assert_eq!(read_date(text).and_then(|date| date.in_order(order)), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2011-11-01",
            "2011-13-01 08:16",
            "1/2 8:26",
            "1/2/3/2010 8:26",
            "+1/2/2010 8:26",
            "1/2/2010 25:00",
            "1/2/2010 8",
            "x",
        ] {
            assert_eq!(read_date(text), None, "{text}");
        }
        let date = read_date("13/14/2010 8:26").unwrap();
        assert_eq!(date.in_order(DateOrder::DayFirst).or(date.in_order(DateOrder::MonthFirst)), None);
    }

    #[test]
    fn the_order_of_day_and_month_is_decided_from_all_dates() {
        for (dates, expected) in [
            (&["12/1/2010 8:26", "12/13/2010 8:26"][..], DateOrder::MonthFirst),
            (&["1/12/2010 8:26", "13/12/2010 8:26"], DateOrder::DayFirst),
            // One typing error outvotes nobody.
            (&["1/12/2010 8:26", "12/13/2010 8:26", "13/12/2010 8:26", "14/12/2010 8:26"], DateOrder::DayFirst),
            // All days up to twelve: under the wrong order time would run backwards.
            (&["30/11/2010 8:26", "1/12/2010 8:26"], DateOrder::DayFirst),
            (&["5/2/2010 8:26", "1/3/2010 8:26"], DateOrder::DayFirst),
            (&["2/5/2010 8:26", "3/1/2010 8:26"], DateOrder::MonthFirst),
            (&["1/1/2010 8:26"], DateOrder::MonthFirst),
            (&[], DateOrder::MonthFirst),
            (&["2010-12-01 08:26"], DateOrder::MonthFirst),
        ] {
            let mut vote = DateOrderVote::default();
            for date in dates {
                vote.add(read_date(date).unwrap());
            }
            assert_eq!(vote.decide(), expected, "{dates:?}");
        }
    }
}
