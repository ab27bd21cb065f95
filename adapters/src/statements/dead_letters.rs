//! What the name of a queue's dead letters ends with is said by [`QueueName`]. It stands in the statements that look for the
//! dead letters of all queues, and what binds it to the type is this test.

use super::{
    Source,
    sql::{Kind, tokens},
    statements,
};
use workflows::wiring::QueueName;

/// The ends of queues' names in a statement, each with its line, from 0: a hyphen and a word, perhaps behind anything.
fn ends_in(statement: &str) -> Vec<(usize, String)> {
    let end_of = |text: &str| {
        let end = text.trim_start_matches('%');
        let is_end = end.strip_prefix('-').is_some_and(|word| word.starts_with(char::is_alphabetic));
        // A time before all others is no name.
        (is_end && end != "-infinity").then(|| end.to_owned())
    };
    let tokens = tokens(statement).into_iter();
    let ends = tokens.filter_map(|token| match &token.kind {
        Kind::Quoted(text) => Some((token.line, end_of(text)?)),
        Kind::Word(_) | Kind::Sign(_) => None,
    });
    ends.collect()
}

#[test]
fn dead_letters_are_looked_for_by_the_name_that_the_type_gives_them() {
    let (dead_letters, queue) = (QueueName::Intake.dead_letters(), QueueName::Intake.as_str());
    let known = dead_letters.strip_prefix(queue).unwrap();
    let (mut found, mut strange) = (0, Vec::new());
    for Source { file, line, text } in statements() {
        for (below, end) in ends_in(&text) {
            found += 1;
            if end != known {
                strange.push(format!("{file}:{}: no dead letters end with {end:?}", line + below));
            }
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
    assert!(found > 5, "hardly a statement looks for dead letters: {found}");
}

#[test]
fn an_end_is_found_wherever_it_stands() {
    let statement = "-- queue.x: '-none'\nselect left(queue, -length('-dlq')), $1 || '-dlq'\nwhere queue like '%-dead'";
    let expected = [(1, "-dlq"), (1, "-dlq"), (2, "-dead")].map(|(line, end)| (line, end.to_owned()));
    assert_eq!(ends_in(statement), expected);
    assert!(ends_in("where due_at > '-infinity' and queue <> 'elsewhere' and body ->> '-' = '%'").is_empty());
}
