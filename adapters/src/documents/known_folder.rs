//! That a folder is the one of an installation, by the mark in it: a share may go while a process runs, and leave an empty
//! folder in its place, or another one's. What is filed there nobody finds again.

use std::{
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Says whose documents these are.
pub(super) const MARK: &str = "installation";

/// The installation that a mark names, however it is written there.
pub(super) fn named(mark: &[u8]) -> Option<Uuid> {
    str::from_utf8(mark).ok()?.trim().parse().ok()
}

/// A folder of which it is known whose it is.
pub(super) struct KnownFolder {
    mark: PathBuf,
    installation: Uuid,
}

impl KnownFolder {
    pub(super) fn of(root: &Path, installation: Uuid) -> Self {
        Self { mark: root.join(MARK), installation }
    }

    /// Takes what the mark reads like now.
    ///
    /// # Errors
    /// If it names another installation now, or none, or cannot be asked: for as long as that lasts, no document is to blame.
    pub(super) fn check(&self, read: io::Result<Vec<u8>>) -> io::Result<()> {
        match read {
            Ok(mark) if named(&mark) == Some(self.installation) => Ok(()),
            Ok(_) => Err(self.gone("it names another installation, or none")),
            Err(error) => Err(self.gone(&error.to_string())),
        }
    }

    /// What was filed is not there, although the folder is.
    pub(super) fn exchanged(&self) -> io::Error {
        self.gone("another one stood in its place for a moment")
    }

    fn gone(&self, why: &str) -> io::Error {
        let why = format!(
            "the folder for documents is not that of installation {}, by {}: {why}. Mount it again; nothing is filed meanwhile",
            self.installation,
            self.mark.display()
        );
        io::Error::new(io::ErrorKind::Interrupted, why)
    }
}
