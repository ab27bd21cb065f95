//! What a reader sees of a text: one that says nothing is no name, no street and no city, whatever it is made of.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Whether nothing of it is seen: it is empty, or made of spaces, of characters that leave no mark, and of what is no
/// character. A control character is no blank: wherever a text is taken, it is refused by name.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_seen)
}

/// Whether a character leaves a mark where it stands.
pub(crate) fn is_seen(c: char) -> bool {
    !c.is_whitespace() && c != BLANK_BRAILLE && !is_noncharacter(c) && !is_invisible(c)
}

/// Whether a line of print has no place for it, wherever in a text it stands: what steers a machine, ends a line, is not seen,
/// stands for what is missing, or is no character. The selectors of a letter's variant are part of the letter before them.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffc}' | '\u{fffd}')
        || is_noncharacter(c)
        || is_invisible(c) && !is_variation_selector(c)
}

/// Whether a character leaves no mark on a page: format characters, and the letters and marks that Unicode calls ignorable
/// (the combining grapheme joiner, the fillers of Hangul and Khmer, the selectors of a letter's or emoji's variant).
pub fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (c.general_category() == GeneralCategory::Format
            || matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'))
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The cell of braille without a dot, which is as wide as the others.
pub(crate) const BLANK_BRAILLE: char = '\u{2800}';

/// Whether somebody who reads a text on a page would see anything, if there is a font for it: a letter, a number or a sign.
pub fn is_legible(text: &str) -> bool {
    text.chars().any(|char| match char.general_category_group() {
        // Blanks that count as letters and symbols.
        _ if !is_seen(char) => false,
        GeneralCategoryGroup::Letter
        | GeneralCategoryGroup::Number
        | GeneralCategoryGroup::Punctuation
        | GeneralCategoryGroup::Symbol => true,
        GeneralCategoryGroup::Mark | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => false,
    })
}

/// Whether it is one of the 66 code points that Unicode keeps for good from being characters. XML has no place for two of
/// them.
pub(crate) fn is_noncharacter(c: char) -> bool {
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
    fn a_line_of_print_takes_letters_marks_and_spaces_and_nothing_that_is_not_seen() {
        for c in "aÄ茶ก\u{e34}\u{301}\u{a0} \u{3000}-&☕\u{fe0f}\u{845b}\u{e0100}".chars() {
            assert!(!is_unprintable(c), "{c:?}");
        }
        for c in
            "\0\t\n\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{200b}\u{200d}\u{200f}\u{2028}\u{2029}\u{202e}".chars()
        {
            assert!(is_unprintable(c), "{c:?}");
        }
        for c in "\u{2060}\u{206f}\u{3164}\u{fdd0}\u{feff}\u{fff9}\u{fffc}\u{fffd}\u{fffe}\u{ffff}\u{e0041}\u{10ffff}"
            .chars()
        {
            assert!(is_unprintable(c), "{c:?}");
        }
    }

    #[test]
    fn what_stands_on_another_letter_or_is_not_seen_is_not_legible() {
        for text in ["a", "茶", "7", "-", "☕", " \t\u{301}x", "e\u{301}"] {
            assert!(is_legible(text), "{text:?}");
        }
        for text in ["", " \n", "\u{301}", "\u{2800}", "\u{200b}", "\0", "\u{fffe}", "\u{3164}"] {
            assert!(!is_legible(text), "{text:?}");
        }
    }

    #[test]
    fn sixty_six_code_points_are_no_characters() {
        assert_eq!(('\0'..=char::MAX).filter(|c| is_noncharacter(*c)).count(), 66);
    }
}
