//! Where a text may be broken into lines, by rules simple enough for names and addresses, and the kinds of characters
//! that those rules and the shaping of text tell apart.

use std::ops::Range;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::fonts::{self, Weight};

/// Where the lines of a text start and end. Widths are those of single characters: a shaped line is hardly ever wider.
pub(super) fn breaks(text: &str, weight: Weight, width: i64) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    // The last place to break, and the width from the line's start up to it.
    let mut chance: Option<(usize, i64)> = None;
    let mut before: Option<char> = None;
    for (at, char) in text.char_indices() {
        let advance = width_of(char, weight);
        if let Some(before) = before
            && at > start
            && may_break(before, char)
        {
            chance = Some((at, used));
        }
        // A space may hang over the end of the line. A mark stays with its letter. What moves to the next line may be
        // too wide for that one as well.
        while used + advance > width && char != ' ' && at > start && !joins(before, char) {
            let (end, taken) = chance.take().filter(|(end, _)| *end > start).unwrap_or((at, used));
            lines.push(start..end);
            start = end;
            used -= taken;
        }
        used += advance;
        before = Some(char);
    }
    if start < text.len() || lines.is_empty() {
        lines.push(start..text.len());
    }
    lines
}

/// The width of a text in thousandths of the font size, character by character: near enough to lay out columns.
pub(super) fn width(text: &str, weight: Weight) -> i64 {
    text.chars().map(|char| width_of(char, weight)).sum()
}

fn width_of(char: char, weight: Weight) -> i64 {
    let basic = weight.basic();
    if let Some(glyph) = basic.glyph(char) {
        return basic.advance(glyph);
    }
    // Marks that are drawn beside their letter, as in Burmese, take room.
    let beside = char.general_category() == GeneralCategory::SpacingMark;
    if is_mark(char) && !beside || is_invisible(char) {
        return 0;
    }
    let file = weight.file_for(char).and_then(fonts::file);
    file.and_then(|file| file.glyph(char).map(|glyph| file.advance(glyph))).unwrap_or(1000)
}

/// Whether a line may end between two characters: after spaces, after hyphens and slashes within words, and around
/// ideographs, but not before closing or after opening punctuation.
fn may_break(before: char, after: char) -> bool {
    if after == ' ' || joins(Some(before), after) {
        return false;
    }
    match before {
        ' ' | '\u{200b}' => true,
        '-' | '/' | '–' | '—' | '_' => after.is_alphanumeric(),
        _ => {
            (is_ideograph(before) || is_ideograph(after))
                && !"、。，．・：；！？）］｝」』】〉》〕ー々’”)]},.:;!?%…".contains(after)
                && !"（［｛「『【〈《〔‘“([{".contains(before)
        }
    }
}

/// Whether a character belongs to the one before it, so that no line may part them.
fn joins(before: Option<char>, char: char) -> bool {
    is_mark(char) || is_invisible(char) || before.is_some_and(|before| before == '\u{200d}')
}

fn is_ideograph(char: char) -> bool {
    matches!(char, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character is drawn on the letter before it.
pub(super) fn is_mark(char: char) -> bool {
    char >= '\u{300}' && char.general_category_group() == GeneralCategoryGroup::Mark
}

/// Characters that steer the text but are not seen. Joiners matter for shaping, the others only for the bidirectional
/// algorithm or not at all.
pub(super) fn is_invisible(char: char) -> bool {
    is_joiner(char)
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character tells its neighbours to join or not.
pub(super) fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, width: i64) -> Vec<&str> {
        breaks(text, Weight::Regular, width)
            .into_iter()
            .filter_map(|range| text.get(range))
            .map(str::trim_end)
            .collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(lines("Set of wine-glasses", 5_500), ["Set of wine-", "glasses"]);
        assert_eq!(lines("Tea", 10), ["T", "e", "a"]);
        assert_eq!(lines("", 1_000), [""]);
    }

    #[test]
    fn ideographs_break_anywhere_but_before_closing_punctuation() {
        assert_eq!(lines("日本語、静音", 3_000), ["日本", "語、静", "音"]);
    }

    #[test]
    fn a_mark_is_never_parted_from_its_letter() {
        assert_eq!(lines("e\u{301}e\u{301}e\u{301}", 600), ["e\u{301}"; 3]);
    }

    proptest! {
        #[test]
        fn no_character_is_lost_and_no_line_of_words_is_too_wide(text in "[a-z -]{0,200}", width in 1_000..20_000_i64) {
            let ranges = breaks(&text, Weight::Regular, width);
            let whole: String = ranges.iter().filter_map(|range| text.get(range.clone())).collect();
            prop_assert_eq!(&whole, &text);
            for line in lines(&text, width) {
                prop_assert!(super::width(line, Weight::Regular) <= width, "{}", line);
            }
        }
    }
}
