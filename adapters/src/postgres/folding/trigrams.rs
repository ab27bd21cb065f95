//! What release 0.1.0 searches products by: an import writes it too, so that one which runs beside this release, or after
//! a rollback, finds them.

use std::collections::BTreeSet;

/// The distinct trigrams of a text's words in lower case, each word padded so that its beginning weighs more.
pub(in crate::postgres) fn trigrams(text: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    for word in words(text).map(str::to_lowercase) {
        let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
        found.extend(padded.windows(3).map(|three| three.iter().collect::<String>()));
    }
    found.into_iter().collect()
}

/// The words of a text: runs of letters and digits of any script.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_leaves_most_trigrams_as_they_were() {
        let right = trigrams("lantern");
        let wrong = trigrams("lantren");
        let shared = wrong.iter().filter(|trigram| right.contains(trigram)).count();
        assert!(shared * 2 >= wrong.len(), "{shared} of {}", wrong.len());
    }

    #[test]
    fn words_are_of_any_script() {
        assert_eq!(words("Größe 38, RED-CUP чай").collect::<Vec<_>>(), ["Größe", "38", "RED", "CUP", "чай"]);
        assert_eq!(trigrams("ab"), ["  a", " ab", "ab "]);
    }
}
