//! What a folder of documents asks of the file system, narrow enough that a test can cut the power at any moment.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};
use tempfile::{PathPersistError, TempPath};

/// A file system. What was not synced may be lost, or be there with nothing in it.
pub trait Disk: Send + Sync + 'static {
    /// A file that was just made.
    type File: Send;

    /// Makes a file that only its owner reads, and that is not there yet, with this content.
    ///
    /// # Errors
    /// Those of the file system.
    fn create(&self, path: &Path, content: &[u8]) -> io::Result<Self::File>;

    /// Has a file's content set out for the disk, for whoever syncs it later, and other files before it. A hint: it fails
    /// nobody.
    fn start_sync(&self, file: &Self::File);

    /// Makes sure that a file's content outlives a power cut.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync(&self, file: Self::File) -> io::Result<()>;

    /// Gives a file a name that no file has. One that has it stays, and the file keeps its own.
    ///
    /// # Errors
    /// `AlreadyExists` if a file has the name; others are those of the file system.
    fn name(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a name that no file has, beside its own.
    ///
    /// # Errors
    /// `AlreadyExists` if a file has the name; `Unsupported` or `PermissionDenied` where a file has one name only; others are
    /// those of the file system.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of one that had it.
    ///
    /// # Errors
    /// Those of the file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes one folder that only its owner enters; says whether it was missing.
    ///
    /// # Errors
    /// Those of the file system.
    fn make_folder(&self, path: &Path) -> io::Result<bool>;

    /// Makes sure that the names in a folder outlive a power cut.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// The content of a file of no more than so many bytes.
    ///
    /// # Errors
    /// `IsADirectory` if a folder has the name, `InvalidData` if something has it that nobody can read through, such as a
    /// pipe, or that is larger, of which nothing is read then; others are those of the file system.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Whether anything has that name.
    fn is_there(&self, path: &Path) -> bool;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// That of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    type File = File;

    fn create(&self, path: &Path, content: &[u8]) -> io::Result<File> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content)?;
        Ok(file)
    }

    fn start_sync(&self, file: &File) {
        // That the content is not needed in memory has Linux begin to write it; it has no other hint for that which asks for
        // nothing of the file system.
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).ok();
        #[cfg(not(target_os = "linux"))]
        let _ = file;
    }

    fn sync(&self, file: File) -> io::Result<()> {
        file.sync_all()
    }

    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        TempPath::try_from_path(from)?.persist_noclobber(to).map_err(|PathPersistError { error, path }| {
            // Or it would be removed: whoever made it decides what becomes of it.
            path.keep().ok();
            error
        })
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let found = fs::metadata(path)?;
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !found.is_file() {
            // A pipe would be waited for without end.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
        }
        if found.len() > limit {
            let why = format!("it has {} bytes, and what belongs there has no more than {limit}", found.len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        // All at once: growing by doubling would take three times as much for a moment.
        let mut content = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
        File::open(path)?.take(limit).read_to_end(&mut content)?;
        Ok(content)
    }

    fn is_there(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
