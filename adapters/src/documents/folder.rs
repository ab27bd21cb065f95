//! Documents in a folder. A document gets its name only when its content is on disk, and is stored only when its name is
//! there too; those of a batch share the sync of their folder.

use super::{
    Disk,
    aside::{ASIDE, aside},
    faults::{explained, failed, is_no_document, is_of_the_moment, untold},
    known_folder::{KnownFolder, MARK},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use uuid::Uuid;
use workflows::{
    issued_invoice::Look,
    ports::{Documents, Filed, Unavailable},
};

/// Where documents are until they have their name.
const INCOMING: &str = "incoming";
/// A mark is some forty bytes.
const LONGEST_MARK: u64 = 256;
/// How many documents that had one name are kept aside: who reaches that has a disk that wants looking at.
const KEPT_ASIDE: usize = 1_000;
/// How many are on their way to disk at once, each an open file.
const TOGETHER: usize = 128;
/// What is larger is none of ours, and not read: a thousand lines take less than a megabyte.
const LONGEST: u64 = 16 * 1024 * 1024;
/// What a process that was cut short left behind is removed when it is that old: until then somebody may be at work on it.
const LEFT_BEHIND: Duration = Duration::from_secs(3_600);
/// How much of that is looked at when a folder is opened, so that it opens soon whatever is in it.
const TIDIED: usize = 10_000;

/// Documents in a folder on a disk.
pub struct Folder<D>(Arc<Inner<D>>);

struct Inner<D> {
    disk: D,
    root: PathBuf,
    /// Whose it is, if that is known: then it is used only while it says so.
    known: Option<KnownFolder>,
    /// Numbers the documents of this process.
    next: AtomicU64,
    /// Folders whose own names are on disk, as far as this process has seen to it.
    settled: Mutex<BTreeSet<PathBuf>>,
    /// When it is to be tidied again, if it is at all.
    untidy_at: Mutex<Option<Instant>>,
}

/// A document that has neither its name yet nor its content on disk.
struct Draft<F> {
    path: PathBuf,
    file: F,
}

impl<D> Clone for Folder<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D: Disk> Folder<D> {
    /// A folder as it is, or is not: for whoever only reads.
    pub fn at(disk: D, root: &Path) -> Self {
        Self::new(disk, root, None)
    }

    fn new(disk: D, root: &Path, known: Option<KnownFolder>) -> Self {
        Self(Arc::new(Inner {
            disk,
            root: root.to_path_buf(),
            known,
            next: AtomicU64::new(0),
            settled: Mutex::default(),
            untidy_at: Mutex::default(),
        }))
    }

    /// A folder that bears no mark, which is made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn open(disk: D, root: &Path) -> io::Result<Self> {
        Self::at(disk, root).opened()
    }

    /// The folder of an installation. It is used only while it names that.
    ///
    /// # Errors
    /// If it does not, or cannot be written.
    pub fn open_of(installation: Uuid, disk: D, root: &Path) -> io::Result<Self> {
        Self::new(disk, root, Some(KnownFolder::of(root, installation))).opened()
    }

    fn opened(self) -> io::Result<Self> {
        self.0.check()?;
        self.0.make_folders(&self.0.root.join(INCOMING))?;
        if self.0.root.is_dir() {
            // An earlier release let everybody in.
            fs::set_permissions(&self.0.root, fs::Permissions::from_mode(0o700))?;
            self.0.tidy()?;
        }
        Ok(self)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner<D>) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|error| Err(io::Error::new(io::ErrorKind::Interrupted, error)))
    }

    /// The folder's path.
    pub(super) fn root(&self) -> &Path {
        &self.0.root
    }

    /// What the folder says of whose documents it has, if it says anything.
    pub(super) async fn mark(&self) -> io::Result<Option<String>> {
        let read = self.blocking(|inner| inner.read_mark()).await;
        if is_missing(&read) {
            Ok(None)
        } else {
            let text = read.map(|text| String::from_utf8_lossy(&text).trim().to_owned())?;
            Ok(Some(text).filter(|text| !text.is_empty()))
        }
    }

    /// Has the folder say whose documents it has, unless it says so already.
    pub(super) async fn set_mark(&self, text: String) -> io::Result<()> {
        self.blocking(move |inner| {
            let content = format!("{text}\n").into_bytes();
            let file = inner.root.join(MARK);
            match inner.with_draft(&content, |draft| inner.name(draft, &file, &content))? {
                Filed::Stored => {}
                // Emptied by a power cut: it says nothing.
                Filed::Taken(found) if found.trim_ascii().is_empty() => {
                    inner.with_draft(&content, |draft| inner.disk.rename(draft, &file))?;
                }
                Filed::Taken(_) | Filed::Unreadable(_) => return Ok(()),
            }
            inner.disk.sync_folder(&inner.root)
        })
        .await
    }
}

impl<D: Disk> Inner<D> {
    fn read_mark(&self) -> io::Result<Vec<u8>> {
        self.disk.read(&self.root.join(MARK), LONGEST_MARK)
    }

    /// Makes sure that the folder is the one that it should be, if that is known.
    fn check(&self) -> io::Result<()> {
        self.known.as_ref().map_or(Ok(()), |known| known.check(self.read_mark()))
    }

    /// Makes sure that what was filed is in the folder that it should be in: that may have gone meanwhile, and come again.
    fn prove(&self, file: &Path) -> io::Result<()> {
        match &self.known {
            Some(known) if !self.disk.is_there(file) => Err(known.exchanged()),
            Some(_) | None => Ok(()),
        }
    }

    /// The file of a document. Only plain names make a path, so that none leads out of the folder.
    fn file_of(&self, path: &str) -> io::Result<PathBuf> {
        let plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let is_ours = path.split('/').next().is_some_and(|first| [INCOMING, MARK, ASIDE].contains(&first));
        if path.split('/').all(plain) && !is_ours {
            Ok(self.root.join(path))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "a document's path is plain names between slashes"))
        }
    }

    /// Writes a document whole and gives it its name, in this file; says where what had the name is kept. The name is not on
    /// disk yet.
    fn put(&self, path: &str, content: &[u8]) -> io::Result<(PathBuf, Option<String>)> {
        let file = self.file_of(path)?;
        let folder = self.folder_of(&file);
        let named = self.with_draft(content, |draft| {
            let kept = self.set_aside(path, &file, content)?;
            self.within(&folder, || self.disk.rename(draft, &file))?;
            Ok(kept)
        });
        named.map(|kept| (file, kept)).map_err(|error| explained(path, &error))
    }

    /// Gives what has the name of a document another one, where it is kept, unless nothing is in it, or the same. The new name
    /// is on disk when this returns.
    fn set_aside(&self, path: &str, file: &Path, content: &[u8]) -> io::Result<Option<String>> {
        let found = match self.disk.read(file, LONGEST) {
            Ok(found) if found.is_empty() || found == content => return Ok(None),
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if is_no_document(&error) => None,
            Err(error) => return Err(untold(error)),
        };
        for which in 1..=KEPT_ASIDE {
            let name = aside(path, &which.to_string());
            let target = self.root.join(&name);
            let folder = self.folder_of(&target);
            let is_kept = match self.within(&folder, || self.keep(file, &target, found.is_some())) {
                Ok(()) => true,
                // By whoever was cut short before the other one had the name: kept twice it is kept once.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => found
                    .as_ref()
                    .is_some_and(|found| self.disk.read(&target, LONGEST).is_ok_and(|kept| kept == *found)),
                // Whoever else stores it has done that.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            if is_kept {
                return self.settle(&folder).map(|()| Some(name));
            }
        }
        let why = format!("{KEPT_ASIDE} of that name are kept in {ASIDE}: look why, and move them elsewhere");
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }

    /// Gives a file a name where it is kept. A document keeps its own as well, so that there is one under it at any moment,
    /// unless this file system gives a file one name only. What is no document is moved: not everybody may link it.
    fn keep(&self, file: &Path, target: &Path, is_document: bool) -> io::Result<()> {
        if !is_document {
            return self.disk.name(file, target);
        }
        match self.disk.link(file, target) {
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
                self.disk.name(file, target)
            }
            linked => linked,
        }
    }

    /// Files several documents, each unless another has its name: the contents of all are on their way before the first is
    /// waited for, which takes half of the processor, and less of the disk, than one after the other or side by side.
    fn file(&self, documents: &[(String, Vec<u8>)]) -> Vec<io::Result<(PathBuf, Filed)>> {
        let begin = |(path, content): &(String, Vec<u8>)| Ok((self.file_of(path)?, self.begin(content)?));
        let begun: Vec<io::Result<(PathBuf, Draft<D::File>)>> = documents.iter().map(begin).collect();
        begun.iter().flatten().for_each(|(_, draft)| self.disk.start_sync(&draft.file));
        let ended = begun.into_iter().zip(documents).map(|(begun, (path, content))| {
            let (file, draft) = begun.map_err(|error| explained(path, &error))?;
            let filed = self.end(draft, |draft| self.name(draft, &file, content));
            filed.map(|filed| (file, filed)).map_err(|error| explained(path, &error))
        });
        ended.collect()
    }

    fn name(&self, draft: &Path, file: &Path, content: &[u8]) -> io::Result<Filed> {
        match self.within(&self.folder_of(file), || self.disk.name(draft, file)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| Filed::Stored),
        }
        let found = match self.disk.read(file, LONGEST).map_err(|error| self.blamed(error)) {
            Ok(found) => found,
            // A link to nowhere has the name, and no content.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) if is_no_document(&error) => {
                self.disk.remove(draft).ok();
                return Ok(Filed::Unreadable(error.to_string()));
            }
            Err(error) => return Err(untold(error)),
        };
        if found == content {
            // What is there may not be on disk yet; the draft is.
            return self.disk.rename(draft, file).map(|()| Filed::Stored);
        }
        self.disk.remove(draft).ok();
        Ok(Filed::Taken(found))
    }

    /// Does something with a draft. If that fails the draft is removed; one that cannot be removed either is later, with what
    /// else was left behind.
    fn with_draft<T>(&self, content: &[u8], work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        self.end(self.begin(content)?, work)
    }

    /// Does the same with one that was begun, once its content is on disk.
    fn end<T>(&self, draft: Draft<D::File>, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let done = self.disk.sync(draft.file).and_then(|()| work(&draft.path));
        if done.is_err() {
            self.disk.remove(&draft.path).ok();
        }
        done
    }

    /// Does something in a folder, which is made if it is missing.
    fn within<T>(&self, folder: &Path, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
        let done = work();
        if is_missing(&done) {
            // Where the folder itself is missing, it went away, and none is made in its place.
            self.check()?;
            self.make_folders(folder)?;
            return work();
        }
        done
    }

    /// What went wrong with a document; if the folder itself is away, no document is to blame.
    fn blamed(&self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::NotFound || self.root.is_dir() {
            error
        } else {
            let why = format!("the folder for documents cannot be used: {error}");
            io::Error::new(io::ErrorKind::Interrupted, why)
        }
    }

    /// Has the names in a folder on disk, and once also those of the folder and of the ones above it: whoever made one of
    /// them may have been cut short before that.
    fn settle(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)?;
        if self.settled.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)) {
            self.disk.sync_folder(above)?;
        }
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_path_buf());
        Ok(())
    }

    fn folder_of(&self, file: &Path) -> PathBuf {
        file.parent().unwrap_or(&self.root).to_path_buf()
    }

    /// A new document without its name.
    fn begin(&self, content: &[u8]) -> io::Result<Draft<D::File>> {
        let incoming = self.root.join(INCOMING);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = incoming.join(format!("{}-{number}", std::process::id()));
            match self.within(&incoming, || self.disk.create(&path, content)) {
                Ok(file) => return Ok(Draft { path, file }),
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

    /// Tidies a folder that is used for long now and then. What is left behind keeps nobody from filing.
    fn keep_tidy(&self) {
        let due = *self.untidy_at.lock().unwrap_or_else(PoisonError::into_inner);
        if due.is_some_and(|due| due <= Instant::now())
            && let Err(error) = self.tidy()
        {
            tracing::warn!(error = error.to_string(), "the folder for documents cannot be tidied");
        }
    }

    /// Removes what processes left behind that were cut short. A file made now tells the time by the disk's own clock. What
    /// cannot be removed is in nobody's way.
    fn tidy(&self) -> io::Result<()> {
        *self.untidy_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + LEFT_BEHIND);
        let Draft { path, .. } = self.begin(b"")?;
        let now = fs::metadata(&path)?.modified()?;
        self.disk.remove(&path)?;
        for entry in fs::read_dir(self.root.join(INCOMING))?.take(TIDIED).flatten() {
            let made = entry.metadata().and_then(|file| file.modified());
            let is_old = made.is_ok_and(|made| now.duration_since(made).is_ok_and(|age| age > LEFT_BEHIND));
            if is_old && let Err(error) = self.disk.remove(&entry.path()) {
                let name = entry.file_name();
                tracing::warn!(?name, error = error.to_string(), "an old draft of a document cannot be removed");
            }
        }
        Ok(())
    }
}

fn is_missing<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[async_trait]
impl<D: Disk> Documents for Folder<D> {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        let mut filed = self.file_all(vec![(path.to_owned(), content)]).await;
        filed.pop().unwrap_or_else(|| Err(Unavailable::at_fault("documents.file", "nothing became of it")))
    }

    async fn file_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<Filed, Unavailable>> {
        let count = documents.len();
        let filing = self.blocking(move |inner| {
            inner.check()?;
            inner.keep_tidy();
            let filed: Vec<_> = documents.chunks(TOGETHER).flat_map(|some| inner.file(some)).collect();
            let folders: BTreeSet<PathBuf> = filed.iter().flatten().map(|(file, _)| inner.folder_of(file)).collect();
            let synced = folders.into_iter().map(|folder| {
                let synced = inner.settle(&folder).map_err(|error| failed("documents.file", error));
                (folder, synced)
            });
            let synced = synced.collect();
            let proven = |(file, filed): (PathBuf, Filed)| {
                if filed == Filed::Stored {
                    inner.prove(&file)?;
                }
                Ok((inner.folder_of(&file), filed))
            };
            let filed = filed.into_iter().map(|filed| filed.and_then(proven)).collect();
            inner.check()?;
            Ok((filed, synced))
        });
        let (filed, folders): (Vec<io::Result<_>>, BTreeMap<PathBuf, Result<(), Unavailable>>) = match filing.await {
            Ok(done) => done,
            Err(error) => {
                let error = failed("documents.file", error);
                return (0..count).map(|_| Err(error.shared())).collect();
            }
        };
        let named = |filed: io::Result<(PathBuf, Filed)>| {
            let (folder, filed) = filed.map_err(|error| failed("documents.file", error))?;
            match folders.get(&folder) {
                Some(Err(error)) => Err(error.shared()),
                Some(Ok(())) | None => Ok(filed),
            }
        };
        filed.into_iter().map(named).collect()
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        let path = path.to_owned();
        let put = self.blocking(move |inner| {
            inner.check()?;
            let (file, kept) = inner.put(&path, &content)?;
            inner.settle(&inner.folder_of(&file))?;
            inner.prove(&file)?;
            inner.check()?;
            Ok(kept)
        });
        put.await.map_err(|error| failed("documents.put", error))
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        match self.look(path).await? {
            Look::Document(content) => Ok(Some(content)),
            Look::Nothing => Ok(None),
            Look::Unreadable(why) | Look::Blocked(why) => Err(Unavailable::because("documents.get", why)),
        }
    }

    async fn look(&self, path: &str) -> Result<Look, Unavailable> {
        let name = path.to_owned();
        let read = self.blocking(move |inner| {
            inner.check()?;
            let file = inner.file_of(&name)?;
            inner.disk.read(&file, LONGEST).map_err(|error| inner.blamed(error))
        });
        match read.await {
            Ok(content) => Ok(Look::Document(content)),
            Err(error) if is_of_the_moment(&error) => Err(Unavailable::because("documents.get", error)),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(failed("documents.get", error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Look::Nothing),
            Err(error) if is_no_document(&error) => Ok(Look::Unreadable(explained(path, &error).to_string())),
            Err(error) => Ok(Look::Blocked(explained(path, &untold(error)).to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::SystemDisk;

    #[tokio::test]
    async fn what_is_left_behind_while_a_process_files_is_removed_too_once_an_hour() {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder::open(SystemDisk, base.path()).unwrap();
        let left = base.path().join(INCOMING).join("left");
        let file = fs::File::create(&left).unwrap();
        file.set_modified(file.metadata().unwrap().modified().unwrap() - 2 * LEFT_BEHIND).unwrap();
        assert_eq!(folder.file("a/1.pdf", b"%PDF".to_vec()).await.unwrap(), Filed::Stored);
        assert!(left.exists(), "it was tidied a moment ago");
        *folder.0.untidy_at.lock().unwrap() = Some(Instant::now());
        assert_eq!(folder.file("a/2.pdf", b"%PDF".to_vec()).await.unwrap(), Filed::Stored);
        assert!(!left.exists());
    }
}
