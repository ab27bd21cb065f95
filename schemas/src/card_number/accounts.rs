//! Numbers that verify as something else, by check digits of their own kind: whoever writes them into an address is not to
//! be told that they are a card. Where so many cards would pass a check that it proves little, what reads as a card is one,
//! unless a label before it says that it is an account.

use super::{issuers, joint::is_quiet};

/// The most groups of one of them.
pub(super) const MOST_GROUPS: usize = 7;

struct Kind {
    /// In which groups it is written.
    form: &'static [usize],
    /// Whether hyphens stand between these.
    hyphens: bool,
    /// Whether fewer than one card in a thousand would pass for it, because its check is strong. That no card is written so
    /// proves nothing: one is that has a house number before it, or a date behind.
    rare: bool,
    /// What verifies it.
    holds: fn(&[u8]) -> bool,
}

/// What stands at the beginning of a run of groups.
#[derive(Clone, Copy)]
pub(super) struct Account {
    /// Of how many groups it is made.
    pub(super) groups: usize,
    /// Whether fewer than one card in a thousand would pass for it.
    pub(super) rare: bool,
}

static KINDS: [Kind; 11] = [
    kind(&[26], false, is_polish_account),
    kind(&[2, 4, 4, 4, 4, 4, 4], false, is_polish_account),
    kind(&[20], false, is_spanish_account),
    kind(&[4, 4, 2, 10], false, is_spanish_account),
    kind(&[4, 4, 4, 4, 4], false, is_spanish_account),
    Kind { hyphens: true, ..kind(&[8, 8, 8], false, is_hungarian_account) },
    Kind { hyphens: true, ..kind(&[8, 8], false, is_hungarian_account) },
    kind(&[18], false, is_mexican_account),
    kind(&[18], true, is_chinese_resident),
    kind(&[14], true, is_brazilian_company),
    kind(&[13], false, is_south_african_resident),
];

const fn kind(form: &'static [usize], rare: bool, holds: fn(&[u8]) -> bool) -> Kind {
    Kind { form, hyphens: false, rare, holds }
}

/// Whether the first groups are such a number; `sizes` says how the digits fall into groups, and `x` whether an X stands
/// behind the first.
pub(super) fn at_the_beginning(digits: &[u8], sizes: &[usize], joints: &[&str], x: bool) -> Option<Account> {
    if x {
        // The check digit ten.
        let resident = matches!(sizes, [17, ..]) && digits.get(..17).is_some_and(|own| has_resident_form(own, 10));
        return resident.then_some(Account { groups: 1, rare: true });
    }
    let fits = |kind: &&Kind| {
        let count: usize = kind.form.iter().sum();
        let mut between = joints.iter().take(kind.form.len() - 1);
        sizes.starts_with(kind.form)
            && between.all(|joint| if kind.hyphens { *joint == "-" } else { is_quiet(joint) })
            && digits.get(..count).is_some_and(kind.holds)
    };
    // One that proves more counts before one that proves less.
    let of = |rare: bool| KINDS.iter().filter(|kind| kind.rare == rare).find(fits);
    of(true).or_else(|| of(false)).map(|kind| Account { groups: kind.form.len(), rare: kind.rare })
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights.iter().cycle()).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn is_digit(digit: Option<&u8>, wanted: u32) -> bool {
    digit.is_some_and(|digit| u32::from(*digit) == wanted)
}

/// NRB: an IBAN without its country, ISO 7064 MOD 97-10.
fn is_polish_account(digits: &[u8]) -> bool {
    let (check, rest) = digits.split_at_checked(2).unwrap_or_default();
    let country = [2, 5, 2, 1];
    rest.iter().chain(&country).chain(check).fold(0, |remainder, digit| (remainder * 10 + u32::from(*digit)) % 97) == 1
}

/// CCC: bank and branch, two check digits by MOD 11, account. Codes of banks are 0001 to 2199 and 3000 to 3199.
fn is_spanish_account(digits: &[u8]) -> bool {
    let check = |sum: u32| match 11 - sum % 11 {
        11 => 0,
        10 => 1,
        check => check,
    };
    let branch = weighted(digits.get(..8).unwrap_or_default(), &[4, 8, 5, 10, 9, 7, 3, 6]);
    let account = weighted(digits.get(10..).unwrap_or_default(), &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]);
    matches!(digits, [0 | 1, ..] | [2, 0 | 1, ..] | [3, 0 | 1, ..])
        && !digits.starts_with(&[0; 4])
        && is_digit(digits.get(8), check(branch))
        && is_digit(digits.get(9), check(account))
}

/// GIRO: bank and branch, then the account, each with a check digit.
fn is_hungarian_account(digits: &[u8]) -> bool {
    let (branch, account) = digits.split_at_checked(8).unwrap_or_default();
    [branch, account].into_iter().all(|part| weighted(part, &[9, 7, 3, 1]).is_multiple_of(10))
}

/// CLABE. Codes of banks open with 0, 1, 6, 7 or 9, and none with 000, or with 62 as `UnionPay`'s numbers do.
fn is_mexican_account(digits: &[u8]) -> bool {
    let sum = weighted(digits.get(..17).unwrap_or_default(), &[3, 7, 1]);
    matches!(digits, [0 | 1 | 6 | 7 | 9, ..])
        && !digits.starts_with(&[0; 3])
        && !digits.starts_with(&[6, 2])
        && is_digit(digits.get(17), (10 - sum % 10) % 10)
}

/// GB 11643: region, date of birth, serial number, ISO 7064 MOD 11-2.
fn is_chinese_resident(digits: &[u8]) -> bool {
    digits.split_last().is_some_and(|(check, own)| has_resident_form(own, u32::from(*check)))
}

fn has_resident_form(own: &[u8], check: u32) -> bool {
    let century = matches!(own.get(6..8), Some([1, 9] | [2, 0]));
    let sum = weighted(own, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    century && is_day(own.get(10..14)) && (sum + check) % 11 == 1
}

/// CNPJ: the company, its branch, of which few have ten, two check digits by MOD 11.
fn is_brazilian_company(digits: &[u8]) -> bool {
    let check = |sum: u32| if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
    let first = weighted(digits.get(..12).unwrap_or_default(), &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
    let second = weighted(digits.get(..13).unwrap_or_default(), &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
    digits.get(8..11) == Some(&[0, 0, 0])
        && is_digit(digits.get(12), check(first))
        && is_digit(digits.get(13), check(second))
}

/// The date of birth, of which only those in the forties open as a card does, a serial number, citizenship, an 8 or 9, and
/// a Luhn digit as cards have it.
fn is_south_african_resident(digits: &[u8]) -> bool {
    digits.starts_with(&[4])
        && is_day(digits.get(2..6))
        && matches!(digits.get(10..12), Some([0..=2, 8 | 9]))
        && issuers::passes_luhn(digits)
}

/// A month and a day of it.
fn is_day(digits: Option<&[u8]>) -> bool {
    match digits {
        Some([0, 1..=9, day @ ..] | [1, 0..=2, day @ ..]) => matches!(day, [0, 1..=9] | [1 | 2, _] | [3, 0 | 1]),
        Some(_) | None => false,
    }
}
