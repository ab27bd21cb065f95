//! A bucket of S3 as an object store, with the time-outs and the number of attempts that every call to AWS has. It knows no
//! budget for retries; documents are few, and a queue waits behind each.

use super::{ATTEMPT, ATTEMPTS, BACKOFF, CONNECT, OPERATION, READ};
use object_store::{
    BackoffConfig, ClientOptions, Error, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
};
use rustls::crypto::{CryptoProvider, ring};

/// The bucket of that name. Region, credentials and endpoint are those of the environment; an AWS elsewhere
/// (`AWS_ENDPOINT_URL`) may be spoken to without TLS if its URL says so.
pub(crate) fn open(bucket: &str) -> Result<AmazonS3, Error> {
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
