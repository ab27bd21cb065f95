//! Which statements there are: those that `sqlx` checked when this was built, by their names. So a new one is tried by
//! itself, and one that no order has run is missed.

use std::{collections::BTreeSet, fs, path::Path};

/// What no serving pipeline runs, and why nothing is to be tried with it here.
const COMMANDS: &[(&str, &str)] = &[
    ("audit.", "only reads"),
    ("sandbox.all", "only reads, for the audit"),
    ("catalogue.import", "is run by a person, who sees that it failed"),
];

/// The names of all statements that a serving pipeline runs, starts and stops with.
pub(crate) fn all() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    let names: BTreeSet<String> = fs::read_dir(folder).unwrap().map(|entry| name_in(&entry.unwrap().path())).collect();
    names.into_iter().filter(|name| !COMMANDS.iter().any(|(command, _)| name.starts_with(command))).collect()
}

/// Those that run while orders go through; starting and stopping is tried apart.
pub(crate) fn of_a_serving_pipeline() -> Vec<String> {
    all().into_iter().filter(|name| !of_starting_and_stopping().contains(&name.as_str())).collect()
}

/// Those that a process starts and stops with, or takes over from another.
pub(crate) fn of_starting_and_stopping() -> [&'static str; 6] {
    [
        "instances.register",
        "instances.lock",
        "instances.release_messages",
        "instances.release_executions",
        "instances.forget",
        "instances.wake_engines",
    ]
}

fn name_in(file: &Path) -> String {
    let checked: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let statement = checked["query"].as_str().unwrap();
    let name = statement.strip_prefix("-- ").and_then(|rest| rest.split([' ', ':', '\n']).next());
    name.unwrap_or_else(|| panic!("a statement opens with no name: {statement}")).to_owned()
}
