//! Documents in a folder. A document gets its name only when its content is on disk, and is stored only when its name is
//! there too; those of a batch share the sync of their folder.

use super::Disk;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use workflows::ports::{Documents, Unavailable};

/// Where documents are until they have their name.
const INCOMING: &str = "incoming";
/// How many are written at once: syncs that wait together share what the disk does for one, and more threads than these
/// wait for each other at the folder and keep those who answer callers from the processor.
const TOGETHER: usize = 4;
/// The most that is read of one: a thousand lines take less than a megabyte.
const LONGEST: u64 = 64 * 1024 * 1024;
/// What a process that was cut short left behind is removed when it is that old: until then somebody may be at work on it.
const LEFT_BEHIND: Duration = Duration::from_secs(3_600);

/// Documents in a folder on a disk.
pub struct Folder<D>(Arc<Inner<D>>);

struct Inner<D> {
    disk: D,
    root: PathBuf,
    /// Numbers the documents of this process.
    next: AtomicU64,
}

impl<D> Clone for Folder<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D: Disk> Folder<D> {
    /// A folder as it is, or is not: for whoever only reads.
    pub fn at(disk: D, root: &Path) -> Self {
        Self(Arc::new(Inner { disk, root: root.to_path_buf(), next: AtomicU64::new(0) }))
    }

    /// A folder, which is made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn open(disk: D, root: &Path) -> io::Result<Self> {
        let folder = Self::at(disk, root);
        folder.0.make_folders(&root.join(INCOMING))?;
        if root.is_dir() {
            // An earlier release let everybody in.
            fs::set_permissions(root, fs::Permissions::from_mode(0o700))?;
            folder.0.tidy()?;
        }
        Ok(folder)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner<D>) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl<D: Disk> Inner<D> {
    /// The file of a document. Only plain names make a path, so that none leads out of the folder.
    fn file(&self, path: &str) -> io::Result<PathBuf> {
        let plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if path.split('/').all(plain) && path.split('/').next() != Some(INCOMING) {
            Ok(self.root.join(path))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "a document's path is plain names between slashes"))
        }
    }

    /// Writes a document whole and gives it its name, in this folder of it. The name is not on disk yet.
    fn write(&self, path: &str, content: &[u8]) -> io::Result<PathBuf> {
        let file = self.file(path)?;
        let draft = self.draft(content)?;
        let folder = file.parent().unwrap_or(&self.root).to_path_buf();
        let mut named = self.disk.rename(&draft, &file);
        if is_missing(&named) {
            self.make_folders(&folder)?;
            named = self.disk.rename(&draft, &file);
        }
        if let Err(error) = named {
            // What stays is removed with what else was left behind.
            self.disk.remove(&draft).ok();
            return Err(error);
        }
        Ok(folder)
    }

    /// A file without its name yet, on disk.
    fn draft(&self, content: &[u8]) -> io::Result<PathBuf> {
        let incoming = self.root.join(INCOMING);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = incoming.join(format!("{}-{number}", std::process::id()));
            let mut made = self.disk.create(&path, content);
            if is_missing(&made) {
                self.make_folders(&incoming)?;
                made = self.disk.create(&path, content);
            }
            match made {
                Ok(file) => {
                    self.disk.sync(file)?;
                    return Ok(path);
                }
                // Of a process that had our number, or has it on another machine.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    self.disk.remove(&path).ok();
                    return Err(error);
                }
            }
        }
    }

    /// Makes a folder and those above it, and has their names on disk.
    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        let made = match self.disk.make_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let Some(above) = folder.parent() else { return Err(error) };
                self.make_folders(above)?;
                self.disk.make_folder(folder)?
            }
            other => other?,
        };
        match folder.parent().filter(|above| made && !above.as_os_str().is_empty()) {
            Some(above) => self.disk.sync_folder(above),
            None => Ok(()),
        }
    }

    /// Removes what processes left behind that were cut short. A file made now tells the time by the disk's own clock.
    fn tidy(&self) -> io::Result<()> {
        let probe = self.draft(b"")?;
        let now = fs::metadata(&probe)?.modified()?;
        self.disk.remove(&probe)?;
        for entry in fs::read_dir(self.root.join(INCOMING))? {
            let entry = entry?;
            let made = entry.metadata().and_then(|file| file.modified());
            if made.is_ok_and(|made| now.duration_since(made).is_ok_and(|age| age > LEFT_BEHIND)) {
                self.disk.remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn is_missing<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn refused(error: io::Error) -> Unavailable {
    if error.kind() == io::ErrorKind::InvalidInput {
        Unavailable::refused("documents.put", error)
    } else {
        Unavailable::because("documents.put", error)
    }
}

#[async_trait]
impl<D: Disk> Documents for Folder<D> {
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), Unavailable> {
        self.put_all(vec![(path.to_owned(), content)]).await.pop().unwrap_or(Ok(()))
    }

    async fn put_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<(), Unavailable>> {
        let writing =
            stream::iter(documents).map(|(path, content)| self.blocking(move |inner| inner.write(&path, &content)));
        let written: Vec<io::Result<PathBuf>> = writing.buffered(TOGETHER).collect().await;
        let mut folders: BTreeMap<PathBuf, Result<(), Unavailable>> = BTreeMap::new();
        for folder in written.iter().flatten() {
            if !folders.contains_key(folder) {
                let path = folder.clone();
                let synced = self.blocking(move |inner| inner.disk.sync_folder(&path)).await;
                folders.insert(folder.clone(), synced.map_err(refused));
            }
        }
        let named = |written: io::Result<PathBuf>| match folders.get(&written.map_err(refused)?) {
            Some(Err(error)) => Err(error.shared()),
            Some(Ok(())) | None => Ok(()),
        };
        written.into_iter().map(named).collect()
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let path = path.to_owned();
        let read = self.blocking(move |inner| inner.disk.read(&inner.file(&path)?, LONGEST)).await;
        match read {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unavailable::because("documents.get", error)),
        }
    }
}
