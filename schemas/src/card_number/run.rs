//! Groups of digits with something between each, and which of them may be a card number together.

use super::{accounts, grouping, issuers, joint::is_letter, labels};

/// The fewest digits of a card number.
pub(super) const FEWEST_DIGITS: usize = 13;
/// The most characters between two groups of one number.
const MOST_BETWEEN: usize = 16;
/// The most zeros that are passed over before a number.
const MOST_ZEROS: usize = 20;
/// The most digits of a card number, and so the most groups of it.
const MOST_DIGITS: usize = 19;
/// E.164 numbers of Europe's largest countries have 13 digits and open with a 4, as Visa's oldest cards do.
const TELEPHONE_DIGITS: usize = 13;

/// Groups of digits, as far as they may belong together.
pub(super) struct Run<'t> {
    text: &'t str,
    digits: Vec<u8>,
    groups: Vec<Group<'t>>,
    /// Where the last digit ends in the text.
    behind: usize,
    /// Characters since the last digit.
    between: usize,
    /// Whether a plus sign stands before the next digit.
    plus: bool,
}

struct Group<'t> {
    /// Where it starts in the digits.
    start: usize,
    /// Where it starts in the text.
    at: usize,
    /// What stands between it and the group before.
    joint: &'t str,
    /// Whether it has the plus sign of an international telephone number before it.
    plus: bool,
    /// Whether an X stands right behind it, as the check digit ten does.
    x: bool,
}

impl<'t> Run<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, digits: Vec::new(), groups: Vec::new(), behind: 0, between: 0, plus: false }
    }

    pub(super) fn digit(&mut self, digit: u8, at: usize, c: char) {
        if self.digits.is_empty() || self.between > 0 {
            let joint = self.text.get(self.behind..at).filter(|_| !self.digits.is_empty()).unwrap_or_default();
            self.groups.push(Group { start: self.digits.len(), at, joint, plus: self.plus, x: false });
        }
        self.digits.push(digit);
        self.behind = at + c.len_utf8();
        self.between = 0;
        self.plus = false;
    }

    /// Takes what is no digit, and says whether the run is over.
    pub(super) fn between(&mut self, c: char) -> bool {
        self.between += 1;
        if is_letter(c) {
            self.plus = false;
            if let Some(last) = self.groups.last_mut().filter(|_| self.between == 1) {
                last.x = matches!(c, 'X' | 'x');
            }
        }
        self.plus |= matches!(c, '+' | '\u{ff0b}' | '\u{fe62}');
        self.between > MOST_BETWEEN
    }

    /// Says whether it held a card number, and begins anew.
    pub(super) fn end(&mut self) -> bool {
        let found = self.digits.len() >= FEWEST_DIGITS && self.holds_one();
        self.digits.clear();
        self.groups.clear();
        self.between = 0;
        found
    }

    /// What verifies as something else is left out; a card number stands before, between or behind.
    fn holds_one(&self) -> bool {
        let (mut from, mut index) = (0, 0);
        while index < self.groups.len() {
            let taken = self.taken_at(from, index);
            if taken > 0 && self.opens_between(from, index) {
                return true;
            }
            index += taken.max(1);
            if taken > 0 {
                from = index;
            }
        }
        self.opens_between(from, self.groups.len())
    }

    /// How many groups from there on are an account number or the like. What a card might pass for as well, alone or with a
    /// house number or the like beside it, counts as a card if one reads as such anywhere in it, unless it is labelled. That one
    /// may begin in any group, or before it, but behind the last number that was left out.
    fn taken_at(&self, from: usize, index: usize) -> usize {
        let own = self.groups.get(index..).unwrap_or_default();
        let last = (index + accounts::MOST_GROUPS).min(self.groups.len());
        let digits = self.digits.get(self.start(index)..self.start(last)).unwrap_or_default();
        let parts: Vec<_> = (index..last).map(|group| self.start(group + 1) - self.start(group)).collect();
        let joints = own.iter().skip(1).take(parts.len().saturating_sub(1)).map(|group| group.joint);
        let Some(first) = own.first() else { return 0 };
        let account = accounts::at_the_beginning(digits, &parts, &joints.collect::<Vec<_>>(), first.x);
        let earliest = from.max(index.saturating_sub(MOST_DIGITS));
        let is_account = |account: &accounts::Account| {
            account.rare
                || !(earliest..index + account.groups).any(|group| self.opens_one(group, self.groups.len()))
                || labels::say_account(self.text.get(..first.at).unwrap_or_default())
        };
        account.filter(is_account).map_or(0, |account| account.groups)
    }

    /// Where a group starts in the digits, or they end.
    fn start(&self, index: usize) -> usize {
        self.groups.get(index).map_or(self.digits.len(), |group| group.start)
    }

    fn opens_between(&self, from: usize, to: usize) -> bool {
        (from..to).any(|index| self.opens_one(index, to))
    }

    /// Whether a card number starts with that group, or behind the zeros that stand there, and ends before group `to`.
    fn opens_one(&self, index: usize, to: usize) -> bool {
        let Some(group) = self.groups.get(index) else { return false };
        let all = self.digits.get(group.start..self.start(to)).unwrap_or_default();
        let zeros = all.iter().take(MOST_ZEROS).take_while(|digit| **digit == 0).count();
        let rest = all.get(zeros..).unwrap_or_default();
        let telephone = group.plus || zeros == 2;
        issuers::lengths(rest).iter().any(|length| {
            !(telephone && *length == TELEPHONE_DIGITS)
                && rest.get(..*length).is_some_and(issuers::passes_luhn)
                && self.ends_at(group.start + zeros + length, issuers::security_code(rest))
                && self.is_written_so(index, group.start + zeros, *length)
        })
    }

    /// Whether people write a number of that length in such groups.
    fn is_written_so(&self, index: usize, start: usize, length: usize) -> bool {
        let later = self.groups.iter().skip(index + 1).take_while(|group| group.start < start + length);
        let inner: Vec<_> = later.filter(|group| group.start > start).collect();
        let cuts: Vec<_> = inner.iter().map(|group| group.start - start).collect();
        let joints: Vec<_> = inner.iter().map(|group| group.joint).collect();
        let before = self.groups.get(index).map_or("", |group| group.joint);
        grouping::is_usual(length, &cuts, &joints, before)
    }

    /// Whether a number may end there: with its group, or before what stands behind a number on its card.
    fn ends_at(&self, place: usize, security_code: usize) -> bool {
        let next = self.groups.partition_point(|group| group.start < place);
        let behind = self.digits.get(place..self.start(next)).unwrap_or_default();
        let year = matches!(self.start(next + 1) - self.start(next), 2 | 4);
        behind.is_empty() || is_on_card(behind, security_code) || year && matches!(behind, [0, 1..=9] | [1, 0..=2])
    }
}

/// A security code, a date of expiry, or both.
fn is_on_card(digits: &[u8], security_code: usize) -> bool {
    let month = |at: usize| digits.get(at..at + 2).is_some_and(|month| matches!(month, [0, 1..=9] | [1, 0..=2]));
    // The month stands before the year, of two digits or of four, or behind it.
    let date = |at: usize, length: usize| month(at) || month(at + length - 2);
    let of_length = |date_length: usize| match digits.len() {
        length if length == date_length => date(0, date_length),
        length if length == date_length + security_code => date(0, date_length) || date(security_code, date_length),
        _ => false,
    };
    digits.len() == security_code || of_length(4) || of_length(6)
}
