//! What a SKU may be made of. Two SKUs that look alike must be the same one: whoever reads it on a page, a label or an
//! invoice has nothing else to go by.

use crate::text::{BLANK_BRAILLE, is_invisible, is_noncharacter};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The longest SKU, in characters.
pub const MAX_SKU_CHARS: usize = 64;

/// Why a text is no SKU. Each text reads on from what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkuError {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Over the limit.
    #[error("has more than {MAX_SKU_CHARS} characters")]
    TooLong,
    /// A control character, NUL included.
    #[error("contains a control character")]
    Control,
    /// A character that nobody sees, such as a zero-width space or a byte order mark.
    #[error("contains U+{0:04X}, which nobody sees; remove it")]
    Invisible(u32),
    /// A code point that is no character.
    #[error("contains U+{0:04X}, which is no character; remove it")]
    Noncharacter(u32),
    /// What stands for a folder in a path.
    #[error("is . or .., which no address of a page can end with")]
    Dots,
    /// A space that looks like the plain one and is another.
    #[error("contains U+{0:04X}, a space other than the plain one; replace it")]
    OtherSpace(u32),
}

/// The text in the one spelling that SKUs are kept in: NFC. What is asked for is spelt so too before it is looked up.
pub fn spelt(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// The SKU that a text stands for: trimmed, in NFC.
///
/// # Errors
/// If it cannot be told from another by looking at it, or is empty or too long.
pub fn parse(text: &str) -> Result<Cow<'_, str>, SkuError> {
    let sku = spelt(text.trim());
    if sku.is_empty() {
        return Err(SkuError::Empty);
    }
    if sku.chars().count() > MAX_SKU_CHARS {
        return Err(SkuError::TooLong);
    }
    if matches!(sku.as_ref(), "." | "..") {
        return Err(SkuError::Dots);
    }
    sku.chars().try_for_each(|c| match c {
        _ if c.is_control() => Err(SkuError::Control),
        _ if is_invisible(c) => Err(SkuError::Invisible(c.into())),
        _ if is_noncharacter(c) => Err(SkuError::Noncharacter(c.into())),
        _ if c != ' ' && (c.is_whitespace() || c == BLANK_BRAILLE) => Err(SkuError::OtherSpace(c.into())),
        _ => Ok(()),
    })?;
    Ok(sku)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_trimmed_and_spelt_in_one_way() {
        for (text, sku) in [
            (" TEA-1 ", "TEA-1"),
            ("4006381310062", "4006381310062"),
            ("Cafe\u{301}", "Caf\u{e9}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("A B/ø-№5", "A B/ø-№5"),
            ("...", "..."),
            (".A", ".A"),
        ] {
            assert_eq!(parse(text), Ok(Cow::Borrowed(sku)), "{text}");
        }
    }

    #[test]
    fn what_nobody_can_see_is_refused_wherever_it_stands() {
        for c in [
            "\u{200b}",
            "\u{feff}",
            "\u{ad}",
            "\u{200d}",
            "\u{2060}",
            "\u{202e}",
            "\u{61c}",
            "\u{34f}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{180e}",
        ] {
            for text in [format!("A{c}B"), format!("{c}AB"), format!("AB{c}")] {
                assert!(matches!(parse(&text), Err(SkuError::Invisible(_))), "{text:?}");
            }
        }
        assert_eq!(
            parse("A\u{feff}B").map_err(|e| e.to_string()),
            Err("contains U+FEFF, which nobody sees; remove it".into())
        );
    }

    #[test]
    fn what_is_no_sku_is_refused() {
        for (text, error) in [
            ("", SkuError::Empty),
            (" \t", SkuError::Empty),
            ("A\0B", SkuError::Control),
            ("A\nB", SkuError::Control),
            ("A\u{85}B", SkuError::Control),
            ("A\u{a0}B", SkuError::OtherSpace(0xa0)),
            ("A\u{3000}B", SkuError::OtherSpace(0x3000)),
            ("\u{2800}", SkuError::OtherSpace(0x2800)),
            ("A\u{ffff}", SkuError::Noncharacter(0xffff)),
            ("\u{fffe}A", SkuError::Noncharacter(0xfffe)),
            ("\u{fdd0}", SkuError::Noncharacter(0xfdd0)),
            (".", SkuError::Dots),
            (" .. ", SkuError::Dots),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
        assert_eq!(parse(&"é".repeat(65)), Err(SkuError::TooLong));
        assert!(parse(&"e\u{301}".repeat(64)).is_ok(), "measured as it is kept");
    }
}
