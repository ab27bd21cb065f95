//! No statement and no code names a queue by itself: a name that nobody works on would be looked at in vain, and what was put
//! on it would wait for ever. They say [`QueueName`], which statements get as a parameter.

use super::time::crates;
use std::{fs, path::Path};
use workflows::wiring::QueueName;

/// The only place where names may stand.
const WIRING: &str = "workflows/src/wiring";
/// What measures from outside knows the names that an operator sees.
const OUTSIDE: &str = "load-tests";

/// What stands before a queue's name, in statements and in code.
const BEFORE_NAMES: [&str; 7] =
    ["queue in (", "queue = ", "queue <> ", "queue like ", ".send(", ".ring(", "select message, "];

/// The lines outside of tests that name a queue, or one of its lanes, by a literal.
fn naming(text: &str) -> Vec<&str> {
    let names: Vec<String> = QueueName::ALL.into_iter().flat_map(QueueName::names).collect();
    let text = text.split_once("\n#[cfg(test)]").map_or(text, |(code, _)| code);
    text.lines()
        .filter(|line| !["--", "//"].iter().any(|comment| line.trim_start().starts_with(comment)))
        .filter(|line| {
            BEFORE_NAMES.iter().any(|before| {
                let rest = line.split_once(before).map_or("", |(_, rest)| rest);
                names.iter().any(|name| rest.contains(&format!("'{name}'")) || rest.contains(&format!("\"{name}\"")))
            })
        })
        .collect()
}

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn nothing_names_a_queue_but_the_type() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for of_ours in crates(root).into_iter().filter(|of_ours| !of_ours.starts_with(root.join(OUTSIDE))) {
        ["src", "sql"].map(|part| of_ours.join(part)).iter().filter(|part| part.is_dir()).for_each(|part| {
            files(part, &mut found);
        });
    }
    let wiring = root.join(WIRING);
    found.retain(|(path, _)| !Path::new(path).starts_with(&wiring));
    assert!(found.len() > 250, "{} files are not all", found.len());
    let wrong: Vec<String> = found
        .iter()
        .filter(|(path, _)| !path.contains("/tests") && !path.ends_with("_tests.rs"))
        .flat_map(|(path, text)| naming(text).into_iter().map(move |line| format!("{path}: {}", line.trim())))
        .collect();
    assert!(wrong.is_empty(), "say QueueName, and give it to the statement as a parameter:\n{}", wrong.join("\n"));
}

#[test]
fn a_queue_that_is_named_is_found_wherever_that_may_be() {
    for line in [
        "where m.queue in ('void', 'void-dlq')",
        "where queue = 'intake' and x = 'y'",
        "select message, 'intake', id from d",
        "queue.send(\"cancel\", messages).await",
        "bell.ring(\"index\");",
        "bool_or(queue like 'cancel%' or queue = 'cancel-dlq')",
    ] {
        assert_eq!(naming(line), [line]);
    }
    for line in ["-- queue in ('void')", "where queue = any($1)", "Self::Cancel => \"cancel\",", "queue like '%-dlq'"] {
        assert!(naming(line).is_empty(), "{line}");
    }
}
