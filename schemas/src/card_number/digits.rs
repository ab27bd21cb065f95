//! Which characters are read as digits, in whatever script, and which are not seen at all between them.

use crate::text;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The value of a digit: of Unicode's class Nd, or one that is only written above, below or in a circle.
pub fn value(c: char) -> Option<u8> {
    match c {
        '0'..='9' => u8::try_from(c.to_digit(10)?).ok(),
        _ if c.is_ascii() => None,
        _ => decimal(c).or_else(|| dressed(c)),
    }
}

/// Whether a reader sees nothing there, or only a mark on the character before.
pub(super) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && (text::is_invisible(c) || c.general_category_group() == GeneralCategoryGroup::Mark)
}

/// Class Nd comes in runs of ten, from zero to nine.
fn decimal(c: char) -> Option<u8> {
    let code = u32::from(c);
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(code - zero).ok().filter(|value| *value < 10)
}

fn dressed(c: char) -> Option<u8> {
    let code = u32::from(c);
    let (first, value) =
        DRESSED.iter().find(|(run, _)| run.contains(&code)).map(|(run, value)| (*run.start(), *value))?;
    u8::try_from(code - first).ok()?.checked_add(value)
}

/// The zero of each run of class Nd: Unicode 17, UnicodeData.txt.
const ZEROS: [u32; 77] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
    0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce,
    0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// Runs of digits that stand above or below the line, in circles, in brackets or before a full stop or comma, with the
/// value of the first: those that UnicodeData.txt gives a digit's value and that people use.
const DRESSED: [(std::ops::RangeInclusive<u32>, u8); 16] = [
    (0xb2..=0xb3, 2),
    (0xb9..=0xb9, 1),
    (0x2070..=0x2070, 0),
    (0x2074..=0x2079, 4),
    (0x2080..=0x2089, 0),
    (0x2460..=0x2468, 1),
    (0x2474..=0x247c, 1),
    (0x2488..=0x2490, 1),
    (0x24ea..=0x24ea, 0),
    (0x24f5..=0x24fd, 1),
    (0x24ff..=0x24ff, 0),
    (0x2776..=0x277e, 1),
    (0x2780..=0x2788, 1),
    (0x278a..=0x2792, 1),
    (0x1f100..=0x1f100, 0),
    (0x1f101..=0x1f10a, 0),
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_properties::GeneralCategory;

    #[test]
    fn every_decimal_digit_of_unicode_has_its_value_and_no_letter_has_one() {
        let mut ordinals = 0_u32;
        for c in '\0'..=char::MAX {
            if c.general_category() == GeneralCategory::DecimalNumber {
                // Runs of ten follow each other without a gap in the order of their zeros.
                assert_eq!(value(c).map(u32::from), Some(ordinals % 10), "U+{:04X}", u32::from(c));
                ordinals += 1;
            } else if c.is_alphabetic() {
                assert_eq!(value(c), None, "U+{:04X}", u32::from(c));
            }
        }
        assert!(ordinals >= 680, "{ordinals}");
    }
}
