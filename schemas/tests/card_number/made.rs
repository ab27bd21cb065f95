//! Numbers made for the tests: those of cards, by prefix, length and check digit, and how they are spelled.

use proptest::prelude::*;

/// The digit that makes it a card's.
pub(crate) fn luhn(digits: &str) -> char {
    (b'0'..=b'9')
        .map(char::from)
        .find(|last| {
            let sum: u32 = format!("{digits}{last}")
                .chars()
                .rev()
                .enumerate()
                .map(|(place, c)| {
                    let digit = c.to_digit(10).unwrap() * (1 + u32::from(place % 2 == 1));
                    digit / 10 + digit % 10
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .unwrap()
}

/// A number that an issuer would give out.
pub(crate) fn card() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just(("4", 16)),
        Just(("4", 19)),
        Just(("51", 16)),
        Just(("2221", 16)),
        Just(("34", 15)),
        Just(("37", 15)),
        Just(("36", 14)),
        Just(("38", 14)),
        Just(("6011", 16)),
        Just(("65", 16)),
        Just(("3528", 16)),
        Just(("62", 16)),
        Just(("62", 19)),
        Just(("6759", 16)),
        Just(("2200", 16)),
        Just(("508", 16)),
    ];
    (kind, proptest::collection::vec(0..10_u8, 19)).prop_map(|((prefix, length), random)| {
        let body: String = random.iter().map(|digit| char::from(b'0' + digit)).collect();
        let most = format!("{prefix}{body}")[..length - 1].to_owned();
        format!("{most}{}", luhn(&most))
    })
}

/// A number in groups of these sizes, over and over, in the script that has this zero.
pub(crate) fn spelled(number: &str, sizes: &[usize], separator: &str, zero: u32) -> String {
    let mut sizes = sizes.iter().cycle();
    let mut left = *sizes.next().unwrap();
    let mut text = String::new();
    for digit in number.chars() {
        if left == 0 {
            text.push_str(separator);
            left = *sizes.next().unwrap();
        }
        text.push(char::from_u32(zero + digit.to_digit(10).unwrap()).unwrap());
        left -= 1;
    }
    text
}
