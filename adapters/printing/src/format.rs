//! How numbers and dates are written on the page and in the XML: integer arithmetic on minor units, so that what is
//! printed is what was added up.

use std::fmt::Write;

use time::Date;

/// `123456` with two digits as `1234.56`, as XML wants it.
pub(super) fn plain(amount: i64, minor_digits: u8) -> String {
    plain_wide(i128::from(amount), minor_digits)
}

/// The same of an amount that was computed finer than its currency.
pub(super) fn plain_wide(amount: i128, digits: u8) -> String {
    let (sign, whole, fraction) = split(amount, digits);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{fraction:0digits$}", digits = usize::from(digits))
}

/// `123456` with two digits as `1,234.56`, as people read it.
pub(super) fn grouped(amount: i64, minor_digits: u8) -> String {
    grouped_wide(i128::from(amount), minor_digits)
}

/// The same of an amount that was computed finer than its currency.
pub(super) fn grouped_wide(amount: i128, minor_digits: u8) -> String {
    let (sign, whole, fraction) = split(amount, minor_digits);
    let mut text = String::with_capacity(28);
    text.push_str(sign);
    let digits = whole.to_string();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if minor_digits > 0 {
        // Writing to a string cannot fail.
        write!(text, ".{fraction:0digits$}", digits = usize::from(minor_digits)).ok();
    }
    text
}

fn split(amount: i128, minor_digits: u8) -> (&'static str, u128, u128) {
    // A currency has four at most.
    let unit = 10_u128.pow(u32::from(minor_digits.min(18)));
    let size = amount.unsigned_abs();
    (if amount < 0 { "-" } else { "" }, size / unit, size % unit)
}

/// A rate in basis points as a number of per cent without needless zeros: `2000` as `20`, `550` as `5.5`.
pub(super) fn percent(basis_points: u32) -> String {
    let (whole, fraction) = (basis_points / 100, basis_points % 100);
    match fraction {
        0 => whole.to_string(),
        tenths if tenths % 10 == 0 => format!("{whole}.{}", tenths / 10),
        hundredths => format!("{whole}.{hundredths:02}"),
    }
}

/// `1 March 2026`: no country reads that as another day.
pub(super) fn long_date(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// `20260301`, format 102 of the UN's code list, and the start of a PDF date.
pub(super) fn compact_date(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Text as it can stand in XML 1.0 and on a line of paper: control characters and line ends become spaces, runs of
/// spaces one space, and what XML cannot say at all is dropped.
pub(super) fn one_line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\u{fffe}' | '\u{ffff}' => {}
            char if char.is_control() || char.is_whitespace() && char != '\u{a0}' && char != '\u{202f}' => {
                if !clean.is_empty() && !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            char => clean.push(char),
        }
    }
    clean.truncate(clean.trim_end_matches(' ').len());
    clean
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        assert_eq!(plain(123_456, 2), "1234.56");
        assert_eq!(plain(5, 2), "0.05");
        assert_eq!(plain(5, 0), "5");
        assert_eq!(plain(-1_005, 3), "-1.005");
        assert_eq!(grouped(123_456_789, 2), "1,234,567.89");
        assert_eq!(grouped(999, 0), "999");
        assert_eq!(grouped(1_000, 0), "1,000");
        assert_eq!(grouped(i64::MIN, 3), "-9,223,372,036,854,775.808");
    }

    #[test]
    fn rates_and_dates_read_well() {
        assert_eq!(
            [percent(2000), percent(550), percent(1925), percent(5), percent(0)],
            ["20", "5.5", "19.25", "0.05", "0"]
        );
        assert_eq!(long_date(date!(2026 - 03 - 01)), "1 March 2026");
        assert_eq!(compact_date(date!(2026 - 03 - 01)), "20260301");
    }

    #[test]
    fn text_is_one_line_without_control_characters() {
        assert_eq!(one_line("  a\u{0}\u{1b}[31m\r\nb\tc\u{ffff}\u{85} "), "a [31m b c");
    }
}
