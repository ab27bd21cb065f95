//! How many cards get through because they verify as something else by chance: none, in the spellings that people use.

use crate::made::{luhn, spelled};
use schemas::card_number::contains_card_number;

/// Of each spelling.
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

#[test]
fn of_ten_thousand_cards_none_gets_through_in_any_usual_spelling() {
    let mut chance = Chance(1);
    let cards: Vec<_> =
        OPENINGS.iter().cycle().take(CARDS).map(|(prefix, length)| chance.card(prefix, *length)).collect();
    for (spelling, size, separator) in
        [("plain", 19, ""), ("spaces", 4, " "), ("hyphens", 4, "-"), ("8-8", 8, "-"), ("8 8", 8, " ")]
    {
        // Nobody halves a number of another length.
        let halved = cards.iter().filter(|card| size != 8 || card.len() >= 16);
        let through: Vec<_> = halved
            .map(|card| spelled(card, &[size], separator, 0x30))
            .filter(|text| !contains_card_number(text) || !contains_card_number(&format!("Zoë {text}, 2nd floor")))
            .collect();
        assert_eq!(through, [""; 0], "{spelling}");
    }
}
