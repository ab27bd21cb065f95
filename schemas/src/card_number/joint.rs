//! What stands between two groups of digits, and whether one number may go on across it.

use super::digits;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether it is read as part of a word. Modifier letters are not: dashes and marks of many scripts are among them.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && (c.is_ascii() || c.general_category() != GeneralCategory::ModifierLetter)
}

/// Whether what stands between two groups may stand within one number wherever it does: nothing that tells two apart.
pub(super) fn is_quiet(joint: &str) -> bool {
    joint.chars().all(|c| digits::is_invisible(c) || !is_letter(c) && !tells_apart(c))
}

fn tells_apart(c: char) -> bool {
    matches!(
        c,
        ',' | ';' | ':' | '/' | '\\' | '|' | '&' | '+' | '、' | '，' | '；' | '：' | '／' | '＼' | '｜' | '＆' | '＋'
    )
}
