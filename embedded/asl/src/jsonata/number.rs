//! JSONata's numbers: IEEE doubles by its specification, kept as integers wherever that gives the same answer, so that
//! amounts and counts pass through a workflow unchanged.
#![allow(
    clippy::float_arithmetic,
    reason = "JSONata defines its arithmetic on doubles and Step Functions computes so; money is only passed through"
)]

use serde_json::{Number, Value};

use super::EvaluationError;

/// Up to here a double holds every integer, so integer and double arithmetic agree.
const EXACT: i64 = 1 << 53;

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A number as the double that JSONata sees.
pub(super) fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// A double as a JSON number: an integer if it is one.
///
/// # Errors
/// Infinity and not-a-number have no place in JSON.
pub(super) fn value(double: f64) -> Result<Value, EvaluationError> {
    integral(double)
        .map(Number::from)
        .or_else(|| Number::from_f64(double))
        .map(Value::Number)
        .ok_or_else(|| EvaluationError::new("a number out of range"))
}

#[expect(clippy::as_conversions, reason = "integral and within 2^53, both checked first, so nothing is cut off")]
fn integral(double: f64) -> Option<i64> {
    (double.fract() == 0.0 && double.abs() <= EXACT as f64).then_some(double as i64)
}

/// Rounds down, for indexes; `None` if it is no position in any array.
pub(super) fn floor_index(double: f64) -> Option<i64> {
    integral(double.floor())
}

/// The number that a text is, by the grammar of `$number`: JSON's, but for leading zeros.
pub(super) fn read(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let significant = unsigned.trim_start_matches('0');
    let padded = if unsigned.starts_with('0') && !significant.starts_with(|c: char| c.is_ascii_digit()) {
        format!("0{significant}")
    } else {
        significant.to_owned()
    };
    let json = if unsigned.len() < text.len() { format!("-{padded}") } else { padded };
    // serde_json forgives blanks around a number; JSONata does not.
    let number: Number = serde_json::from_str(&json).ok().filter(|_| !text.contains(char::is_whitespace))?;
    value(double(&number)).ok()
}

/// `left op right`.
///
/// # Errors
/// A result that is no finite number, as in a division by zero.
pub(super) fn calculate(op: Arithmetic, left: &Number, right: &Number) -> Result<Value, EvaluationError> {
    if let (Some(l), Some(r)) = (left.as_i64(), right.as_i64()) {
        let exact = match op {
            Arithmetic::Add => l.checked_add(r),
            Arithmetic::Subtract => l.checked_sub(r),
            Arithmetic::Multiply => l.checked_mul(r),
            Arithmetic::Divide | Arithmetic::Remainder => None,
        };
        if let Some(exact) = exact.filter(|n| n.abs() <= EXACT) {
            return Ok(Value::from(exact));
        }
    }
    let (l, r) = (double(left), double(right));
    value(match op {
        Arithmetic::Add => l + r,
        Arithmetic::Subtract => l - r,
        Arithmetic::Multiply => l * r,
        Arithmetic::Divide => l / r,
        Arithmetic::Remainder => l % r,
    })
}

/// `-number`.
///
/// # Errors
/// None for a finite number.
pub(super) fn negate(number: &Number) -> Result<Value, EvaluationError> {
    value(0.0 - double(number))
}

/// The sum of doubles.
///
/// # Errors
/// A sum that overflows.
pub(super) fn sum(numbers: &[f64]) -> Result<Value, EvaluationError> {
    value(numbers.iter().sum())
}

/// A number as `$string` and `&` write it: fifteen significant digits, exponents only where JavaScript has them.
pub(super) fn text(number: &Number) -> String {
    let double = double(number);
    if let Some(integer) = integral(double) {
        return integer.to_string();
    }
    let rounded: f64 = format!("{double:.14e}").parse().unwrap_or(double);
    let size = rounded.abs();
    if (1e-6..1e21).contains(&size) {
        return format!("{rounded}");
    }
    // Rust writes 1e21 where JavaScript writes 1e+21.
    let text = format!("{rounded:e}");
    if size >= 1.0 { text.replace('e', "e+") } else { text }
}
