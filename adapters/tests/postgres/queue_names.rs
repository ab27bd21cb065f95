//! Statements name queues as they are named in the wiring: one that nobody works on would be looked at in vain, and what was
//! put on it would wait for ever.

use std::{collections::BTreeSet, fs, path::Path};
use workflows::wiring::{QUEUES, SECOND_LANE, dead_letter_queue};

/// What stands in a statement before the names of queues.
const BEFORE_NAMES: [&str; 3] = ["queue in (", "queue = '", "into messages ("];

fn known() -> BTreeSet<String> {
    let lanes = QUEUES.iter().filter(|spec| spec.fair).map(|spec| format!("{}{SECOND_LANE}", spec.name));
    QUEUES.iter().flat_map(|spec| [spec.name.to_owned(), dead_letter_queue(spec.name)]).chain(lanes).collect()
}

/// The queues that a statement names.
fn named(statement: &str) -> Vec<String> {
    let text: String =
        statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for before in BEFORE_NAMES {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            match before {
                "queue in (" => {
                    let list = rest.split_once(')').unwrap().0;
                    let quoted = |name: &str| Some(name.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned());
                    names.extend(list.split(',').filter_map(quoted));
                }
                "queue = '" => names.push(rest.split_once('\'').unwrap().0.to_owned()),
                // The first text that is written into the row, if it is none of its parameters.
                _ => names.extend(rest.split('\'').nth(1).map(str::to_owned)),
            }
        }
    }
    names
}

fn statements(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_queue_that_a_statement_names_is_one_of_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    statements(&root.join("adapters/sql"), &mut found);
    let (known, mut seen) = (known(), BTreeSet::new());
    for (path, statement) in &found {
        for name in named(statement) {
            assert!(known.contains(&name), "{path} names queue {name:?}, and the wiring does not");
            seen.insert(name);
        }
    }
    let of_steps: BTreeSet<String> = QUEUES.iter().map(|spec| spec.name.to_owned()).collect();
    assert!(seen.is_superset(&of_steps), "{seen:?} are not all that statements name");
}

#[test]
fn a_queue_is_found_wherever_a_statement_may_name_it() {
    for (statement, names) in [
        ("where m.queue in ('a', 'a-dlq')", &["a", "a-dlq"][..]),
        ("where queue in ($2, $2 || '-dlq')", &[]),
        ("where queue = 'b' and x = 'y'", &["b"]),
        ("insert into messages (queue, subject)\nselect 'c', id from d", &["c"]),
        ("-- queue in ('e')\nwhere queue = any($1)", &[]),
    ] {
        assert_eq!(named(statement), names, "{statement}");
    }
}
