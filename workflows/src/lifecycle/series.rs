//! Which number an invoice gets. Numbers follow each other within a year, that of the invoice's date, from 1; only an order that
//! may have one takes the next, so that a series has no gap and no double. Whoever keeps a series holds its lock meanwhile.

use super::{Command, Verdict, decide};
use crate::{issued_invoice::SeriesPosition, order::StoredOrder};
use time::{Date, OffsetDateTime};

/// The series of invoices of one date, as far as its numbers are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    issued_on: Date,
    last: SeriesPosition,
}

impl Series {
    /// The year whose series has the invoices of that date.
    pub fn year(issued_on: Date) -> i32 {
        issued_on.year()
    }

    /// The series for invoices of that date, of which the last number that was given is known; 0 if none was.
    pub fn after(issued_on: Date, last: i32) -> Self {
        Self { issued_on, last: SeriesPosition { year: Self::year(issued_on), number: last } }
    }

    /// The date of the invoices that are numbered.
    pub fn issued_on(&self) -> Date {
        self.issued_on
    }

    /// The position that was given last.
    pub fn last(&self) -> SeriesPosition {
        self.last
    }

    /// Gives the order the next number, if it may have one and has none.
    pub fn give_number(&mut self, order: &mut StoredOrder, now: OffsetDateTime) -> Option<SeriesPosition> {
        let next = SeriesPosition { number: self.last.number.saturating_add(1), ..self.last };
        let command = Command::GiveNumber { number: next.to_string(), issued_on: self.issued_on };
        match decide(order, &command, now) {
            Verdict::Changed(_) => {
                self.last = next;
                Some(next)
            }
            Verdict::Already | Verdict::Refused => None,
        }
    }
}
