//! Bearer tokens of an OpenID provider: verified by the keys that it publishes, which it may change at any time (OpenID
//! Connect Discovery 1.0; RFC 7517). On AWS the gateway does this.

mod keys;

use async_trait::async_trait;
use handlers::token::{Claims, Identity, TokenError, Tokens, asks_for_more};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use keys::Keys;
use time::OffsetDateTime;

/// Whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// The provider, as its tokens name it in `iss`.
    pub url: String,
    /// What its tokens must be meant for (`aud`).
    pub audience: String,
}

/// A provider whose tokens are taken.
pub struct Issuer {
    settings: IssuerSettings,
    keys: Keys,
}

impl Issuer {
    /// Tokens of that provider. It is asked for its keys when the first token comes.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(settings: IssuerSettings) -> anyhow::Result<Self> {
        let keys = Keys::of(&settings.url)?;
        Ok(Self { settings, keys })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.settings.url]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By the given clock: the library only knows the machine's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }
}

#[async_trait]
impl Tokens for Issuer {
    async fn whose(&self, token: &str, now: OffsetDateTime) -> Result<Identity, TokenError> {
        if asks_for_more(token) {
            return Err(TokenError::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let keys = self.keys.named(header.kid.as_deref()).await?;
        let validation = self.validation(header.alg);
        // The header only chooses among the provider's keys: which algorithms count follows from the key.
        for key in keys.iter().filter(|key| key.algorithms.contains(&header.alg)) {
            let read = decode::<Claims>(token, &key.verifying, &validation).map_err(TokenError::from);
            if !matches!(read, Err(TokenError::Invalid)) {
                return read?.claims.identity(now);
            }
        }
        Err(TokenError::Invalid)
    }
}
