//! Telephone numbers, barcodes, coordinates, times and the like are no card numbers.

use crate::made::spelled;
use proptest::prelude::*;
use schemas::card_number::contains_card_number;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

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

/// The check digit of a GTIN (EAN-8, UPC-A, EAN-13, ITF-14).
fn gtin(digits: &str) -> String {
    let sum: u32 =
        digits.chars().rev().enumerate().map(|(p, c)| c.to_digit(10).unwrap() * if p % 2 == 0 { 3 } else { 1 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
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
