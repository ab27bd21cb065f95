//! Which statements there are: those that `sqlx` checked when this was built, by their names. So a new one is tried by
//! itself, and one that no order has run is missed.

use std::{collections::BTreeSet, fs, path::Path};

/// What neither a serving pipeline nor an audit runs, and why nothing is to be tried with it here: a statement by its whole
/// name, or all whose names begin so, if that ends in a point or a line.
const COMMANDS: &[(&str, &str)] = &[
    ("catalogue.has_other_goods", "only reads, before a demo or a replay begins"),
    ("catalogue.count", "is of the import, which is run by a person and known again when it is repeated"),
    ("catalogue.import", "the same"),
    ("catalogue.currency_changes", "the same"),
    ("catalogue.contradicted", "the same"),
    ("catalogue.imported_before", "the same"),
    ("catalogue.promised", "the same"),
    ("catalogue.recognise", "the same"),
    ("queue.delete_dead_letter", "is of a command that a person runs, who sees whether the message is gone"),
];

/// What an audit runs and no serving pipeline, named likewise: `audit.rs` tries it.
const AUDIT: &[&str] = &["audit.", "sandbox.books_", "search.with_other_words", "schema.", "queue.count_dead_letters"];

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Statement {
    pub(crate) name: String,
    /// It changes or locks something.
    pub(crate) writes: bool,
}

/// All statements that there are.
pub(crate) fn all() -> BTreeSet<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    fs::read_dir(folder).unwrap().map(|entry| statement_in(&entry.unwrap().path())).collect()
}

/// Those that only an audit runs.
pub(crate) fn of_an_audit() -> BTreeSet<Statement> {
    all().into_iter().filter(|one| AUDIT.iter().any(|audit| is_meant(audit, &one.name))).collect()
}

fn is_meant(command: &str, name: &str) -> bool {
    name == command || (command.ends_with(['.', '_']) && name.starts_with(command))
}

/// Those that run while orders go through; starting and stopping is tried apart. Some of them are tried alone with
/// `STATEMENT=orders. cargo test -p sluice --test lost_replies`.
pub(crate) fn of_a_serving_pipeline() -> Vec<Statement> {
    let wanted = std::env::var("STATEMENT").unwrap_or_default();
    let others = || COMMANDS.iter().map(|(command, _)| command).chain(AUDIT);
    let serves = |one: &Statement| {
        !of_starting_and_stopping().contains(&one.name.as_str()) && !others().any(|other| is_meant(other, &one.name))
    };
    let found: Vec<_> = all().into_iter().filter(serves).filter(|one| one.name.starts_with(&wanted)).collect();
    assert!(!found.is_empty(), "STATEMENT is {wanted:?}, and no statement's name begins so");
    found
}

/// Those that a process starts and stops with, or takes over from another.
pub(crate) fn of_starting_and_stopping() -> [&'static str; 10] {
    [
        "instances.register",
        "instances.lock",
        "instances.release_messages",
        "instances.release_executions",
        "instances.forget",
        "instances.wake_engines",
        "installation.known",
        "installation.last_seller",
        "installation.newest_invoices",
        "installation.note_folder",
    ]
}

fn statement_in(file: &Path) -> Statement {
    let checked: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let sql = checked["query"].as_str().unwrap();
    let name = sql.strip_prefix("-- ").and_then(|rest| rest.split([' ', ':', '\n']).next());
    let name = name.unwrap_or_else(|| panic!("a statement opens with no name: {sql}")).to_owned();
    let lines = || sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let words = || lines().flat_map(str::split_whitespace);
    let calls = |function| lines().any(|line| line.contains(function));
    let writes = words().any(|word| ["insert", "update", "delete"].contains(&word))
        || calls("pg_notify(")
        || calls("pg_advisory");
    Statement { name, writes }
}
