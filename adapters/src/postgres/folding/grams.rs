//! What products are found by: pieces of their words so short that a typing error leaves most of them as they were. They
//! are made here and kept in an array, because the extension that would do it in the database is not installed everywhere.

use super::{Piece, spaced, spelling_before, spellings};
use std::collections::{BTreeSet, HashSet};

/// The characters of a folded text that are kept to find products by its beginning: an index takes no long ones.
const BEGINNING: usize = 100;
/// Between texts that travel as one.
pub(in crate::postgres) const SEPARATOR: &str = "\u{1f}";

/// What is kept of a product for search.
pub(in crate::postgres) struct Searchable {
    /// The beginning of its SKU, folded.
    pub(in crate::postgres) sku: String,
    /// The beginning of its name, folded.
    pub(in crate::postgres) name: String,
    /// Pieces of both. PostgreSQL has no arrays of arrays of different lengths: they travel as one text.
    pub(in crate::postgres) grams: String,
}

impl Searchable {
    /// Of a product.
    pub(in crate::postgres) fn of(sku: &str, name: &str) -> Self {
        let mut grams = BTreeSet::new();
        for piece in spellings(sku).into_iter().chain(spellings(name)).flatten() {
            match piece {
                Piece::Word(word) => grams.extend(trigrams(&word)),
                // Single ones too: somebody may look for one.
                Piece::Run(run) => {
                    grams.extend(run.iter().map(char::to_string));
                    grams.extend(pairs(&run));
                }
            }
        }
        Self {
            sku: beginning(sku),
            name: beginning(name),
            grams: grams.into_iter().collect::<Vec<_>>().join(SEPARATOR),
        }
    }
}

/// The beginning of a text, folded.
pub(in crate::postgres) fn beginning(text: &str) -> String {
    spaced(text).chars().take(BEGINNING).collect()
}

/// The pieces that a search looks for: a set for each spelling of the query that has any.
pub(in crate::postgres) fn wanted(query: &str) -> Vec<HashSet<String>> {
    spellings(query).into_iter().map(grams_of).filter(|grams| !grams.is_empty()).collect()
}

/// What is looked for beside these among what an older folding made; nothing if that would be the same.
pub(in crate::postgres) fn wanted_before(query: &str) -> Option<HashSet<String>> {
    spelling_before(query).map(grams_of).filter(|grams| !grams.is_empty())
}

fn grams_of(pieces: Vec<Piece>) -> HashSet<String> {
    let mut grams = HashSet::new();
    for piece in pieces {
        match piece {
            Piece::Word(word) => grams.extend(trigrams(&word)),
            Piece::Run(run) if run.len() > 1 => grams.extend(pairs(&run)),
            Piece::Run(run) => grams.extend(run.iter().map(char::to_string)),
        }
    }
    grams
}

/// The trigrams of a word, padded so that its beginning weighs more.
fn trigrams(word: &str) -> Vec<String> {
    let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
    padded.windows(3).map(|three| three.iter().collect()).collect()
}

fn pairs(run: &[char]) -> impl Iterator<Item = String> {
    run.windows(2).map(|two| two.iter().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// Of a query that is spelt in one way.
    fn wanted(query: &str) -> HashSet<String> {
        let [grams] = <[HashSet<String>; 1]>::try_from(super::wanted(query)).unwrap();
        grams
    }

    #[test]
    fn a_typing_error_leaves_most_pieces_as_they_were() {
        let (right, wrong) = (wanted("lantern"), wanted("lantren"));
        let shared = wrong.intersection(&right).count();
        assert!(shared * 2 >= wrong.len(), "{shared} of {}", wrong.len());
    }

    #[test]
    fn an_inner_part_of_a_run_is_among_the_pieces_of_the_whole() {
        for (name, part) in
            [("宇治抹茶ラテ", "抹茶"), ("제주유기농녹차", "녹차"), ("緑茶", "茶"), ("ชาเขียวมะลิ", "เขียว")]
        {
            let kept = Searchable::of("X", name).grams;
            let kept: HashSet<&str> = kept.split(SEPARATOR).collect();
            assert!(wanted(part).iter().all(|gram| kept.contains(gram.as_str())), "{part} in {name}");
        }
    }

    #[test]
    fn words_are_padded_and_folded() {
        assert_eq!(wanted("Éb"), ["  e", " eb", "eb "].map(str::to_owned).into());
        assert_eq!(Searchable::of("RED-CUP", &"Phở ".repeat(100)).name.chars().count(), BEGINNING);
    }

    #[test]
    fn a_product_is_kept_in_each_of_its_spellings_and_looked_for_so() {
        let kept = Searchable::of("X", "O'Neill Öl").grams;
        let kept: HashSet<&str> = kept.split(SEPARATOR).collect();
        for query in ["o'neill", "oneill", "Öl", "oel", "ol"] {
            let ways = super::wanted(query);
            assert!(ways.iter().all(|grams| grams.iter().all(|gram| kept.contains(gram.as_str()))), "{query}");
        }
        assert_eq!(super::wanted("Öl").len(), 2);
        assert!(super::wanted("-!?").is_empty());
        assert_eq!((super::wanted("علی").len(), wanted_before("Öl")), (1, None));
        assert!(wanted_before("علی").is_some_and(|grams| grams.contains("علی")));
    }
}
