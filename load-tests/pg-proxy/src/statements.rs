//! Which statement is which: by the name in the comment it opens with, through the names that the protocol gives to
//! prepared statements and portals.

use crate::frames::Frame;
use std::collections::HashMap;

/// Statements that open with no name are known by so many words.
const WORDS: usize = 3;

/// How a statement was seen to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub times: u64,
    /// At least once inside a transaction that went on.
    pub in_transaction: bool,
}

/// The name of a statement: what its first comment says up to a colon or a blank; without one, its first words.
pub(crate) fn name_of(sql: &str) -> String {
    match sql.trim_start().strip_prefix("--") {
        Some(comment) => {
            let name = |c: char| c.is_whitespace() || c == ':';
            comment.trim_start_matches(' ').split(name).next().unwrap_or_default().to_owned()
        }
        None => sql.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" ").to_uppercase(),
    }
}

/// What a client calls its statements.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    statements: HashMap<String, String>,
    portals: HashMap<String, String>,
}

impl Prepared {
    /// Takes note of what a client says; for a statement that is to be carried out now, its name.
    pub(crate) fn hear(&mut self, said: &Frame) -> Option<String> {
        let mut texts = said.texts();
        let mut text = || texts.next().unwrap_or_default();
        match said.kind() {
            b'P' => {
                let (statement, sql) = (text(), text());
                self.statements.insert(statement, name_of(&sql));
                None
            }
            b'B' => {
                let (portal, statement) = (text(), text());
                let name = self.statements.get(&statement).cloned().unwrap_or_default();
                self.portals.insert(portal, name);
                None
            }
            b'E' => self.portals.get(&text()).cloned(),
            b'Q' => Some(name_of(&text())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_its_opening_comment() {
        assert_eq!(name_of("-- orders.load\nselect 1"), "orders.load");
        assert_eq!(name_of("\n -- intake.accept: the first wins\nwith"), "intake.accept");
        assert_eq!(name_of("COMMIT"), "COMMIT");
        assert_eq!(name_of("select  pg_advisory_lock ( 7 )"), "SELECT PG_ADVISORY_LOCK (");
    }
}
