//! The words that statements compare columns with are those of the column's type. They stand in the statements, because an
//! index of what is open is found by them; what binds them to the type is this test.

use super::{
    Source,
    sql::{Kind, Token, tokens},
    statements,
};
use crate::sandbox::books;
use schemas::{
    api::order::{PaymentStatus, Reason, Status},
    event::EventName,
    kept::{ExecutionStatus, SweptFor},
};
use std::collections::BTreeSet;

/// What a later release writes into these columns while this one runs beside it, by the contract: stock and executions of
/// such orders are left alone.
const OF_LATER_RELEASES: [(&str, &[&str]); 2] =
    [("status", &["in_review", "shipped", "refunded"]), ("name", &["OrderShipped"])];

/// A column, and the words of its type.
struct Column {
    table: &'static str,
    name: &'static str,
    words: Vec<&'static str>,
}

/// The columns that hold words of a type.
fn columns() -> Vec<Column> {
    let column = |table, name, words| Column { table, name, words };
    let statuses: Vec<_> = Status::ALL.iter().map(Status::as_str).collect();
    vec![
        column("orders", "status", statuses.clone()),
        column("order_search", "status", statuses),
        column("orders", "reason", Reason::ALL.iter().map(Reason::as_str).collect()),
        column("payments", "state", PaymentStatus::ALL.iter().map(PaymentStatus::as_str).collect()),
        column("order_events", "name", EventName::ALL.iter().map(EventName::as_str).collect()),
        column("executions", "status", ExecutionStatus::ALL.iter().map(ExecutionStatus::as_str).collect()),
        column("sweeps", "what", SweptFor::ALL.iter().map(SweptFor::as_str).collect()),
        column("sandbox.payment_intents", "state", books::State::ALL.iter().map(|state| state.as_str()).collect()),
    ]
}

/// A word that a statement compares a column with, which the column's type does not have.
#[derive(Debug, PartialEq, Eq)]
struct Strange {
    line: usize,
    column: String,
    word: String,
}

/// What was compared in a statement: how many words, of which columns, and which of them are none of their type.
#[derive(Default)]
struct Compared {
    words: usize,
    columns: BTreeSet<String>,
    strange: Vec<Strange>,
}

fn compared_in(statement: &str, columns: &[Column]) -> Compared {
    let tokens = tokens(statement);
    let named = tables(&tokens);
    let mut compared = Compared::default();
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Quoted(word) = &token.kind else { continue };
        let Some(name) = column_of(&tokens, at, columns) else { continue };
        let (qualifier, column) = name.rsplit_once('.').unwrap_or(("", name));
        let of_name = || columns.iter().filter(|known| known.name == column);
        // By the table that it is qualified with; otherwise by any that the statement names. Other tables have such columns, too.
        let is_qualified = |known: &&Column| {
            known.table == qualifier || named.iter().any(|(table, alias)| table == known.table && alias == qualifier)
        };
        let is_named = |known: &&Column| named.iter().any(|(table, _)| table == known.table);
        let candidates = [of_name().filter(is_qualified).collect(), of_name().filter(is_named).collect()];
        let Some(meant) = candidates.into_iter().find(|found: &Vec<&Column>| !found.is_empty()) else { continue };
        let later = OF_LATER_RELEASES.iter().filter(|(name, _)| *name == column).flat_map(|(_, words)| *words);
        let mut known = meant.iter().flat_map(|column| &column.words).chain(later);
        compared.words += 1;
        compared.columns.extend(meant.iter().map(|column| format!("{}.{}", column.table, column.name)));
        if !known.any(|known| known == word) {
            compared.strange.push(Strange { line: token.line, column: name.to_owned(), word: word.clone() });
        }
    }
    compared
}

/// The tables that a statement names, each with what it calls it.
fn tables(tokens: &[Token]) -> Vec<(String, String)> {
    let before_a_table = ["from", "join", "update", "into"];
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(Kind::Word(table)) = tokens.get(at + 1).map(|token| &token.kind) else { continue };
        if !before_a_table.iter().any(|word| token.is_word(word)) {
            continue;
        }
        let after = if tokens.get(at + 2).is_some_and(|token| token.is_word("as")) { at + 3 } else { at + 2 };
        found.push((table.clone(), table.clone()));
        if let Some(Kind::Word(alias)) = tokens.get(after).map(|token| &token.kind) {
            found.push((table.clone(), alias.clone()));
        }
    }
    found
}

/// The column that the word at that place is compared with or stands for, if it is one of a type.
fn column_of<'t>(tokens: &'t [Token], at: usize, columns: &[Column]) -> Option<&'t str> {
    let of_type = |token: &'t Token| match &token.kind {
        Kind::Word(name) => {
            let last = name.rsplit('.').next().unwrap_or(name);
            columns.iter().any(|column| column.name == last).then_some(name.as_str())
        }
        Kind::Quoted(_) | Kind::Sign(_) => None,
    };
    if tokens.get(at + 1).is_some_and(|token| token.is_word("as"))
        && let Some(column) = tokens.get(at + 2).and_then(of_type)
    {
        return Some(column);
    }
    let operator = before_list(tokens, at);
    let operand = before_operator(tokens, operator)?;
    if !tokens[operand].is_sign(")") {
        return of_type(&tokens[operand]);
    }
    // Of what stands in brackets, such as that with another word where there is none, the last is meant.
    let mut depth = 0_usize;
    let begin = (0..=operand).rev().find(|at| {
        depth += usize::from(tokens[*at].is_sign(")"));
        depth -= usize::from(tokens[*at].is_sign("("));
        depth == 0
    })?;
    let is_selected = |at: &usize| at.checked_sub(1).is_some_and(|before| tokens[before].is_word("select"));
    let inside = || begin..operand;
    let selected = inside().find(is_selected).and_then(|at| of_type(&tokens[at]));
    selected.or_else(|| inside().rev().find_map(|at| of_type(&tokens[at])))
}

/// The place before the list that the word at that place is part of, or before the word itself.
fn before_list(tokens: &[Token], at: usize) -> usize {
    let is_item = |token: &Token| {
        matches!(token.kind, Kind::Quoted(_)) || [",", "$"].iter().any(|sign| token.is_sign(sign)) || is_number(token)
    };
    let mut begin = at;
    while begin > 0 && is_item(&tokens[begin - 1]) {
        begin -= 1;
    }
    let is_list =
        begin > 1 && tokens[begin - 1].is_sign("(") && tokens.get(begin - 2).is_some_and(|token| token.is_word("in"));
    if is_list { begin - 1 } else { at }
}

fn is_number(token: &Token) -> bool {
    matches!(&token.kind, Kind::Sign(sign) if sign.chars().all(|char| char.is_ascii_digit()))
}

/// The place of the last token of what is compared by the operator that ends before that place.
fn before_operator(tokens: &[Token], end: usize) -> Option<usize> {
    let before = |steps: usize| end.checked_sub(steps).map(|at| &tokens[at]);
    let word = |steps: usize, word: &str| before(steps).is_some_and(|token| token.is_word(word));
    let length = match before(1)? {
        token if token.is_sign("=") || token.is_sign("<>") => 1,
        _ if word(1, "in") && word(2, "not") => 2,
        _ if word(1, "in") => 1,
        _ if word(1, "from") && word(2, "distinct") && word(3, "not") && word(4, "is") => 4,
        _ if word(1, "from") && word(2, "distinct") && word(3, "is") => 3,
        _ => return None,
    };
    end.checked_sub(length + 1)
}

#[test]
fn every_word_that_a_column_is_compared_with_is_one_of_its_type() {
    let columns = columns();
    let (mut words, mut seen, mut strange) = (0, BTreeSet::new(), Vec::new());
    for Source { file, line, text } in statements() {
        let compared = compared_in(&text, &columns);
        words += compared.words;
        seen.extend(compared.columns);
        let place =
            |Strange { line: below, column, word }| format!("{file}:{}: {column} is never {word:?}", line + below);
        strange.extend(compared.strange.into_iter().map(place));
    }
    assert!(strange.is_empty(), "{strange:#?}");
    assert!(words > 80, "hardly a word was found: {words}");
    let unseen: Vec<_> = columns
        .iter()
        .map(|column| format!("{}.{}", column.table, column.name))
        // What search shows is written and read by parameters only.
        .filter(|column| !seen.contains(column) && column != "order_search.status")
        .collect();
    assert!(unseen.is_empty(), "nothing is compared with {unseen:?}");
}

#[test]
fn a_word_that_is_none_of_its_type_is_found_wherever_it_is_compared() {
    let columns = columns();
    for (statement, expected) in [
        ("select from orders o where o.status = 'reserved'", None),
        ("select from orders o where o.status = 'running'", Some((0, "o.status"))),
        ("select from executions as e where e.status = 'reserved'", Some((0, "e.status"))),
        ("select from executions where\nid = $1 and status <> 'gone'", Some((1, "status"))),
        ("select from orders where status not in ($1, 'reserved', 'lost')", Some((0, "status"))),
        ("select from orders o where coalesce(o.reason, '') is distinct from 'dear'", Some((0, "o.reason"))),
        ("where coalesce((select o.status from orders o where o.id = a.id), '') in ('lost')", Some((0, "o.status"))),
        ("update executions set status = 'resting'", Some((0, "status"))),
        ("select id, 'forsaken' as what from orders left join sweeps s on true", Some((0, "what"))),
        ("select from payments p join sandbox.payment_intents b on p.state = 'canceled'", Some((0, "p.state"))),
        ("select from sandbox.payment_intents where payment_intents.state = 'canceled'", None),
        ("select from pg_class where relname = 'orders'", None),
        ("select from pg_settings where name = 'TimeZone'", None),
    ] {
        let strange = compared_in(statement, &columns).strange;
        let found = strange.first().map(|Strange { line, column, .. }| (*line, column.as_str()));
        assert_eq!((found, strange.len()), (expected, usize::from(expected.is_some())), "{statement}");
    }
}
