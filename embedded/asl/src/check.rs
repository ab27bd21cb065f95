//! What can only be said of a whole workflow: that every target exists, every state can be reached, and there is an end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{
    definition::{Definition, State},
    error::Problem,
    read::within,
    template::Template,
};

/// Adds each target that is no state of the file. `names` has all of the file's states, `states` those that could be read.
pub(super) fn targets(
    start_at: Option<&str>,
    states: &BTreeMap<String, State>,
    names: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) {
    if let Some(start_at) = start_at.filter(|start_at| !names.contains_key(*start_at)) {
        problems.push(Problem { pointer: "/StartAt".to_owned(), what: format!("there is no state {start_at:?}") });
    }
    for (name, state) in states {
        for target in state.followers().into_iter().filter(|target| !names.contains_key(*target)) {
            let what = format!("leads to {target:?}, which is no state");
            problems.push(Problem { pointer: within("/States", name), what });
        }
    }
}

/// Adds what is wrong with the ways through a workflow all of whose states could be read.
pub(super) fn ways(definition: &Definition, problems: &mut Vec<Problem>) {
    let Definition { start_at, states, .. } = definition;
    let mut reached = BTreeSet::from([start_at.as_str()]);
    let mut open = vec![start_at.as_str()];
    while let Some(name) = open.pop() {
        let followers = states.get(name).map(State::followers).unwrap_or_default();
        open.extend(followers.into_iter().filter(|target| reached.insert(target)));
    }
    for name in states.keys().filter(|name| !reached.contains(name.as_str())) {
        problems.push(Problem { pointer: within("/States", name), what: "cannot be reached".to_owned() });
    }
    if !reached.iter().filter_map(|name| states.get(*name)).any(State::is_terminal) {
        problems.push(Problem { pointer: "/States".to_owned(), what: "no state ends the execution".to_owned() });
    }
}

/// Adds a problem if a written-out time is none.
pub(super) fn timestamp(template: &Template, pointer: &str, problems: &mut Vec<Problem>) {
    let good = match template {
        Template::Expression(_) => true,
        Template::Literal(Value::String(text)) => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        Template::Literal(_) | Template::Array(_) | Template::Object(_) => false,
    };
    if !good {
        let what = "must be a time such as 2026-01-31T08:00:00Z".to_owned();
        problems.push(Problem { pointer: pointer.to_owned(), what });
    }
}
