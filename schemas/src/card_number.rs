//! Finds card numbers, so that a body holding one is refused before anything of it is stored or logged.
//!
//! A card number (ISO/IEC 7812) has 13 to 19 digits of which the last is a Luhn check digit. People write them with
//! spaces or hyphens between groups, and beside other numbers, so every run of adjoining groups is tried.

/// Whether the text holds a number of 13 to 19 digits that passes the Luhn check.
pub fn contains_card_number(text: &[u8]) -> bool {
    let mut run = Run::default();
    for &byte in text {
        match byte {
            b'0'..=b'9' => run.digit(byte - b'0'),
            b' ' | b'-' if run.open => run.close_group(),
            _ => {
                if run.holds_card_number() {
                    return true;
                }
                run = Run::default();
            }
        }
    }
    run.holds_card_number()
}

/// Groups of digits with one separator between each.
#[derive(Default)]
struct Run {
    digits: Vec<u8>,
    /// Where each group starts in `digits`.
    starts: Vec<usize>,
    open: bool,
}

impl Run {
    fn digit(&mut self, digit: u8) {
        if !self.open {
            self.starts.push(self.digits.len());
            self.open = true;
        }
        self.digits.push(digit);
    }

    fn close_group(&mut self) {
        self.open = false;
    }

    fn holds_card_number(&self) -> bool {
        if self.digits.len() < 13 {
            return false;
        }
        let ends: Vec<usize> = self.starts.iter().skip(1).copied().chain([self.digits.len()]).collect();
        self.starts.iter().enumerate().any(|(group, &start)| {
            // A group has a digit at least, so only the next 19 ends can be near enough: a body full of short groups
            // must not cost more than its length.
            ends.iter()
                .skip(group)
                .take(19)
                .filter(|end| (13..=19).contains(&end.saturating_sub(start)))
                .any(|&end| self.digits.get(start..end).is_some_and(passes_luhn))
        })
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    // All zeros pass the arithmetic but are no card: they are somebody's placeholder.
    sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_card_numbers_however_they_are_written() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4000-0000-0000-9995",
            r#"{"note":"call 12 4242 4242 4242 4242 99 please"}"#,
            "378282246310005",
            "x6011111111111117y",
            r#"{"quantity":5555555555554444}"#,
        ] {
            assert!(contains_card_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_body_full_of_digits_is_looked_through_in_no_time() {
        // With every end tried for every start this would be ten thousand million steps.
        assert!(!contains_card_number("1 ".repeat(100_000).as_bytes()));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "4242424242424241",
            "1000000000000",
            "0000000000000000",
            "2026-11-22T10:00:00Z",
            "4242 4242, 4242 4242",
            "+49 511 123456",
            "",
        ] {
            assert!(!contains_card_number(text.as_bytes()), "{text}");
        }
    }
}
