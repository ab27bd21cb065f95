//! The words that an order is found by, and whether the index has them.

use super::super::{Asked, grams::SEPARATOR};
use crate::folding::{Piece, pieces};
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// The characters of a word that count.
pub(super) const WORD: usize = 40;
/// The most words of an order, and the most bytes of them all: PostgreSQL takes a megabyte. What identifies an order comes
/// first, so a large one loses the names of its last lines.
const MOST_WORDS: usize = 4_000;
const MOST_BYTES: usize = 256 << 10;
/// Orders that are compared at once.
const PAGE: i64 = 1_000;

/// What an order's words are made from.
pub(super) struct OrderTexts {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) name: Option<String>,
    pub(super) billed: Option<String>,
    pub(super) lines: Value,
}

impl OrderTexts {
    /// The words, as one text.
    pub(super) fn words(&self) -> String {
        let mut words = Words::default();
        let lines = self.lines.as_array().map(Vec::as_slice).unwrap_or_default();
        let of_lines = |field: &'static str| lines.iter().filter_map(move |line| line.get(field)?.as_str());
        let names = [Some(self.email.as_str()), self.name.as_deref(), self.billed.as_deref()];
        let texts = names.into_iter().flatten().chain(of_lines("sku")).chain(of_lines("name"));
        for text in texts {
            if !words.add(text) {
                break;
            }
        }
        words.joined
    }
}

#[derive(Default)]
struct Words {
    seen: HashSet<String>,
    joined: String,
}

impl Words {
    /// Whether there is room for more.
    fn add(&mut self, text: &str) -> bool {
        for piece in pieces(text) {
            match piece {
                Piece::Word(word) => self.push(word.chars().take(WORD).collect()),
                Piece::Run(run) => {
                    for two in run.windows(2) {
                        self.push(two.iter().collect());
                    }
                    // The last one alone: all others are the beginning of a pair.
                    self.push(run.last().into_iter().collect());
                }
            }
        }
        self.seen.len() < MOST_WORDS && self.joined.len() < MOST_BYTES
    }

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

/// Which of the newest orders, at most so many, are found by other words than their own. Those that have none yet are not
/// among them.
///
/// # Errors
/// If the database does not answer.
pub async fn with_other_words(connection: &mut PgConnection, newest: i64) -> Result<Vec<Uuid>, Unavailable> {
    let (mut before, mut left, mut wrong) = (Uuid::max(), newest, Vec::new());
    while left > 0 {
        let rows = sqlx::query!(
            r#"-- search.words_of_newest
             select o.id, o.email, o.shipping_address ->> 'name' as name, o.billing_address ->> 'name' as billed, o.lines,
                    array_to_string(tsvector_to_array(s.words), chr(31)) as words
             from (select * from orders where id < $1 order by id desc limit $2) as o
             left join order_search s on s.order_id = o.id
             order by o.id desc"#,
            before,
            left.min(PAGE)
        )
        .fetch_all(&mut *connection)
        .await
        .asked("search.words_of_newest")?;
        let Some(last) = rows.last() else { break };
        before = last.id;
        left -= PAGE;
        for row in rows {
            let Some(kept) = row.words else { continue };
            let texts =
                OrderTexts { id: row.id, email: row.email, name: row.name, billed: row.billed, lines: row.lines };
            if !is_same(&kept, &texts.words()) {
                wrong.push(row.id);
            }
        }
    }
    Ok(wrong)
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
    use serde_json::json;

    fn texts(lines: Value) -> OrderTexts {
        OrderTexts {
            id: Uuid::nil(),
            email: "zoe@example.com".into(),
            name: Some("Zoë 山田太郎".into()),
            billed: None,
            lines,
        }
    }

    #[test]
    fn an_order_is_found_by_its_parties_and_its_goods() {
        let words = texts(json!([{ "sku": "TEA-1", "name": "Earl Grey Tea" }, { "sku": "?" }, 7])).words();
        let words: Vec<&str> = words.split(SEPARATOR).collect();
        let expected = ["zoe", "example", "com", "山田", "田太", "太郎", "郎", "tea", "1", "earl", "grey"];
        assert_eq!(words, expected);
    }

    #[test]
    fn an_order_of_any_size_has_few_words_and_those_that_identify_it_among_them() {
        let names: Vec<Value> = (0..1_000)
            .map(|line| {
                let name: String =
                    (0..500).filter_map(|n| char::from_u32(0x4e00 + (line * 37 + n * 7) % 20_000)).collect();
                json!({ "sku": format!("S-{line}"), "name": name })
            })
            .collect();
        let words = texts(json!(names)).words();
        assert!(words.len() <= MOST_BYTES);
        let words: HashSet<&str> = words.split(SEPARATOR).collect();
        assert!(words.len() == MOST_WORDS && ["zoe", "太郎", "999"].iter().all(|word| words.contains(word)));
        let long = texts(json!([{ "sku": "x".repeat(5_000_000) }])).words();
        assert!(long.len() < 200);
    }

    #[test]
    fn lines_that_cannot_be_read_leave_the_rest() {
        for lines in [json!(null), json!("text"), json!({ "sku": "A" }), json!([[], null, { "sku": 7 }])] {
            assert!(texts(lines).words().starts_with("zoe"));
        }
    }
}
