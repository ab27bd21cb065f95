//! The keys that a provider publishes, kept for a while. A token that names a key nobody knows has them fetched again, but
//! not more often than now and then: anybody can make up names.

use anyhow::Context;
use axum::body::Bytes;
use handlers::token::TokenError;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// A key that the provider took back is believed for as long.
const FRESH: Duration = Duration::from_secs(300);
/// The least time between two questions to the provider.
const PAUSE: Duration = Duration::from_secs(10);
/// How long keys are used on while the provider does not answer.
const STALE: Duration = Duration::from_secs(24 * 3_600);
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);
/// The largest document that is read; that of a large provider has some 20 KB.
const LARGEST: usize = 512 * 1024;
/// More keys than any provider has at once.
const MOST_KEYS: usize = 100;

/// Over TLS by this machine's certificates, or in the clear to this machine itself.
type Http = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// What the discovery document says that is needed here.
#[derive(Deserialize)]
struct Provider {
    issuer: String,
    jwks_uri: String,
}

/// A key set (RFC 7517 section 5).
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// A key, and what it may verify.
pub(super) struct Key {
    pub(super) verifying: DecodingKey,
    pub(super) algorithms: &'static [Algorithm],
}

/// The provider's keys.
pub(super) struct Keys {
    issuer: String,
    http: Http,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<Key>>,
    fetched_at: Option<Instant>,
    asked_at: Option<Instant>,
}

impl Known {
    fn since(moment: Option<Instant>, span: Duration) -> bool {
        moment.is_some_and(|moment| moment.elapsed() < span)
    }

    fn key(&self, id: Option<&str>) -> Option<Arc<Key>> {
        match id {
            Some(id) => self.keys.get(id).cloned(),
            // A provider with one key need not name it.
            None if self.keys.len() == 1 => self.keys.values().next().cloned(),
            None => None,
        }
    }
}

impl Keys {
    pub(super) fn of(issuer: &str) -> anyhow::Result<Self> {
        let mut plain = HttpConnector::new();
        plain.set_connect_timeout(Some(CONNECT));
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .context("this machine's certificates, by which SLUICE_ISSUER is believed, cannot be read")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { issuer: issuer.to_owned(), http, known: Mutex::default() })
    }

    /// The key of that name. One asks the provider, and whoever comes meanwhile waits for the same answer.
    pub(super) async fn named(&self, id: Option<&str>) -> Result<Arc<Key>, TokenError> {
        let mut known = self.known.lock().await;
        let found = known.key(id);
        if found.is_some() && Known::since(known.fetched_at, FRESH) {
            return found.ok_or(TokenError::Invalid);
        }
        if !Known::since(known.asked_at, PAUSE) {
            known.asked_at = Some(Instant::now());
            match self.fetch().await {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched_at = Some(Instant::now());
                }
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "the issuer of tokens does not tell its keys")
                }
            }
        }
        match known.key(id) {
            Some(key) if Known::since(known.fetched_at, STALE) => Ok(key),
            None if Known::since(known.fetched_at, FRESH) => Err(TokenError::Invalid),
            Some(_) | None => Err(TokenError::Unjudged),
        }
    }

    async fn fetch(&self) -> anyhow::Result<HashMap<String, Arc<Key>>> {
        let about = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let provider: Provider = self.get(&about).await?;
        anyhow::ensure!(provider.issuer == self.issuer, "{about} speaks of another issuer, {}", provider.issuer);
        // Keys may not be read over a weaker connection than the provider's own.
        let weaker = self.issuer.starts_with("https:") && !provider.jwks_uri.starts_with("https:");
        anyhow::ensure!(!weaker, "{about} names keys that are not behind https");
        let set: Published = self.get(&provider.jwks_uri).await?;
        // Of a kind of key that is not known here others may still be.
        let known = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok());
        let keys: HashMap<_, _> = known.filter_map(|key| verifying(&key)).collect();
        anyhow::ensure!(!keys.is_empty(), "{} has no key that signs tokens", provider.jwks_uri);
        Ok(keys)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> anyhow::Result<T> {
        let asked = async {
            let answer = self.http.get(url.parse()?).await?;
            anyhow::ensure!(answer.status().is_success(), "it answers {}", answer.status());
            let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(anyhow::Error::from_boxed)?;
            Ok(serde_json::from_slice(&body.to_bytes())?)
        };
        tokio::time::timeout(ANSWER, asked).await?.with_context(|| format!("{url} cannot be read"))
    }
}

/// A public key that signs tokens. A secret in the set would be no secret, and keys for encryption sign nothing.
fn verifying(jwk: &Jwk) -> Option<(String, Arc<Key>)> {
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let algorithms: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            EllipticCurve::P521 | EllipticCurve::Ed25519 | _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(_) => &[Algorithm::EdDSA],
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => return None,
    };
    let verifying = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone().unwrap_or_default(), Arc::new(Key { verifying, algorithms })))
}
