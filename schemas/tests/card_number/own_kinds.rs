//! Numbers with check digits of their own kind, such as those of accounts, pass; and hide no card.

use crate::made::luhn;
use proptest::prelude::*;
use schemas::card_number::contains_card_number;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn numbers_with_check_digits_of_their_own_kind_pass(
        digits in "([0-9]{26}|([17][0-9]{3}){6}[0-9]{2})",
        day in "(19[4-9][0-9]|20[01][0-9])(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])",
    ) {
        for (number, alone) in own_kinds(&digits, &day) {
            prop_assert!(!alone || !contains_card_number(&number), "{number}");
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
}

/// Numbers that are made of these digits, and verify as what they are; with whether each passes without a label, because its
/// check is strong, or no card is written so or opens at any of its groups.
fn own_kinds(digits: &str, day: &str) -> Vec<(String, bool)> {
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
    let opens_nowhere = account.as_bytes().chunks(4).all(|four| matches!(four[0], b'1' | b'7'));

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

    let opens = |number: &str, with: &[char]| number.starts_with(with);
    vec![
        (format!("{} {}", &polish[..2], fours(&polish[2..])), opens_nowhere),
        (polish.clone(), false),
        (spanish.clone(), !opens(&spanish, &['3'])),
        (fours(&spanish), !opens(&spanish, &['3']) && opens(&spanish[4..], &['1', '7'])),
        (
            format!("{} {} {} {}", &spanish[..4], &spanish[4..8], &spanish[8..10], &spanish[10..]),
            !opens(&spanish, &['3']),
        ),
        (format!("{}-{}", hungarian[0], hungarian[1]), opens(&hungarian[0], &['1', '7'])),
        (
            format!("{}-{}-{}", hungarian[0], &hungarian[2][..8], &hungarian[2][8..]),
            opens(&hungarian[0], &['1', '7']) && opens(&hungarian[2], &['1', '7']),
        ),
        (mexican.clone(), opens(&mexican, &['1'])),
        (format!("{} {} {} {}", &mexican[..3], &mexican[3..6], &mexican[6..17], &mexican[17..]), true),
        (chinese, true),
        (company, true),
        (dotted, true),
        (african.clone(), !opens(&african, &['4'])),
        (format!("{}-{}/0800", &digits[..2], &digits[2..12]), true),
        (format!("{}/0100", &digits[2..12]), true),
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
fn an_account_number_hides_no_card_beside_it() {
    assert!(contains_card_number("DE89 3704 0044 0532 0130 00, 4242 4242 4242 4242"));
    assert!(contains_card_number("DE00 4242 4242 4242 4242 00"));
    assert!(contains_card_number("XX12 4242 4242 4242 4242"));
}

/// Each is a card by prefix, length and Luhn digit, and has the check digits of something else too.
#[test]
fn what_a_card_may_pass_for_is_a_card_unless_a_label_says_otherwise() {
    for (number, label) in [
        ("36422140-11376949", "Számlaszám: "),
        ("655647924598600097", "CLABE "),
        ("4409238780281", "ID "),
        ("30589422931097630328", "Cuenta: "),
        ("3058 9422 9310 9763 0328", "nº de cuenta "),
        ("40000000000000000061227013", "Rachunek "),
        ("DK 4242 1242 7792 7255", "IBAN: "),
        ("de 4242 4242 4242 4242 06 37", "IBAN "),
        ("de\u{200b}4242 4242 4242 4242 06 37", "IBAN "),
    ] {
        for before in ["", "Zoë, ", "card ", "card account ", "Kártya, számlaszám 12, "] {
            assert!(contains_card_number(&format!("{before}{number}")), "{before}{number}");
        }
        assert!(!contains_card_number(&format!("{label}{number}")), "{label}{number}");
    }
    assert!(contains_card_number("order no 4398259791907") && contains_card_number("orderno4398259791907"));
    assert!(!contains_card_number("NO4398259791907") && !contains_card_number("IBANNO4398259791907"));
    for card in ["4242 4242 4242 4242", "42424242-42424242", "4242424242424242"] {
        assert!(contains_card_number(&format!("Account {card}")), "a label alone proves nothing");
    }
}

/// All groups of each, or as many as an account has, verify as one.
#[test]
fn a_card_with_a_house_number_or_a_date_beside_it_is_no_account() {
    for text in [
        "0001 2223 0031 2200 3222",
        "1012 4917 3911 3613 9976",
        "Zoë, 12 1012 4917 3911 3613 9976 2027",
        "4242 0937 5673 3437 2027 1234",
        "5500 5339 0657 9192 5878 7141 6194",
        "49 4269 7703 9161 3805 2027 1234",
        "92 4522 0967 0521 1406 2027 1234",
        "11272027-49266220-57462933",
        "55554406-72800766-20271130",
    ] {
        assert!(contains_card_number(text), "{text}");
    }
}
