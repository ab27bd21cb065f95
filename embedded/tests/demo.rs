//! The demo as a newcomer runs it: the real binary, a new folder, a PostgreSQL of its own; and then once more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "command/mod.rs"]
mod command;

use command::Folder;

#[test]
fn the_demo_ends_as_expected_in_a_new_folder_and_in_the_same_again() {
    let folder = Folder::new();
    for run in 1..=2 {
        let done = folder.run(&["demo"]);
        assert_eq!(done.code, Some(0), "run {run}: {done}");
        assert!(done.says("kinds of requests ended as expected."), "run {run}: {done}");
        assert!(!done.says("WRONG"), "run {run}: {done}");
        assert!(done.says("5 invoiced, 4 rejected: out_of_stock"), "run {run}: {done}");
        assert!(done.says("invariants hold"), "run {run}: {done}");
        assert!(!done.says("4242") && !done.says("pm_"), "a card or a token is named: {done}");
        let example = done.after("Open one: ");
        let pdf = std::fs::read(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert!(pdf.starts_with(b"%PDF-"), "{example}");
    }
}
