//! The document store: a folder here, a bucket on AWS, by one API for both.

use async_trait::async_trait;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};
use std::sync::Arc;
use workflows::ports::{Documents, Unavailable};

/// Documents in an object store.
#[derive(Clone)]
pub struct StoredDocuments {
    store: Arc<dyn ObjectStore>,
}

impl StoredDocuments {
    /// Documents in a folder, which is made if it is missing.
    ///
    /// # Errors
    /// If the folder cannot be made or read.
    pub fn in_folder(folder: &std::path::Path) -> Result<Self, object_store::Error> {
        std::fs::create_dir_all(folder)
            .map_err(|source| object_store::Error::Generic { store: "folder", source: Box::new(source) })?;
        Ok(Self { store: Arc::new(LocalFileSystem::new_with_prefix(folder)?) })
    }

    /// Documents in a bucket of S3. Region, credentials and endpoint are those of the environment.
    ///
    /// # Errors
    /// If the environment lacks one of them, or holds one that cannot be understood.
    #[cfg(feature = "aws")]
    pub fn in_bucket(bucket: &str) -> Result<Self, object_store::Error> {
        Ok(Self { store: Arc::new(crate::aws::bucket::open(bucket)?) })
    }
}

#[async_trait]
impl Documents for StoredDocuments {
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), Unavailable> {
        self.store
            .put(&Path::from(path), PutPayload::from(content))
            .await
            .map(|_| ())
            .map_err(|error| Unavailable::because("documents.put", error))
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let found = match self.store.get(&Path::from(path)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Unavailable::because("documents.get", error)),
        };
        let content = found.bytes().await.map_err(|error| Unavailable::because("documents.get", error))?;
        Ok(Some(content.to_vec()))
    }
}
