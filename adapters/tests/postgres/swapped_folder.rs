//! A folder for documents that goes away in the middle of a batch, when it was the right one before and is again behind it.

use adapters::documents::{Disk, Folder, SystemDisk};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;
use workflows::ports::Documents;

/// A disk whose folder for documents goes away as soon as a document is begun, and is back when its name is synced. Another
/// folder stands there meanwhile.
struct Swapping {
    root: PathBuf,
    away: PathBuf,
    decoy: PathBuf,
    swapped: AtomicBool,
}

impl Swapping {
    fn swap(&self, to: &Path, instead: &Path) {
        fs::rename(&self.root, to).unwrap();
        fs::rename(instead, &self.root).unwrap();
    }
}

impl Disk for Swapping {
    type File = File;

    fn create(&self, path: &Path, content: &[u8]) -> io::Result<File> {
        if !content.is_empty() && !self.swapped.swap(true, Ordering::SeqCst) {
            self.swap(&self.away, &self.decoy);
        }
        SystemDisk.create(path, content)
    }

    fn start_sync(&self, file: &File) {
        SystemDisk.start_sync(file);
    }

    fn sync(&self, file: File) -> io::Result<()> {
        SystemDisk.sync(file)
    }

    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.name(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        SystemDisk.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(path)?;
        if self.away.exists() {
            self.swap(&self.decoy, &self.away);
        }
        Ok(())
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        SystemDisk.read(path, limit)
    }

    fn is_there(&self, path: &Path) -> bool {
        SystemDisk.is_there(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }
}

#[tokio::test]
async fn what_was_filed_into_another_folder_that_stood_there_for_a_moment_is_not_stored() {
    for putting in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let [root, away, decoy] = ["documents", "away", "decoy"].map(|name| place.path().join(name));
        let ours = Uuid::from_u128(0x197);
        for folder in [&root, &decoy] {
            fs::create_dir_all(folder.join("incoming")).unwrap();
            fs::create_dir_all(folder.join("a")).unwrap();
        }
        fs::write(root.join("installation"), ours.to_string()).unwrap();
        let disk = Swapping { root: root.clone(), away, decoy: decoy.clone(), swapped: AtomicBool::default() };
        let documents = Folder::open_of(ours, disk, &root).unwrap();
        let store = async || match putting {
            true => documents.put("a/1.pdf", b"first".to_vec()).await.map(drop),
            false => documents.file("a/1.pdf", b"first".to_vec()).await.map(drop),
        };
        let error = store().await.unwrap_err();
        assert!(error.away && decoy.join("a/1.pdf").exists(), "{error:?}");
        store().await.unwrap();
        assert_eq!(documents.get("a/1.pdf").await.unwrap(), Some(b"first".to_vec()));
    }
}
