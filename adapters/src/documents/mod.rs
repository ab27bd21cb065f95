//! The document store: a folder here, a bucket on AWS.

mod aside;
#[cfg(feature = "aws")]
mod bucket;
mod disk;
mod faults;
mod folder;
pub mod installation;
mod known_folder;

pub use disk::{Disk, SystemDisk};
pub use folder::Folder;

use async_trait::async_trait;
use std::{io, path::Path};
use uuid::Uuid;
use workflows::{
    issued_invoice::Look,
    ports::{Documents, Filed, Unavailable},
};

/// Documents wherever they are kept.
#[derive(Clone)]
pub struct StoredDocuments(Store);

#[derive(Clone)]
enum Store {
    Folder(Folder<SystemDisk>),
    #[cfg(feature = "aws")]
    Bucket(bucket::Bucket),
}

impl StoredDocuments {
    /// Documents in a folder that bears no mark, which is made if it is missing: for tests of what is kept, in any crate. What
    /// runs takes the folder of an installation.
    ///
    /// # Errors
    /// If the folder cannot be made or written.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        Folder::open(SystemDisk, folder).map(|folder| Self(Store::Folder(folder)))
    }

    /// Documents in the folder of an installation, used only while it names that.
    ///
    /// # Errors
    /// If it does not, or cannot be written.
    pub fn in_folder_of(installation: Uuid, folder: &Path) -> io::Result<Self> {
        Folder::open_of(installation, SystemDisk, folder).map(|folder| Self(Store::Folder(folder)))
    }

    /// Documents in a folder that is left as it is: for whoever only reads.
    pub fn read_from_folder(folder: &Path) -> Self {
        Self(Store::Folder(Folder::at(SystemDisk, folder)))
    }

    /// Documents in a bucket of S3. Region, credentials and endpoint are those of the environment.
    ///
    /// # Errors
    /// If the environment lacks one of them, or holds one that cannot be understood.
    #[cfg(feature = "aws")]
    pub fn in_bucket(bucket: &str) -> Result<Self, object_store::Error> {
        bucket::Bucket::open(bucket).map(|bucket| Self(Store::Bucket(bucket)))
    }

    fn store(&self) -> &dyn Documents {
        match &self.0 {
            Store::Folder(folder) => folder,
            #[cfg(feature = "aws")]
            Store::Bucket(bucket) => bucket,
        }
    }
}

#[async_trait]
impl Documents for StoredDocuments {
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        self.store().put(path, content).await
    }

    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        self.store().file(path, content).await
    }

    async fn file_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<Filed, Unavailable>> {
        self.store().file_all(documents).await
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.store().get(path).await
    }

    async fn look(&self, path: &str) -> Result<Look, Unavailable> {
        self.store().look(path).await
    }
}
