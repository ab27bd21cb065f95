//! Whole numbers of a body. JSON does not tell 2 from 2.0, and JSON Schema calls both an integer; some languages write the
//! one for the other.

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};
use std::fmt;

/// Beyond it not every whole number can be told from its neighbours once it has been written with a point.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// What is expected, as a refusal says it.
pub const WHOLE_NUMBER: &str = "a whole number within 64 bits";

/// What is expected where units are counted.
pub const QUANTITY: &str = "a whole number from 1 to 1000000";

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole(WHOLE_NUMBER))
}

/// The same for units; whether it is one of these is for the order's own checks, which tell everything at once.
pub(crate) fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole(QUANTITY))
}

/// The whole number that stands there with a point, if it is one.
pub fn of_float(number: f64) -> Option<i64> {
    if number.fract() == 0.0 && number.abs() <= EXACT { format!("{number:.0}").parse().ok() } else { None }
}

/// With what is expected, in words.
struct Whole(&'static str);

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        of_float(number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        for (number, whole) in [
            (2.0, Some(2)),
            (-0.0, Some(0)),
            (-7.0, Some(-7)),
            (1e6, Some(1_000_000)),
            (EXACT, Some(9_007_199_254_740_991)),
            (EXACT + 1.0, None),
            (0.5, None),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(of_float(number), whole, "{number}");
        }
    }
}
