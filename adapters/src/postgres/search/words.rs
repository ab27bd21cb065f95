//! The words that an order is found by, and whether the index has them.

use crate::postgres::{
    Asked,
    folding::{Piece, VERSION, grams::SEPARATOR, spellings},
};
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// The characters of a word that count.
pub(super) const WORD: usize = 40;
/// The most words of an order, and the most bytes of them all: PostgreSQL takes a megabyte.
const MOST_WORDS: usize = 4_000;
const MOST_BYTES: usize = 256 << 10;
/// Orders that are compared at once.
const PAGE: i64 = 250;

/// The words of a text in each of their spellings, as one text.
pub(super) fn words(text: &str) -> String {
    let mut words = Words::default();
    for piece in text.split_whitespace().flat_map(spellings).flatten() {
        match piece {
            Piece::Word(word) => words.push(word.chars().take(WORD).collect()),
            Piece::Run(run) => {
                for two in run.windows(2) {
                    words.push(two.iter().collect());
                }
                // The last one alone: all others are the beginning of a pair.
                words.push(run.last().into_iter().collect());
            }
        }
    }
    words.joined
}

#[derive(Default)]
struct Words {
    seen: HashSet<String>,
    joined: String,
}

impl Words {
    fn push(&mut self, word: String) {
        if self.seen.len() < MOST_WORDS && self.joined.len() + word.len() < MOST_BYTES && !self.seen.contains(&word) {
            if !self.joined.is_empty() {
                self.joined.push_str(SEPARATOR);
            }
            self.joined.push_str(&word);
            self.seen.insert(word);
        }
    }
}

/// Which of the orders from `first` to `last` are found by other words than their own. Those that have none yet, or some of
/// another version of the folding, are not among them.
///
/// # Errors
/// If the database does not answer.
pub async fn with_other_words(
    connection: &mut PgConnection,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<Uuid>, Unavailable> {
    let (mut until, mut wrong) = (last, Vec::new());
    loop {
        let rows = sqlx::query!(
            r#"-- search.with_other_words
             select o.id,
                    searched_text(o.email, o.shipping_address, o.billing_address,
                                  case jsonb_typeof(o.lines) when 'array' then o.lines else '[]' end) as "text!",
                    -- Looked up for each: joined, all that search has would be read for every page.
                    (select array_to_string(tsvector_to_array(s.words), chr(31))
                     from order_search s where s.order_id = o.id and s.folding = $4) as words
             from (select * from orders where id between $1 and $2 order by id desc limit $3) as o
             order by o.id desc"#,
            first,
            until,
            PAGE,
            VERSION
        )
        .fetch_all(&mut *connection)
        .await
        .asked("search.with_other_words")?;
        let others = rows.iter().filter(|row| row.words.as_ref().is_some_and(|kept| !is_same(kept, &words(&row.text))));
        wrong.extend(others.map(|row| row.id));
        match rows.last().and_then(|last| last.id.as_u128().checked_sub(1)) {
            Some(next) if next >= first.as_u128() => until = Uuid::from_u128(next),
            Some(_) | None => return Ok(wrong),
        }
    }
}

/// Whether the words that are kept, each behind its slice, are those.
fn is_same(kept: &str, words: &str) -> bool {
    let each = |text: &str| -> HashSet<String> {
        text.split(SEPARATOR).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let unsliced = |word: String| word.split_once(':').map_or(word.clone(), |(_, word)| word.to_owned());
    each(kept).into_iter().map(unsliced).collect::<HashSet<_>>() == each(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_words_and_pairs_each_once() {
        let found = words("zoe@example.com Zoë 山田太郎 TEA-1 Earl Grey Tea");
        let expected = ["zoe", "example", "com", "山田", "田太", "太郎", "郎", "tea", "1", "earl", "grey"];
        assert_eq!(found.split(SEPARATOR).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_name_is_kept_in_each_of_its_spellings() {
        let found = words("O'Brien Müller TEA");
        assert_eq!(found.split(SEPARATOR).collect::<Vec<_>>(), ["o", "brien", "obrien", "muller", "mueller", "tea"]);
    }

    #[test]
    fn a_text_of_any_size_has_few_words_and_its_first_are_among_them() {
        let ideographs = (0..30_000).filter_map(|n| char::from_u32(0x4e00 + (n * 7) % 20_000));
        let found = words(&"zoe ".chars().chain(ideographs).collect::<String>());
        assert!(found.len() <= MOST_BYTES && found.starts_with("zoe"));
        assert_eq!(found.split(SEPARATOR).count(), MOST_WORDS);
        assert_eq!(words(&"x".repeat(5_000_000)).len(), WORD);
    }

    #[test]
    fn words_are_compared_whatever_slice_they_stand_behind() {
        assert!(is_same("3:tea\u{1f}3:zoe", "zoe\u{1f}tea") && is_same("", ""));
        assert!(!is_same("3:tea", "zoe\u{1f}tea") && !is_same("3:tea\u{1f}3:zoe", "zoe"));
    }
}
