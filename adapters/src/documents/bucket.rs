//! Documents in a bucket of S3, with the time-outs and the number of attempts that every call to AWS has. It knows no
//! budget for retries; documents are few, and a queue waits behind each.

use super::aside::aside;
use crate::aws::{ATTEMPT, ATTEMPTS, BACKOFF, CONNECT, OPERATION, READ};
use async_trait::async_trait;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
};
use rustls::crypto::{CryptoProvider, ring};
use std::sync::Arc;
use workflows::{
    issued_invoice::Fingerprint,
    ports::{Documents, Filed, Unavailable},
};

/// By how many bytes of its hash a document is told from others that are kept aside.
const TOLD_BY: usize = 8;

/// A bucket. What it took is kept by S3, whatever breaks.
#[derive(Clone)]
pub(super) struct Bucket(Arc<AmazonS3>);

impl Bucket {
    /// The bucket of that name.
    pub(super) fn open(bucket: &str) -> Result<Self, Error> {
        client(bucket).map(|client| Self(Arc::new(client)))
    }

    /// Keeps a copy of what has the key of a document, under one that follows from its content: kept twice it is kept once.
    /// An earlier version is kept for a year only.
    async fn set_aside(&self, path: &str, found: Vec<u8>) -> Result<String, Unavailable> {
        let hash: String =
            Fingerprint::of(&found).sha256.iter().take(TOLD_BY).map(|byte| format!("{byte:02x}")).collect();
        let key = aside(path, &hash);
        match self.0.put_opts(&Path::from(key.as_str()), PutPayload::from(found), PutMode::Create.into()).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(key),
            Err(error) => Err(Unavailable::because("documents.put", error)),
        }
    }
}

#[async_trait]
impl Documents for Bucket {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        let payload = PutPayload::from(content.clone());
        match self.0.put_opts(&Path::from(path), payload, PutMode::Create.into()).await {
            Ok(_) => return Ok(Filed::Stored),
            Err(Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(Unavailable::because("documents.file", error)),
        }
        // Perhaps by this very call, whose first answer was lost.
        match self.get(path).await? {
            Some(found) if found == content => Ok(Filed::Stored),
            Some(found) => Ok(Filed::Taken(found)),
            None => Err(Unavailable::because("documents.file", "the object was there and is gone")),
        }
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        let kept = match self.get(path).await? {
            Some(found) if !found.is_empty() && found != content => Some(self.set_aside(path, found).await?),
            Some(_) | None => None,
        };
        self.0
            .put(&Path::from(path), PutPayload::from(content))
            .await
            .map(|_| kept)
            .map_err(|error| Unavailable::because("documents.put", error))
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let found = match self.0.get(&Path::from(path)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Unavailable::because("documents.get", error)),
        };
        let content = found.bytes().await.map_err(|error| Unavailable::because("documents.get", error))?;
        Ok(Some(content.to_vec()))
    }
}

/// The bucket of that name. Region, credentials and endpoint are those of the environment; an AWS elsewhere
/// (`AWS_ENDPOINT_URL`) may be spoken to without TLS if its URL says so.
fn client(bucket: &str) -> Result<AmazonS3, Error> {
    choose_cryptography();
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let endpoints = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let plain =
        endpoints.iter().find_map(|key| builder.get_config_value(key)).is_some_and(|url| url.starts_with("http:"));
    let client = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(READ)
        .with_timeout(ATTEMPT)
        .with_allow_http(plain);
    let backoff = BackoffConfig { init_backoff: BACKOFF.0, max_backoff: BACKOFF.1, base: 2.0 };
    let retries = usize::try_from(ATTEMPTS - 1).unwrap_or_default();
    builder
        .with_client_options(client)
        .with_retry(RetryConfig { backoff, max_retries: retries, retry_timeout: OPERATION })
        .build()
}

/// The store's HTTP client takes the cryptography that the process chose, and panics if it chose none. One that was
/// chosen before stays.
fn choose_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // Two at once choose the same, so the one that comes second has lost nothing.
        drop(ring::default_provider().install_default());
    }
}
