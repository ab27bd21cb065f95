//! Card numbers are found however they are written, and other numbers of a buyer's life are left alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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

fn luhn(digits: &str) -> char {
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

/// The check digit of a GTIN (EAN-8, UPC-A, EAN-13, ITF-14).
fn gtin(digits: &str) -> String {
    let sum: u32 =
        digits.chars().rev().enumerate().map(|(p, c)| c.to_digit(10).unwrap() * if p % 2 == 0 { 3 } else { 1 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A number that an issuer would give out.
fn card() -> impl Strategy<Value = String> {
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

fn spelled(number: &str, sizes: &[usize], separator: &str, zero: u32) -> String {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_card_number_is_found_however_it_is_spelled(
        number in card(),
        sizes in proptest::collection::vec(1..8_usize, 1..4),
        separator in "[ \u{a0}\u{2009}\u{3000}/_,.:;|()\\[\\]{}<>*#'\"~+=\u{2013}\u{2014}\u{2022}\u{200b}\u{feff}\n\t-]{0,3}",
        zero in script(),
        before in "(|[A-Za-zÄß漢]{1,8}|Karte: |0{1,9}|12    )",
        behind in "(| [0-9]{3}|[0-9]{3}|(0[1-9]|1[0-2])2[6-9]|[A-Za-zé漢]{1,8}|/ok)",
    ) {
        let behind = if number.len() == 15 && behind.len() == 3 { "1234".to_owned() } else { behind };
        let text = format!("{before}{}{behind}", spelled(&number, &sizes, &separator, zero));
        prop_assert!(contains_card_number(&text), "{text}");
    }

    #[test]
    fn account_numbers_pass(iban in iban(), separator in "( |-|\u{a0}|)", before in "(|IBAN |IBAN: |Konto )", behind in "(|, BIC X| )") {
        let text = format!("{before}{}{behind}", spelled_letters(&iban, &separator));
        prop_assert!(!contains_card_number(&text), "{text}");
        prop_assert!(!contains_card_number(&text.to_lowercase()), "{text}");
    }

    #[test]
    fn international_telephone_numbers_pass(
        country in prop_oneof![Just("1"), Just("49"), Just("44"), Just("43"), Just("41"), Just("86"), Just("91"), Just("55"), Just("371")],
        rest in "[1-9][0-9]{7,9}",
        zeros in any::<bool>(),
        sizes in proptest::collection::vec(2..5_usize, 1..4),
        separator in "( |-|/|\\.|\u{a0}|)",
    ) {
        let number = format!("{country}{rest}");
        let sign = if zeros { "00" } else { "+" };
        let text = if zeros { spelled(&format!("{sign}{number}"), &sizes, "", 0x30) } else { format!("Tel. +{}", spelled(&number, &sizes, &separator, 0x30)) };
        prop_assert!(!contains_card_number(&text), "{text}");
    }

    #[test]
    fn barcodes_pass_but_for_those_that_open_as_a_card_of_their_length_does(body in "[0-9]{12}", short in "[0-9]{11}") {
        prop_assert!(body.starts_with('4') || !contains_card_number(&gtin(&body)));
        prop_assert!(!contains_card_number(&gtin(&short)));
        for isbn in [format!("978{}", &body[3..]), format!("979{}", &body[3..])] {
            prop_assert!(!contains_card_number(&gtin(&isbn)));
        }
    }

    #[test]
    fn times_ids_and_dates_pass(millis in 1_500_000_000_000_u64..2_000_000_000_000, more in 0..1_000_000_u64) {
        for text in [
            format!("{millis}"), format!("{}", millis * 1000 + more % 1000), format!("{}", millis * 1_000_000 + more),
            format!("order-{millis}-{more}"), format!("2026-11-27 10:00:00.{more:06}"),
        ] {
            prop_assert!(!contains_card_number(&text), "{text}");
        }
    }
}

fn iban() -> impl Strategy<Value = String> {
    let country = prop_oneof![
        Just(("DE", 18)),
        Just(("AT", 16)),
        Just(("LT", 16)),
        Just(("EE", 16)),
        Just(("ES", 20)),
        Just(("PL", 24)),
        Just(("BE", 12)),
        Just(("SI", 15)),
        Just(("HU", 24)),
        Just(("CZ", 20)),
        Just(("PT", 21)),
        Just(("NO", 11)),
    ];
    (country, "[0-9]{24}").prop_map(|((country, length), digits)| {
        let account = digits[..length].to_owned();
        let letters: String = country.chars().map(|c| (u32::from(c) - u32::from('A') + 10).to_string()).collect();
        let rest =
            format!("{account}{letters}00").bytes().fold(0_u32, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97);
        format!("{country}{:02}{account}", 98 - rest)
    })
}

fn spelled_letters(text: &str, separator: &str) -> String {
    text.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect::<Vec<_>>().join(separator)
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
    ] {
        assert!(contains_card_number(text), "{text}");
    }
}

#[test]
fn other_numbers_are_left_alone() {
    for text in [
        "",
        "4242424242424241",
        "1000000000000",
        "0000000000000000",
        "9783161480027",
        "2026-11-22T10:00:00Z",
        "2026-11-22 10:00:00.123456+01:00",
        "+49 511 123456",
        "Tel. +86 138 0013 8002",
        "31415926000004@example.com",
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "1Z999AA10123456784",
        "00340434161094042557",
        "9400 1000 0000 0000 0000 00",
        "4242 4242 4242",
        "4242 one 4242 two 4242 three 4242",
        "4242      4242      4242      4242",
    ] {
        assert!(!contains_card_number(text), "{text}");
    }
}

#[test]
fn an_account_number_hides_no_card_beside_it() {
    assert!(contains_card_number("DE89 3704 0044 0532 0130 00, 4242 4242 4242 4242"));
    assert!(contains_card_number("DE00 4242 4242 4242 4242 00"));
    assert!(contains_card_number("XX12 4242 4242 4242 4242"));
}

#[test]
fn a_text_full_of_digits_is_looked_through_in_proportion_to_its_length() {
    // With every end tried for every start these would be thousands of millions of steps.
    for text in ["1 ", "4", "0", "0 ", "4 ", "DE89", "DE89 3704 "] {
        assert!(!contains_card_number(&format!("{}x", text.repeat(100_000))), "{text}");
    }
}
