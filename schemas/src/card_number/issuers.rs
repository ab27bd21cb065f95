//! Which numbers the card schemes give out: ISO/IEC 7812-1 has a number open with its issuer's prefix and end with a
//! Luhn digit, and each scheme has lengths of its own.
//!
//! The ranges are those that the schemes publish (Visa, Mastercard, American Express, Discover and its alliances, JCB,
//! UnionPay, NSPK for Mir, NPCI for RuPay, Elo, Verve), as Wikipedia's "Payment card number" gathers them. Left out on
//! purpose: 978 and 979, which open every ISBN (Troy's 9792 with them); UATP, which opens with 1 as every Unix time does;
//! and Maestro at less than 16 digits, of which no card in use is known and which would take barcodes and telephone
//! numbers with it.

/// From and to which first six digits, and at which lengths.
struct Range(u32, u32, &'static [usize]);

const SIXTEEN: &[usize] = &[16];
const SIXTEEN_TO_NINETEEN: &[usize] = &[16, 17, 18, 19];

const RANGES: [Range; 31] = [
    Range(220_000, 220_599, SIXTEEN_TO_NINETEEN),       // Mir, BORICA
    Range(222_100, 272_099, SIXTEEN),                   // Mastercard
    Range(300_000, 305_999, &[14, 16, 17, 18, 19]),     // Diners Club
    Range(309_500, 309_599, &[14, 16, 17, 18, 19]),     // Diners Club
    Range(340_000, 349_999, &[15]),                     // American Express
    Range(352_800, 358_999, SIXTEEN_TO_NINETEEN),       // JCB
    Range(360_000, 369_999, &[14, 15, 16, 17, 18, 19]), // Diners Club
    Range(370_000, 379_999, &[15]),                     // American Express
    Range(380_000, 399_999, &[14, 16, 17, 18, 19]),     // Diners Club
    Range(400_000, 499_999, &[13, 16, 19]),             // Visa
    Range(501_800, 501_999, SIXTEEN_TO_NINETEEN),       // Maestro, Dankort
    Range(502_000, 502_099, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(503_800, 503_899, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(504_175, 504_175, SIXTEEN),                   // Elo
    Range(506_099, 506_198, &[16, 18, 19]),             // Verve
    Range(506_699, 506_778, SIXTEEN),                   // Elo
    Range(507_865, 507_964, &[16, 18, 19]),             // Verve
    Range(508_000, 509_999, SIXTEEN),                   // RuPay, Elo
    Range(510_000, 559_999, SIXTEEN),                   // Mastercard
    Range(589_300, 589_399, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(600_000, 609_999, SIXTEEN_TO_NINETEEN),       // Discover, RuPay, Hipercard
    Range(620_000, 629_999, SIXTEEN_TO_NINETEEN),       // UnionPay
    Range(630_400, 630_499, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(636_000, 636_999, SIXTEEN_TO_NINETEEN),       // InterPayment, Elo
    Range(639_000, 639_099, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(644_000, 659_999, SIXTEEN_TO_NINETEEN),       // Discover, RuPay, Elo, Verve
    Range(670_000, 679_999, SIXTEEN_TO_NINETEEN),       // Maestro
    Range(810_000, 819_999, SIXTEEN_TO_NINETEEN),       // UnionPay, RuPay
    Range(820_000, 829_999, SIXTEEN),                   // RuPay
    Range(860_000, 860_099, SIXTEEN),                   // Uzcard
    Range(986_000, 986_099, SIXTEEN),                   // Humo
];

/// At which lengths a card number may open with these digits.
pub(super) fn lengths(digits: &[u8]) -> &'static [usize] {
    let Some(prefix) = digits.get(..6) else { return &[] };
    let prefix = prefix.iter().fold(0, |number, digit| number * 10 + u32::from(*digit));
    RANGES.iter().find(|range| (range.0..=range.1).contains(&prefix)).map_or(&[], |range| range.2)
}

/// How many digits the security code has that stands behind such a number.
pub(super) fn security_code(digits: &[u8]) -> usize {
    if matches!(digits, [3, 4 | 7, ..]) { 4 } else { 3 }
}

pub(super) fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
