//! What stands in the sources is read as text and held against the types it must agree with: the compiler checks what a
//! statement gives and takes, but knows nothing of the words in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod dead_letters;
mod rust;
mod sql;
mod status_words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// All crates make up the product but these: what measures it from outside knows the names that an operator sees.
const OUTSIDE: &str = "load-tests";
/// Folders that are no part of what runs: tests, and the migrations and files of releases, which stay as they are.
const LEFT_OUT: [&str; 3] = ["tests", "migrations", "golden"];

/// A text, and where it begins.
struct Source {
    file: String,
    line: usize,
    text: String,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match path.is_dir() {
            true if LEFT_OUT.contains(&name) || name.starts_with('.') => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// The files of the product that end so.
fn ending(suffix: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    folders
        .filter(|folder| folder.join("Cargo.toml").is_file() && !folder.ends_with(OUTSIDE))
        .for_each(|folder| files(&folder, &mut found));
    found.retain(|path| path.to_str().unwrap().ends_with(suffix));
    found.sort();
    let source = |path: PathBuf| Source {
        file: path.strip_prefix(root).unwrap().display().to_string(),
        line: 1,
        text: fs::read_to_string(&path).unwrap(),
    };
    found.into_iter().map(source).collect()
}

/// The strings that stand in Rust, but for those of tests.
fn strings() -> Vec<Source> {
    let is_of_tests = |file: &str| {
        let name = file.rsplit('/').next().unwrap();
        name.ends_with("tests.rs") || file.starts_with("adapters/src/statements/")
    };
    let product = ending(".rs").into_iter().filter(|source| !is_of_tests(&source.file));
    let strings: Vec<_> = product
        .flat_map(|Source { file, text, .. }| {
            rust::strings(&text).into_iter().map(move |(line, text)| Source { file: file.clone(), line, text })
        })
        .collect();
    assert!(strings.len() > 1_000, "hardly a string was found: {}", strings.len());
    strings
}

/// The statements, those in files and those in Rust, which all open with their name in a comment.
fn statements() -> Vec<Source> {
    let of_rust = strings().into_iter().filter(|source| source.text.starts_with("-- "));
    let all: Vec<_> = ending(".sql").into_iter().chain(of_rust).collect();
    assert!(all.len() > 100, "hardly a statement was found: {}", all.len());
    all
}
