//! Exact decimal numbers as people write them in CSV files: a price never becomes a float on its way to
//! minor units, and a digit that cannot be held is an error instead of a rounding.

use std::{fmt, str::FromStr};

/// A decimal number: `digits` divided by ten to the power of `decimals`, as it was written (`1.50` keeps two).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: i64,
    decimals: u8,
}

/// Why a text is no number, or a number does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Nothing but spaces.
    #[error("is empty")]
    Empty,
    /// Something besides a sign, digits and one point.
    #[error("is no number; write it like 1234.50, with a point and without separators")]
    NotANumber,
    /// More decimals than the unit has.
    #[error("has more than {0} decimals")]
    TooManyDecimals(u8),
    /// More than 64 bits can hold.
    #[error("is too large")]
    TooLarge,
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(DecimalError::Empty);
        }
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if (whole.is_empty() && fraction.is_empty())
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return Err(DecimalError::NotANumber);
        }
        let mut digits = 0_i64;
        for byte in whole.bytes().chain(fraction.bytes()) {
            digits = digits
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(sign * i64::from(byte - b'0')))
                .ok_or(DecimalError::TooLarge)?;
        }
        let decimals = u8::try_from(fraction.len()).map_err(|_| DecimalError::TooLarge)?;
        Ok(Self { digits, decimals })
    }
}

impl Decimal {
    /// The same value without zeros behind its last decimal: some exports write `2.10` as `2.1000`.
    pub fn without_trailing_zeros(mut self) -> Self {
        while self.decimals > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.decimals -= 1;
        }
        self
    }

    /// Whether it lies between nothing and one.
    pub fn is_fraction(self) -> bool {
        self.digits > 0 && 10_i64.checked_pow(u32::from(self.decimals)).is_none_or(|one| self.digits < one)
    }

    /// A hundred times the value, as which a share of one is written in per cent.
    ///
    /// # Errors
    /// When that is too large.
    pub fn per_cent(self) -> Result<Self, DecimalError> {
        let missing = 2_u8.saturating_sub(self.decimals);
        let factor = 10_i64.pow(u32::from(missing));
        let digits = self.digits.checked_mul(factor).ok_or(DecimalError::TooLarge)?;
        Ok(Self { digits, decimals: self.decimals.saturating_sub(2) })
    }

    /// The value in units of ten to the power of minus `unit_decimals`: `12.5` is 1250 at two.
    ///
    /// # Errors
    /// When it was written with more decimals than that, or is too large.
    pub fn scaled(self, unit_decimals: u8) -> Result<i64, DecimalError> {
        let missing = unit_decimals.checked_sub(self.decimals).ok_or(DecimalError::TooManyDecimals(unit_decimals))?;
        10_i64
            .checked_pow(u32::from(missing))
            .and_then(|factor| self.digits.checked_mul(factor))
            .ok_or(DecimalError::TooLarge)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, digits) = (if self.digits < 0 { "-" } else { "" }, self.digits.unsigned_abs().to_string());
        let decimals = usize::from(self.decimals);
        // At least one digit before the point.
        let padded = format!("{}{digits}", "0".repeat((decimals + 1).saturating_sub(digits.len())));
        match padded.split_at_checked(padded.len().saturating_sub(decimals)) {
            Some((whole, fraction)) if !fraction.is_empty() => write!(f, "{sign}{whole}.{fraction}"),
            Some(_) | None => write!(f, "{sign}{padded}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn scaled(text: &str, decimals: u8) -> Result<i64, DecimalError> {
        text.parse::<Decimal>().and_then(|number| number.scaled(decimals))
    }

    #[test]
    fn a_number_is_read_exactly_in_the_unit_asked_for() {
        for (text, decimals, expected) in [
            ("12.50", 2, 1250),
            (" 12.5 ", 2, 1250),
            ("+12", 2, 1200),
            (".5", 2, 50),
            ("0.10", 2, 10),
            ("-11062.06", 2, -1_106_206),
            ("1", 0, 1),
            ("1.005", 3, 1005),
            ("92233720368547758.07", 2, i64::MAX),
            ("-92233720368547758.08", 2, i64::MIN),
            ("00012", 0, 12),
        ] {
            assert_eq!(scaled(text, decimals), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_exact_number_of_the_unit_is_refused() {
        for (text, decimals, expected) in [
            ("", 2, DecimalError::Empty),
            ("  ", 2, DecimalError::Empty),
            ("-", 2, DecimalError::NotANumber),
            (".", 2, DecimalError::NotANumber),
            ("1.", 2, DecimalError::NotANumber),
            ("1,5", 2, DecimalError::NotANumber),
            ("1,234.50", 2, DecimalError::NotANumber),
            ("1e3", 2, DecimalError::NotANumber),
            ("--1", 2, DecimalError::NotANumber),
            ("1.2.3", 2, DecimalError::NotANumber),
            ("NaN", 2, DecimalError::NotANumber),
            ("£2", 2, DecimalError::NotANumber),
            ("\u{664}", 2, DecimalError::NotANumber),
            ("12.505", 2, DecimalError::TooManyDecimals(2)),
            ("12.500", 2, DecimalError::TooManyDecimals(2)),
            ("1.0", 0, DecimalError::TooManyDecimals(0)),
            ("92233720368547758.08", 2, DecimalError::TooLarge),
            ("9223372036854775807", 2, DecimalError::TooLarge),
            ("99999999999999999999", 0, DecimalError::TooLarge),
        ] {
            assert_eq!(scaled(text, decimals), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_share_of_one_is_told_from_other_numbers_and_written_in_per_cent() {
        for (text, fraction, per_cent) in [
            ("0.19", true, "19"),
            ("0.07", true, "7"),
            (".5", true, "50"),
            ("0.055", true, "5.5"),
            ("0.0825", true, "8.25"),
            ("0.99", true, "99"),
            ("0.000000000000000000001", true, "0.0000000000000000001"),
            ("0", false, "0"),
            ("0.00", false, "0"),
            ("1", false, "100"),
            ("1.01", false, "101"),
            ("-0.19", false, "-19"),
            ("19", false, "1900"),
        ] {
            let number = text.parse::<Decimal>().unwrap().without_trailing_zeros();
            assert_eq!(number.is_fraction(), fraction, "{text}");
            assert_eq!(number.per_cent().unwrap().to_string(), per_cent, "{text}");
        }
        assert_eq!("9223372036854775807".parse::<Decimal>().unwrap().per_cent(), Err(DecimalError::TooLarge));
    }

    #[test]
    fn trailing_zeros_can_be_dropped_but_digits_never() {
        for (text, expected) in [("2.1000", Ok(210)), ("17733.0", Ok(1_773_300)), ("0.000", Ok(0))] {
            assert_eq!(text.parse::<Decimal>().and_then(|n| n.without_trailing_zeros().scaled(2)), expected, "{text}");
        }
        assert_eq!(
            "0.0010".parse::<Decimal>().and_then(|n| n.without_trailing_zeros().scaled(2)),
            Err(DecimalError::TooManyDecimals(2))
        );
    }
}
