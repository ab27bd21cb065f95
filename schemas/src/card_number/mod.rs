//! Finds card numbers, so that what holds one is refused before anything of it is stored or logged (PCI DSS 3.5.1).
//!
//! People write them with whatever they like between groups of digits, in the digits of their script, with zeros before
//! or the security code behind. Barcodes, telephone numbers and account numbers are made of digits too and are to pass: a
//! card number is one that an issuer would give out, by its prefix, its length and its check digit.

mod digits;
mod iban;
mod issuers;

pub use digits::value as digit;

/// The most separators between two groups of one number, such as ` - `.
const MOST_SEPARATORS: usize = 3;
/// The fewest digits of a card number.
const FEWEST_DIGITS: usize = 13;
/// E.164 numbers of Europe's largest countries have 13 digits and open with a 4, as Visa's oldest cards do.
const TELEPHONE_DIGITS: usize = 13;

/// Whether the text holds what would pass for a card number.
pub fn contains_card_number(text: &str) -> bool {
    // Most texts have few digits, and are done with here.
    if text.len() < FEWEST_DIGITS || text.chars().filter(|c| digits::value(*c).is_some()).count() < FEWEST_DIGITS {
        return false;
    }
    let mut run = Run::default();
    let mut passed = 0;
    for (at, c) in text.char_indices() {
        if at < passed || digits::is_invisible(c) {
            continue;
        }
        let over = match digits::value(c) {
            Some(digit) => {
                run.digit(digit);
                false
            }
            None if c.is_alphanumeric() => {
                if let Some(length) = text.get(at..).filter(|_| c.is_ascii()).and_then(iban::length) {
                    passed = at + length;
                }
                run.plus = false;
                true
            }
            None => run.separator(c),
        };
        if over && run.end() {
            return true;
        }
    }
    run.end()
}

/// Groups of digits with a few separators between each.
#[derive(Default)]
struct Run {
    digits: Vec<u8>,
    groups: Vec<Group>,
    /// Separators since the last digit.
    separators: usize,
    /// Whether a plus sign stands before the next digit.
    plus: bool,
}

struct Group {
    /// Where it starts in the digits.
    start: usize,
    /// Whether it has the plus sign of an international telephone number before it.
    plus: bool,
}

impl Run {
    fn digit(&mut self, digit: u8) {
        if self.digits.is_empty() || self.separators > 0 {
            self.groups.push(Group { start: self.digits.len(), plus: self.plus });
        }
        self.digits.push(digit);
        self.separators = 0;
        self.plus = false;
    }

    /// Says whether the run is over.
    fn separator(&mut self, c: char) -> bool {
        self.separators += 1;
        self.plus |= matches!(c, '+' | '\u{ff0b}' | '\u{fe62}');
        self.separators > MOST_SEPARATORS
    }

    /// Says whether it held a card number, and begins anew.
    fn end(&mut self) -> bool {
        let found = self.digits.len() >= FEWEST_DIGITS
            && (0..self.groups.len()).any(|index| self.group(index).is_some_and(|group| self.opens_one(group)));
        self.digits.clear();
        self.groups.clear();
        found
    }

    /// The group, and where it ends.
    fn group(&self, index: usize) -> Option<(&Group, usize)> {
        let end = self.groups.get(index + 1).map_or(self.digits.len(), |next| next.start);
        self.groups.get(index).map(|group| (group, end))
    }

    /// Whether a card number starts with that group, or behind the zeros that it opens with.
    fn opens_one(&self, (group, end): (&Group, usize)) -> bool {
        let own = self.digits.get(group.start..end).unwrap_or_default();
        let zeros = own.iter().take_while(|digit| **digit == 0).count();
        let rest = self.digits.get(group.start + zeros..).unwrap_or_default();
        let telephone = group.plus || zeros == 2;
        issuers::lengths(rest).iter().any(|length| {
            let is_telephone = telephone && *length == TELEPHONE_DIGITS;
            let ends = self.ends_at(group.start + zeros + length, issuers::security_code(rest));
            !is_telephone && ends && rest.get(..*length).is_some_and(issuers::passes_luhn)
        })
    }

    /// Whether a number may end there: with its group, or before what stands behind a number on its card.
    fn ends_at(&self, place: usize, security_code: usize) -> bool {
        let next = self.groups.partition_point(|group| group.start < place);
        let end = self.groups.get(next).map_or(self.digits.len(), |group| group.start);
        self.digits.get(place..end).is_some_and(|behind| behind.is_empty() || is_on_card(behind, security_code))
    }
}

/// A security code, a date of expiry, or both.
fn is_on_card(digits: &[u8], security_code: usize) -> bool {
    let month = |at: usize| digits.get(at..at + 2).is_some_and(|month| matches!(month, [0, 1..=9] | [1, 0..=2]));
    // The month stands before the year or behind it.
    let date = |at: usize| month(at) || month(at + 2);
    match digits.len() {
        length if length == security_code => true,
        4 | 6 => date(0),
        length if length == security_code + 4 => date(0) || date(security_code),
        _ => false,
    }
}
