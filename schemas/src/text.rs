//! What a reader sees of a text: one that says nothing is no name, no street and no city, whatever it is made of.

use crate::sku;

/// Whether nothing of it is seen: it is empty, or made of spaces, of characters that leave no mark, and of what is no
/// character. A control character is no blank: wherever a text is taken, it is refused by name.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_seen)
}

/// Whether a character leaves a mark where it stands.
pub fn is_seen(c: char) -> bool {
    !c.is_whitespace() && c != BLANK_BRAILLE && !is_noncharacter(c) && !sku::is_invisible(c)
}

/// The cell of braille without a dot, which is as wide as the others.
pub(crate) const BLANK_BRAILLE: char = '\u{2800}';

/// Whether it is one of the 66 code points that Unicode keeps for good from being characters. XML has no place for two of
/// them.
pub fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_which_nothing_is_seen_is_blank() {
        for c in [
            " ",
            "\t",
            "\u{a0}",
            "\u{3000}",
            "\u{85}",
            "\u{200b}",
            "\u{feff}",
            "\u{ad}",
            "\u{200d}",
            "\u{2060}",
            "\u{202e}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}",
            "\u{1160}",
            "\u{17b4}",
            "\u{34f}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{180e}",
            "\u{2800}",
            "\u{ffff}",
            "\u{fffe}",
            "\u{fdd0}",
            "\u{1fffe}",
        ] {
            for text in [c.to_owned(), c.repeat(3), format!(" {c}\u{200b}")] {
                assert!(is_blank(&text), "{text:?}");
            }
            for text in [format!("a{c}"), format!("{c}茶"), format!("{c}\u{301}"), format!("{c}\u{fffd}")] {
                assert!(!is_blank(&text), "{text:?}");
            }
        }
        assert!(is_blank("") && !is_blank("\0"));
    }

    #[test]
    fn sixty_six_code_points_are_no_characters() {
        assert_eq!(('\0'..=char::MAX).filter(|c| is_noncharacter(*c)).count(), 66);
    }
}
