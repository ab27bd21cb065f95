//! A card number is found in whatever spelling, with whatever stands before, between and behind its groups.

use crate::made::{card, spelled};
use proptest::prelude::*;
use schemas::card_number::contains_card_number;

/// What the schemes and the payment providers give out for tests.
const CARDS: [&str; 33] = [
    "4242424242424242",
    "4000056655665556",
    "4222222222222",
    "4000000000000000006",
    "5555555555554444",
    "2223003122003222",
    "2720990000000007",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "343434343434343",
    "6011111111111117",
    "6445644564456445",
    "6500000000000002",
    "3056930009020004",
    "36227206271667",
    "30569309025904",
    "38520000023237",
    "3566002020360505",
    "3530111333300000",
    "6200000000000005",
    "6205500000000000004",
    "6212345678901232",
    "6212345678900000003",
    "6759649826438453",
    "6799990100000000019",
    "6304000000000000",
    "5018000000000009",
    "2200000000000004",
    "6074820000000009",
    "8171999927660000",
    "5067230000009011",
    "5061460410120223210",
];

/// The digits of a script by their zero, the first of those being ASCII's.
fn script() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0x30_u32),
        Just(0x30),
        Just(0xff10),
        Just(0x660),
        Just(0x6f0),
        Just(0x966),
        Just(0xe50),
        Just(0x1d7ce)
    ]
}

/// The sizes of the groups that people write a number of that length in.
fn shapes(length: usize) -> Vec<Vec<usize>> {
    let mut shapes = vec![vec![length], vec![1; length], vec![4, 4, 4, length - 12], vec![5, 5, length - 10]];
    match length {
        14 | 15 => shapes.extend([vec![4, 6, length - 10], vec![3, 3, 3, 3, length - 12]]),
        16 => shapes.extend([vec![2; 8], vec![8, 8], vec![4, 12], vec![12, 4], vec![6, 10], vec![8, 4, 4]]),
        _ => shapes.extend([vec![6, 13], vec![4, 4, 4, 4, 3], vec![8, 8, 3]]),
    }
    if length == 16 {
        shapes.extend([vec![4, 4, 4, 2, 2], vec![5, 5, 6], vec![6, 6, 4]]);
    }
    shapes.retain(|sizes| sizes != &[5, 5, 9]);
    shapes
}

/// What people and their software write between two groups.
const SEPARATORS: [&str; 44] = [
    " ",
    "  ",
    "-",
    " - ",
    ".",
    "_",
    "\u{a0}",
    "\u{2009}",
    "\u{3000}",
    "\t",
    "\n",
    "\r\n",
    "\u{2013}",
    " \u{2014} ",
    "\u{2010}",
    "\u{2212}",
    "*",
    "~",
    "'",
    "\u{2022}",
    " -- ",
    " . . ",
    "\u{2800}",
    "\u{feff} ",
    "\u{30fc}",
    "\u{ff70}",
    "\u{640}",
    "/",
    ", ",
    ":",
    "|",
    "+",
    "\u{4e00}",
    "\u{3161}",
    "x",
    "&nbsp;",
    "&#160;",
    "&#xA0;",
    "%20",
    "%C2%A0",
    "+-+",
    "\\u00a0",
    "<br>",
    "=20",
];
/// How many of them may stand between two numbers as well.
const TELLING: usize = 17;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_card_number_is_found_however_it_is_spelled(
        number in card(),
        shape in any::<prop::sample::Index>(),
        separator in any::<prop::sample::Index>(),
        zero in script(),
        before in "(|[A-Za-zÄß漢]{1,8} |Karte: |0{5}|12 {6})",
        behind in "(| [0-9]{3}|[0-9]{3}|(0[1-9]|1[0-2])2[6-9]| (0[1-9]|1[0-2])/2[6-9] [0-9]{3}| exp 12/2027 cvc 123|é|/ok)",
    ) {
        let shapes = shapes(number.len());
        let sizes = shape.get(&shapes);
        let alone = sizes.len() == 2;
        let separator = *separator.get(if alone { &SEPARATORS[..SEPARATORS.len() - TELLING] } else { &SEPARATORS[..] });
        // It would be a company's with the same right.
        prop_assume!(number.len() != 14 || &number[8..11] != "000");
        let behind = if number.len() == 15 && behind.len() == 3 { "1234".to_owned() } else { behind };
        let text = format!("{before}{}{behind}", spelled(&number, sizes, separator, zero));
        prop_assert!(contains_card_number(&text), "{text}");
    }

    #[test]
    fn what_nobody_sees_between_the_digits_hides_nothing(
        number in card(),
        unseen in prop::sample::select(vec![
            "\u{200b}", "\u{feff}", "\u{ad}", "\u{2060}", "\u{202e}", "\u{3164}", "\u{115f}", "\u{1160}", "\u{ffa0}",
            "\u{34f}", "\u{336}", "\u{301}", "\u{488}", "\u{64b}", "\u{20e3}", "\u{fe0f}\u{20e3}", "\u{1ab0}", "\u{e0020}",
        ]),
    ) {
        // It may be a company's with the same right.
        prop_assume!(number.len() != 14 || &number[8..11] != "000");
        let text: String = number.chars().flat_map(|digit| [digit.to_string(), unseen.to_owned()]).collect();
        prop_assert!(contains_card_number(&text), "{text:?}");
    }
}

#[test]
fn the_test_cards_of_every_scheme_are_found() {
    let missed: Vec<_> = CARDS.iter().filter(|card| !contains_card_number(card)).collect();
    assert_eq!(missed, [&""; 0]);
}

#[test]
fn spellings_that_got_through_once_are_found() {
    for text in [
        "4242.4242.4242.4242",
        "4242  4242  4242  4242",
        "4242\u{a0}4242\u{a0}4242\u{a0}4242",
        "4242/4242/4242/4242",
        "4242_4242_4242_4242",
        "4242, 4242, 4242, 4242",
        "4242 – 4242 – 4242 – 4242",
        "4242 - 4242 - 4242 - 4242",
        "4\u{200b}2\u{200b}4\u{200b}2\u{200b}4242 4242 4242",
        "(4242)(4242)(4242)(4242)",
        "[4242] [4242] [4242] [4242]",
        "４２４２ ４２４２ ４２４２ ４２４２",
        "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
        "４2４2٤2٤2 4242 4242",
        "⁴²⁴²⁴²⁴²⁴²⁴²⁴²⁴²",
        "④②④②④②④②④②④②④②④②",
        "4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣",
        "4242424242424242123",
        "42424242424242421227",
        "42424242424242421227123",
        "4242424242424242 123 12/27",
        "00004242424242424242",
        "0000 4242 4242 4242 4242",
        "card4242424242424242",
        "4242424242424242x",
        "call 12 4242 4242 4242 4242 99 please",
        "4000-0000-0000-9995",
        "4242ー4242ー4242ー4242",
        "4242一4242一4242一4242",
        "4242\u{3164}4242\u{115f}4242\u{ffa0}4242",
        "4\u{336}2\u{336}4\u{336}2\u{336}4242 4242 4242",
        "4242&nbsp;4242&#160;4242&#xA0;4242",
        "4242%204242%C2%A042424242",
        r"4242\u00a04242\xa04242\n4242",
        "4242%25204242%25204242%25204242",
        "4242&amp;nbsp;4242&amp;#160;4242 4242",
        "&#52;&#50;42%34%324242424242",
        "&#52&#50&#x34&#0000000000050 4242 4242 4242",
        r"\ud835\udfd2242 4242 4242 4242",
        "pay 100%4242424242424242",
        "name=ana&card=4242%204242%204242%204242&cvc=123",
        "card=2221+0000+0000+0009&exp=12%2F27",
        "4242=204242=C2=A04242=204242",
        "4242 -- 4242 -- 4242 -- 4242",
        "4242 . . 4242 . . 4242 . . 4242",
        "4242      4242      4242      4242",
        "4242 4242\n4242 4242",
        "4111 1111 1111 1111 12/27 123",
        "4111111111111111 exp 12/2027 cvc 123",
        "411111111111111112/27 123",
        "4111111111111111122027123",
        "4111111111111111=27121010000012345678",
        "B4111111111111111^ORTIZ/ANA^2712101",
        "+4242 4242 4242 4242",
        "4242+4242+4242+4242",
        "0 0 0 4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "61 1090 1014 0000 0712 1981 2874, 4242 4242 4242 4242",
        "4242 4242 4242 4242 / 61 1090 1014 0000 0712 1981 2874",
    ] {
        assert!(contains_card_number(text), "{text}");
    }
}

#[test]
fn a_text_full_of_digits_is_looked_through_in_proportion_to_its_length() {
    // With every end tried for every start these would be thousands of millions of steps.
    for text in [
        "1 ",
        "4",
        "0",
        "0 ",
        "4x",
        "4\u{301}",
        "DE89",
        "DE89 3704 ",
        "DE\u{200b}",
        "%34",
        "%25",
        "&#52;",
        "&#52",
        r"\u0034",
        "&",
        "=",
        "18 4444 4444 4444 4444 4444 4444 ",
    ] {
        assert!(!contains_card_number(&format!("{}x", text.repeat(100_000))), "{text}");
    }
}
