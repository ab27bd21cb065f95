//! How many cards get through because they verify as something else by chance: none, in the spellings that people use.

use crate::made::{luhn, spelled};
use schemas::card_number::contains_card_number;

/// Of each spelling, and with each kind of number beside it.
const CARDS: usize = 10_000;

/// How numbers of the schemes open, each with a length that it gives out.
const OPENINGS: [(&str, usize); 28] = [
    ("4", 13),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("300", 14),
    ("36", 14),
    ("38", 14),
    ("36", 16),
    ("3528", 16),
    ("6011", 16),
    ("644", 16),
    ("65", 18),
    ("62", 16),
    ("62", 17),
    ("62", 18),
    ("62", 19),
    ("6759", 16),
    ("6759", 18),
    ("2200", 16),
    ("6304", 18),
    ("508", 16),
    ("81", 16),
    ("5018", 17),
];

/// The same numbers each time (SplitMix64): one card in a hundred thousand is an honest miss.
struct Chance(u64);

impl Chance {
    fn digit(&mut self) -> char {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        char::from_digit(u32::try_from((mixed ^ (mixed >> 31)) % 10).unwrap(), 10).unwrap()
    }

    fn card(&mut self, prefix: &str, length: usize) -> String {
        let mut number = prefix.to_owned();
        while number.len() < length - 1 {
            number.push(self.digit());
        }
        number.push(luhn(&number));
        number
    }
}

/// In which groups of how many digits, and with what between these.
const SPELLINGS: [(&str, usize, &str); 5] =
    [("plain", 19, ""), ("spaces", 4, " "), ("hyphens", 4, "-"), ("8-8", 8, "-"), ("8 8", 8, " ")];

/// Always the same.
fn cards() -> Vec<String> {
    let mut chance = Chance(1);
    OPENINGS.iter().cycle().take(CARDS).map(|(prefix, length)| chance.card(prefix, *length)).collect()
}

/// Nobody halves a number of another length.
fn is_written(card: &str, size: usize) -> bool {
    size != 8 || card.len() >= 16
}

#[test]
fn of_ten_thousand_cards_none_gets_through_in_any_usual_spelling() {
    let cards = cards();
    for (spelling, size, separator) in SPELLINGS {
        let through: Vec<_> = cards
            .iter()
            .filter(|card| is_written(card, size))
            .map(|card| spelled(card, &[size], separator, 0x30))
            .filter(|text| !contains_card_number(text) || !contains_card_number(&format!("Zoë {text}, 2nd floor")))
            .collect();
        assert_eq!(through, [""; 0], "{spelling}");
    }
}

/// What people write before and behind it, with other digits each time.
const BESIDE: [&str; 14] = [
    "",
    "#",
    "##",
    "###",
    "####",
    "#####",
    "######",
    "20##",
    "19##",
    "1#.11.20##",
    "20##-1#-2#",
    "20##112#",
    "1##a",
    "No. 1##",
];

#[test]
fn nor_with_a_number_before_or_behind_it() {
    let cards = cards();
    let mut chance = Chance(2);
    for (spelling, size, separator) in SPELLINGS {
        let joint = if separator.is_empty() { " " } else { separator };
        let mut through = Vec::new();
        for (count, card) in cards.iter().enumerate().filter(|(_, card)| is_written(card, size)) {
            let written = spelled(card, &[size], separator, 0x30);
            for (place, before) in BESIDE.iter().enumerate() {
                // Another one each time, so that each comes with each.
                let behind = BESIDE[(place + count) % BESIDE.len()];
                let text = [*before, written.as_str(), behind].into_iter().filter(|part| !part.is_empty());
                let text = text.collect::<Vec<_>>().join(joint);
                let text: String = text.chars().map(|c| if c == '#' { chance.digit() } else { c }).collect();
                if !contains_card_number(&text) {
                    through.push(text);
                }
            }
        }
        assert_eq!(through, [""; 0], "{spelling}");
    }
}
