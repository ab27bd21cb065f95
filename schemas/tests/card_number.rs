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
        // Each would be an account number or a company's with the same right.
        prop_assume!(!(sizes.starts_with(&[8, 8]) && separator == "-" || number.len() == 14 && &number[8..10] == "00"));
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
        prop_assume!(number.len() != 14 || &number[8..10] != "00");
        let text: String = number.chars().flat_map(|digit| [digit.to_string(), unseen.to_owned()]).collect();
        prop_assert!(contains_card_number(&text), "{text:?}");
    }

    #[test]
    fn two_telephone_numbers_in_one_field_pass(
        first in telephone(),
        second in telephone(),
        between in prop::sample::select(vec![" / ", ", ", "; ", " | ", " or ", " oder ", " & ", "/", ","]),
    ) {
        let text = format!("{first}{between}{second}");
        prop_assert!(!contains_card_number(&text), "{text}");
    }

    #[test]
    fn coordinates_and_sort_codes_pass(
        latitude in -90_000_000..90_000_000_i64,
        longitude in -180_000_000..180_000_000_i64,
        sort in "[0-9]{2}-[0-9]{2}-[0-9]{2}",
        account in "[0-9]{8}",
    ) {
        let degrees = |millionths: i64| {
            let (sign, size) = (if millionths < 0 { "-" } else { "" }, millionths.abs());
            format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
        };
        for text in [
            format!("{}, {}", degrees(latitude), degrees(longitude)),
            format!("{sort} {account}"),
            format!("{sort} / {account}"),
            format!("{} {account}", sort.replace('-', "")),
        ] {
            prop_assert!(!contains_card_number(&text), "{text}");
        }
    }

    #[test]
    fn numbers_with_check_digits_of_their_own_kind_pass(
        digits in "[0-9]{26}",
        day in "(19[4-9][0-9]|20[01][0-9])(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])",
    ) {
        let numbers = own_kinds(&digits, &day);
        for number in &numbers {
            prop_assert!(!contains_card_number(number), "{number}");
            let among = format!("Konto {number}, 10115 Berlin");
            prop_assert!(!contains_card_number(&among), "{among}");
        }
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

/// As they are written at home and abroad; each in the groups of its country.
fn telephone() -> impl Strategy<Value = String> {
    prop_oneof![
        "0[1-9][0-9] [1-9][0-9]{6}",
        "01[567][0-9] [1-9][0-9]{6,7}",
        "\\+49 [1-9][0-9]{1,2} [1-9][0-9]{6,7}",
        "0049 1[567][0-9] [1-9][0-9]{6}",
        "0[1-9]( [0-9]{2}){4}",
        "\\+33 [1-9]( [0-9]{2}){4}",
        "\\([2-9][0-9]{2}\\) [2-9][0-9]{2}-[0-9]{4}",
        "\\+1 [2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}",
        "010-[1-9][0-9]{3}-[0-9]{4}",
        "\\+86 1[3-9][0-9] [0-9]{4} [0-9]{4}",
        "\\+852 [2-9][0-9]{3} [0-9]{4}",
        "[2-9][0-9]{7}",
        "\\+44 20 [0-9]{4} [0-9]{4}",
        "07[0-9]{3} [0-9]{6}",
    ]
}

/// Numbers that are made of these digits, and verify as what they are.
fn own_kinds(digits: &str, day: &str) -> Vec<String> {
    let value = |place: usize| u32::from(digits.as_bytes()[place] - b'0');
    let weighted = |text: &str, weights: &[u32]| -> u32 {
        text.bytes().zip(weights.iter().cycle()).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum()
    };
    let fours = |text: &str| {
        text.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect::<Vec<_>>().join(" ")
    };
    let account = &digits[..24];
    let rest = format!("{account}252100").bytes().fold(0_u32, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
    let polish = format!("{:02}{account}", 98 - rest);

    let spanish_check = |sum: u32| match 11 - sum % 11 {
        11 => 0,
        10 => 1,
        check => check,
    };
    let branch =
        format!("{}{}", ["0049", "2100", "3058", "1465"][usize::try_from(value(0) % 4).unwrap()], &digits[4..8]);
    let own = &digits[8..18];
    let checks = [
        spanish_check(weighted(&branch, &[4, 8, 5, 10, 9, 7, 3, 6])),
        spanish_check(weighted(own, &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6])),
    ];
    let spanish = format!("{branch}{}{}{own}", checks[0], checks[1]);

    let giro = |part: &str| format!("{part}{}", (10 - weighted(part, &[9, 7, 3, 1]) % 10) % 10);
    let hungarian = [giro(&digits[..7]), giro(&digits[7..14]), giro(&format!("{}{}", &digits[7..14], &digits[14..22]))];

    let bank = ["002", "646", "638", "137"][usize::try_from(value(1) % 4).unwrap()];
    let clabe = format!("{bank}{}", &digits[..14]);
    let mexican = format!("{clabe}{}", (10 - weighted(&clabe, &[3, 7, 1]) % 10) % 10);

    let resident = format!(
        "{}{}{day}{}",
        ["11", "36", "62", "65"][usize::try_from(value(2) % 4).unwrap()],
        &digits[..4],
        &digits[4..7]
    );
    let sum = weighted(&resident, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
    let chinese =
        format!("{resident}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][usize::try_from(sum).unwrap()]);

    let company_check = |sum: u32| if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
    let company = format!("{}{}0001", ["36", "38", "11", "30"][usize::try_from(value(3) % 4).unwrap()], &digits[..6]);
    let company = format!("{company}{}", company_check(weighted(&company, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])));
    let company = format!("{company}{}", company_check(weighted(&company, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])));
    let dotted =
        format!("{}.{}.{}/{}-{}", &company[..2], &company[2..5], &company[5..8], &company[8..12], &company[12..]);

    let born = format!("{}{}08", &day[2..], &digits[..4]);
    let african = format!("{born}{}", luhn(&born));

    vec![
        format!("{} {}", &polish[..2], fours(&polish[2..])),
        polish.clone(),
        spanish.clone(),
        fours(&spanish),
        format!("{} {} {} {}", &spanish[..4], &spanish[4..8], &spanish[8..10], &spanish[10..]),
        format!("{}-{}", hungarian[0], hungarian[1]),
        format!("{}-{}-{}", hungarian[0], &hungarian[2][..8], &hungarian[2][8..]),
        mexican.clone(),
        format!("{} {} {} {}", &mexican[..3], &mexican[3..6], &mexican[6..17], &mexican[17..]),
        chinese,
        company,
        dotted,
        african,
        format!("{}-{}/0800", &digits[..2], &digits[2..12]),
        format!("{}/0100", &digits[2..12]),
    ]
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
        "4242                 4242                 4242                 4242",
        "030 1234567 / 0171 1234567",
        "+49 30 1234567 / +49 171 1234567",
        "41234567 / 90000003",
        "06 12 54 56 78 06 98 76 54 32",
        "DE 89.3704.0044.0532.0130.00",
        "DE89370400440532013000EUR",
        "61 1090 1014 0000 0712 1981 2874",
        "19-2000145399/0800",
        "11773016-11111018-00000000",
        "2100 0418 45 0200051332",
        "002010077777777771",
        "11.222.333/0001-81",
        "11010519491231002X",
        "12-34-56 12345678",
        "52.520008, 13.404954",
        "40.712776, -74.005974",
        "IMEI 35 693803 564380 9",
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
        r"\u0034",
        "&",
        "=",
        "18 4444 4444 4444 4444 4444 4444 ",
    ] {
        assert!(!contains_card_number(&format!("{}x", text.repeat(100_000))), "{text}");
    }
}
