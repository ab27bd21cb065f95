//! The golden files: a folder for each release, with what it wrote to callers (`api`), as events (`event`) and into columns
//! and messages (`kept`).

use std::{fs, path::PathBuf};

/// What makes the folder of this release anew.
pub(crate) const MAKE: &str = "run UPDATE_GOLDEN=1 cargo test -p schemas --test golden, and look at what it changed";
/// The release that this is, or will be: what it writes is pinned before its commit is listed.
pub(crate) const THIS: &str = env!("CARGO_PKG_VERSION");

/// A golden file.
pub(crate) struct File {
    /// `api`, `event` or `kept`.
    pub(crate) folder: String,
    /// Without its ending.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl File {
    /// What it is about: its name up to the first point.
    pub(crate) fn shape(&self) -> &str {
        self.name.split('.').next().unwrap()
    }
}

pub(crate) fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The releases whose commits are listed, the first one first.
pub(crate) fn listed() -> Vec<String> {
    let list = fs::read_to_string(golden().join("releases.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (release, commit) = line.split_once(' ').unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
            release.to_owned()
        })
        .collect()
}

/// The files of every release, this one among them.
pub(crate) fn files() -> Vec<File> {
    earlier_files().into_iter().chain(files_of(THIS)).collect()
}

/// The files of the releases before this one.
pub(crate) fn earlier_files() -> Vec<File> {
    listed().iter().filter(|release| *release != THIS).flat_map(|release| files_of(release)).collect()
}

/// The files of a release.
pub(crate) fn files_of(release: &str) -> Vec<File> {
    let mut files = Vec::new();
    for folder in ["api", "event", "kept"] {
        let path = golden().join(release).join(folder);
        let entries = fs::read_dir(&path).unwrap_or_else(|_| panic!("there is no {}: {MAKE}", path.display()));
        files.extend(entries.map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            File { folder: folder.to_owned(), name, text: fs::read_to_string(path).unwrap() }
        }));
    }
    files.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    files
}
