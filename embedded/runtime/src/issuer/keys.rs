//! The keys that a provider publishes, as a copy by which tokens are judged at once: a provider that is slow or silent keeps
//! no known caller waiting for long. A copy that is not fresh, or a token that names a key nobody knows, has them fetched again
//! beside that, but not more often than now and then: anybody can make up names. What an old copy says, the provider is to
//! say once more first, since it may have taken keys back while nobody asked.

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
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// How old a copy may be before it is fetched anew, beside whoever comes.
const FRESH: Duration = Duration::from_secs(300);
/// From what age on it is old: whoever comes waits for a new one, unless the provider is silent. So a key that was taken back
/// is believed no longer than this, if the provider can be asked.
const OLD: Duration = Duration::from_secs(600);
/// How long a provider that gave no answer is taken for silent: some questions long, so that where many come none waits.
const SILENT: Duration = Duration::from_secs(30);
/// The least time between two questions to the provider, answered or not. It is longer than a question takes, so there is
/// one at a time.
const PAUSE: Duration = Duration::from_secs(10);
/// How long keys are used on while the provider does not answer: long enough for somebody to mend it before nobody gets in,
/// and as long may a key that was taken back be of use to whoever keeps the provider away.
const STALE: Duration = Duration::from_secs(3_600);
const CONNECT: Duration = Duration::from_secs(1);
/// How long the provider may take to tell its keys. Whoever has to hear it first waits as long: if callers gave up before an
/// answer ceased to count, a slow provider would never pass for silent, and all of them would be judged by an old copy.
const ANSWER: Duration = Duration::from_secs(5);
/// How long callers wait at most, if a question does not end in time: it starts after them.
const PATIENCE: Duration = Duration::from_secs(6);
/// The largest document that is read; that of a large provider has some 20 KB.
const LARGEST: usize = 512 * 1024;
/// More keys that sign tokens than any provider has at once: so many may be tried on a token that names none.
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
struct KeySet {
    keys: Vec<Value>,
}

/// A key, and what it may verify. Its name need not be its own: keys of different types may share one (RFC 7517 section 4.5).
pub(super) struct Key {
    id: Option<String>,
    pub(super) verifying: DecodingKey,
    pub(super) algorithms: Vec<Algorithm>,
}

/// The provider's keys.
pub(super) struct Keys {
    provider: Arc<Published>,
    known: watch::Sender<Known>,
}

/// Where they are published.
struct Published {
    issuer: String,
    http: Http,
}

/// The copy.
#[derive(Default)]
struct Known {
    keys: Vec<Arc<Key>>,
    fetched_at: Option<Instant>,
    asked_at: Option<Instant>,
    /// Whether the answer to the last question is still to come.
    awaited: bool,
    /// When the provider last gave none.
    unanswered_at: Option<Instant>,
}

impl Known {
    fn since(moment: Option<Instant>, span: Duration) -> bool {
        moment.is_some_and(|moment| moment.elapsed() < span)
    }

    /// Whether the provider is to be heard first. Not while it is silent: each caller would wait in vain.
    fn is_to_be_renewed_first(&self) -> bool {
        !Self::since(self.fetched_at, OLD) && !Self::since(self.unanswered_at, SILENT)
    }

    /// The keys of that name, or all where none is named, unless there are none or the copy is too old to be believed.
    fn keys(&self, id: Option<&str>) -> Option<Vec<Arc<Key>>> {
        if !Self::since(self.fetched_at, STALE) {
            return None;
        }
        let is_meant = |key: &Key| id.is_none() || key.id.as_deref() == id;
        let keys: Vec<_> = self.keys.iter().filter(|key| is_meant(key)).cloned().collect();
        (!keys.is_empty()).then_some(keys)
    }

    /// The same, once it was asked for. That a name is nobody's is known only if the provider answered when it was last asked.
    fn judged(&self, id: Option<&str>) -> Result<Vec<Arc<Key>>, TokenError> {
        let is_answered = Self::since(self.fetched_at, FRESH) && self.fetched_at >= self.asked_at;
        self.keys(id).ok_or(if is_answered { TokenError::Invalid } else { TokenError::Unjudged })
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
        let provider = Arc::new(Published { issuer: issuer.to_owned(), http });
        Ok(Self { provider, known: watch::Sender::default() })
    }

    /// The keys of that name, or all where none is named: those of a copy that is not old at once. Only who names another, or
    /// comes when nobody came for minutes, waits for the provider, and not for long.
    pub(super) async fn named(&self, id: Option<&str>) -> Result<Vec<Arc<Key>>, TokenError> {
        let (found, is_fresh, waits) = {
            let known = self.known.borrow();
            (known.keys(id), Known::since(known.fetched_at, FRESH), known.is_to_be_renewed_first())
        };
        if found.is_none() || !is_fresh {
            self.ask();
        }
        if let Some(keys) = found
            && !waits
        {
            return Ok(keys);
        }
        let mut heard = self.known.subscribe();
        let is_over = tokio::time::timeout(PATIENCE, heard.wait_for(|known| !known.awaited)).await.is_ok();
        // Before that the provider may still say that the key was taken back.
        if is_over { self.known.borrow().judged(id) } else { Err(TokenError::Unjudged) }
    }

    /// Asks the provider beside whoever comes, unless that was done a moment ago.
    fn ask(&self) {
        let is_due = self.known.send_if_modified(|known| {
            let is_due = !Known::since(known.asked_at, PAUSE);
            if is_due {
                known.asked_at = Some(Instant::now());
                known.awaited = true;
            }
            is_due
        });
        if is_due {
            tokio::spawn(renew(Arc::clone(&self.provider), self.known.clone()));
        }
    }
}

/// Puts what the provider says now in the place of what was known.
async fn renew(provider: Arc<Published>, known: watch::Sender<Known>) {
    // A copy is as old as the question: when in between the provider put it together is not known.
    let asked_at = Instant::now();
    let answer = match tokio::time::timeout(ANSWER, provider.fetch()).await {
        Ok(answer) => answer,
        Err(_) => Err(anyhow::anyhow!("it has not answered within {} s", ANSWER.as_secs())),
    };
    let keys = match answer {
        Ok(keys) => Some(keys),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "the issuer of tokens does not tell its keys");
            None
        }
    };
    known.send_modify(|known| {
        known.awaited = false;
        match keys {
            Some(keys) => {
                known.keys = keys;
                known.fetched_at = Some(asked_at);
                known.unanswered_at = None;
            }
            None => known.unanswered_at = Some(Instant::now()),
        }
    });
}

impl Published {
    async fn fetch(&self) -> anyhow::Result<Vec<Arc<Key>>> {
        let about = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let provider: Provider = self.get(&about).await?;
        anyhow::ensure!(provider.issuer == self.issuer, "{about} speaks of another issuer, {}", provider.issuer);
        // Keys may not be read over a weaker connection than the provider's own.
        let weaker = self.issuer.starts_with("https:") && !provider.jwks_uri.starts_with("https:");
        anyhow::ensure!(!weaker, "{about} names keys that are not behind https");
        let set: KeySet = self.get(&provider.jwks_uri).await?;
        // Of a kind of key that is not known here others may still be.
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let mut keys: Vec<_> = known.filter_map(|key| verifying(&key)).collect();
        if keys.len() > MOST_KEYS {
            let total = keys.len();
            tracing::warn!(
                total,
                "the issuer has too many keys: tokens of those after the first {MOST_KEYS} are refused"
            );
            keys.truncate(MOST_KEYS);
        }
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
        asked.await.with_context(|| format!("{url} cannot be read"))
    }
}

/// A public key that signs tokens. A secret in the set would be no secret, and what is meant for something else, by any of the
/// three ways to say so (RFC 7517 sections 4.2 to 4.4), signs nothing.
fn verifying(jwk: &Jwk) -> Option<Arc<Key>> {
    if jwk.common.public_key_use.as_ref().is_some_and(|meant| *meant != PublicKeyUse::Signature) {
        return None;
    }
    if jwk.common.key_operations.as_ref().is_some_and(|meant| !meant.contains(&KeyOperations::Verify)) {
        return None;
    }
    let of_its_type: &[Algorithm] = match &jwk.algorithm {
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
    let named = jwk.common.key_algorithm;
    let is_meant = |algorithm: &Algorithm| named.is_none_or(|named| named == KeyAlgorithm::from(*algorithm));
    let algorithms: Vec<_> = of_its_type.iter().copied().filter(is_meant).collect();
    if algorithms.is_empty() {
        return None;
    }
    let verifying = DecodingKey::from_jwk(jwk).ok()?;
    Some(Arc::new(Key { id: jwk.common.key_id.clone(), verifying, algorithms }))
}
