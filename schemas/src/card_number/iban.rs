//! Finds account numbers (ISO 13616), so that they are not taken for card numbers: of 300 that buyers may write into an
//! address 123 hold digits that would pass for one.

use super::digits;

/// The most characters between two groups of one.
const MOST_BETWEEN: usize = 3;
/// The letters of its country.
const COUNTRY: usize = 2;

/// An account number at the beginning of a text.
#[derive(Clone, Copy)]
pub(super) struct Iban {
    /// How many bytes it takes, whatever stands between its groups included.
    pub(super) length: usize,
    /// Whether something stands between its country and its check digits.
    pub(super) apart: bool,
}

/// The IBAN that the text opens with: one of a country of the registry, at that country's length, whose check digits are
/// right.
pub(super) fn at_the_beginning(text: &str) -> Option<Iban> {
    let mut open = text.bytes();
    let wanted = wanted_length([open.next()?.to_ascii_uppercase(), open.next()?.to_ascii_uppercase()])?;
    let mut number = Vec::with_capacity(wanted);
    let (mut between, mut end, mut apart) = (0, 0, false);
    for (at, c) in text.char_indices() {
        let complete = number.len() == wanted;
        match u8::try_from(c) {
            _ if digits::is_invisible(c) => apart |= number.len() == COUNTRY,
            // A digit more, and it is another number.
            Ok(byte) if byte.is_ascii_digit() && complete => return None,
            // The check digits stand behind the country.
            Ok(byte) if byte.is_ascii_alphabetic() && matches!(number.len(), 2 | 3) => return None,
            Ok(byte) if byte.is_ascii_alphanumeric() && !complete => {
                number.push(byte.to_ascii_uppercase());
                (between, end) = (0, at + 1);
            }
            _ if complete => break,
            _ if c.is_alphanumeric() || between == MOST_BETWEEN => return None,
            _ => {
                apart |= number.len() == COUNTRY;
                between += 1;
            }
        }
    }
    (number.len() == wanted && is_valid(&number)).then_some(Iban { length: end, apart })
}

fn wanted_length(country: [u8; 2]) -> Option<usize> {
    let at = LENGTHS.binary_search_by_key(&country.as_slice(), |(code, _)| code.as_bytes()).ok()?;
    LENGTHS.get(at).map(|(_, length)| *length)
}

/// ISO 7064, MOD 97-10: the first four characters behind the rest, letters as 10 to 35.
fn is_valid(number: &[u8]) -> bool {
    let Some((head, rest)) = number.split_at_checked(4) else { return false };
    let remainder = rest.iter().chain(head).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter.saturating_sub(b'A')) + 10) % 97,
    });
    remainder == 1
}

/// The countries of SWIFT's IBAN registry, release 100, each with the length of its numbers; sorted by code.
const LENGTHS: [(&str, usize); 89] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];
