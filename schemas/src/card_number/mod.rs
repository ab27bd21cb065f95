//! Finds card numbers, so that what holds one is refused before anything of it is stored or logged (PCI DSS 3.5.1).
//!
//! People write them with whatever they like between groups of digits, in the digits of their script, with zeros before
//! or the security code behind. Barcodes, telephone numbers and account numbers are made of digits too and are to pass: a
//! card number is one that an issuer would give out, by its prefix, its length and its check digit, and in groups as people
//! write it. Where it may be either, it is a card number, unless a check that fewer than one card in a thousand would pass
//! says what else it is, or a weaker one together with a label before it.

mod accounts;
mod digits;
mod escapes;
mod grouping;
mod iban;
mod issuers;
mod joint;
mod labels;
mod run;

use run::{FEWEST_DIGITS, Run};

pub use digits::value as digit;

/// How often a text may have been escaped, one time over the other.
const MOST_LAYERS: usize = 3;

/// Whether the text holds what would pass for a card number, as it stands or once its escapes are resolved.
pub fn contains_card_number(text: &str) -> bool {
    // Most texts have few digits, and are done with here: an escaped digit is made of digits too.
    let few = || text.chars().filter(|c| digits::value(*c).is_some()).nth(FEWEST_DIGITS - 1).is_none();
    if text.len() < FEWEST_DIGITS || few() {
        return false;
    }
    if stands_in(text) || escapes::unquoted(text).is_some_and(|text| stands_in(&text)) {
        return true;
    }
    let mut layer = escapes::resolved(text);
    for _ in 0..MOST_LAYERS {
        let Some(inner) = layer else { return false };
        if stands_in(&inner) {
            return true;
        }
        layer = escapes::resolved(&inner);
    }
    false
}

fn stands_in(text: &str) -> bool {
    let mut run = Run::of(text);
    let mut passed = 0;
    for (at, c) in text.char_indices() {
        if at < passed || digits::is_invisible(c) {
            continue;
        }
        if let Some(digit) = digits::value(c) {
            run.digit(digit, at, c);
            continue;
        }
        let account = text.get(at..).filter(|_| c.is_ascii_alphabetic()).and_then(iban::at_the_beginning);
        // Two letters apart from the digits, or at the end of a word, may be any: one number in 97 has the right check digits.
        let is_account = |iban: &iban::Iban| {
            let before = text.get(..at).unwrap_or_default();
            !(iban.apart || before.ends_with(char::is_alphabetic)) || labels::say_account(before)
        };
        let over = match account.filter(is_account) {
            Some(iban) => {
                passed = at + iban.length;
                true
            }
            None => run.between(c),
        };
        if over && run.end() {
            return true;
        }
    }
    run.end()
}
