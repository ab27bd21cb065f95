//! The tokens of a statement: as much of SQL as is needed to see what a word in quotes is compared with.

/// A token, and the number of its line within the statement, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name, with what it is qualified by; without its quotes, if it had any.
    Word(String),
    /// A word in single quotes.
    Quoted(String),
    /// Anything else: an operator whole, or one sign.
    Sign(String),
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(text) if text == word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.kind, Kind::Sign(text) if text == sign)
    }
}

/// The tokens of a statement, without its comments.
pub(super) fn tokens(statement: &str) -> Vec<Token> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), statement, 0);
    while let Some(first) = rest.chars().next() {
        let is_of_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.');
        let (end, kind) = match first {
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), None),
            '\'' => {
                let end = closing(rest, '\'');
                (end, Some(Kind::Quoted(rest[1..end - 1].replace("''", "'"))))
            }
            '"' => {
                let end = closing(rest, '"');
                (end, Some(Kind::Word(rest[1..end - 1].to_owned())))
            }
            _ if first.is_whitespace() => (first.len_utf8(), None),
            _ if first.is_alphabetic() || first == '_' => {
                let end = rest.find(|char| !is_of_word(char)).unwrap_or(rest.len());
                (end, Some(Kind::Word(rest[..end].to_lowercase())))
            }
            '<' | '>' => {
                let end = rest.find(|char| !matches!(char, '<' | '>' | '=')).unwrap_or(rest.len());
                (end, Some(Kind::Sign(rest[..end].to_owned())))
            }
            _ => (first.len_utf8(), Some(Kind::Sign(first.to_string()))),
        };
        tokens.extend(kind.map(|kind| Token { line, kind }));
        line += rest[..end].matches('\n').count();
        rest = &rest[end..];
    }
    tokens
}

/// Where a text in quotes ends that begins with one; a doubled quote is part of it.
fn closing(text: &str, quote: char) -> usize {
    let mut at = 1;
    loop {
        at += text[at..].find(quote).map_or(text.len() - at, |found| found + 1);
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
}

#[test]
fn comments_are_left_out_and_quotes_are_read() {
    let found = tokens("-- it's 'none'\nselect o.id as \"id!\" -- 'none'\nwhere o.x <> 'it''s' and $1");
    let word = |line, text: &str| Token { line, kind: Kind::Word(text.to_owned()) };
    let sign = |text: &str| Token { line: 2, kind: Kind::Sign(text.to_owned()) };
    let quoted = Token { line: 2, kind: Kind::Quoted("it's".to_owned()) };
    let first = [word(1, "select"), word(1, "o.id"), word(1, "as"), word(1, "id!"), word(2, "where"), word(2, "o.x")];
    let last = [sign("<>"), quoted, word(2, "and"), sign("$"), sign("1")];
    assert_eq!(found, first.into_iter().chain(last).collect::<Vec<_>>());
}
