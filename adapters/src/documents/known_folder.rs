//! That a folder is still the one that it was: a share may go while a process runs, and leave an empty folder in its place, or
//! another one's. What is filed there nobody finds again.

use std::{
    io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Says whose documents these are.
pub(super) const MARK: &str = "installation";

/// A folder that is known by its mark, once it was seen with one.
pub(super) struct KnownFolder {
    mark: PathBuf,
    seen: OnceLock<Vec<u8>>,
}

impl KnownFolder {
    pub(super) fn at(root: &Path) -> Self {
        Self { mark: root.join(MARK), seen: OnceLock::new() }
    }

    /// Takes what the mark reads like now.
    ///
    /// # Errors
    /// If it says now something else, or nothing, or cannot be asked: for as long as that lasts, no document is to blame.
    pub(super) fn check(&self, read: io::Result<Vec<u8>>) -> io::Result<()> {
        let now = match read {
            Ok(now) => now,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.seen.get().is_none() => return Ok(()),
            Err(error) => return Err(self.gone(&error.to_string())),
        };
        if *self.seen.get_or_init(|| now.clone()) == now { Ok(()) } else { Err(self.gone("it says something else")) }
    }

    fn gone(&self, why: &str) -> io::Error {
        let why = format!(
            "the folder for documents is not the one that it was, by {}: {why}. Mount it again; nothing is filed meanwhile",
            self.mark.display()
        );
        io::Error::new(io::ErrorKind::Interrupted, why)
    }
}
