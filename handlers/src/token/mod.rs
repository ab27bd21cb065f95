//! Bearer tokens: JWTs of the development key (HS256). Time is judged by the clock port, not by the machine's, so that a
//! run can be replayed; everything but HS256 is refused before its signature is looked at.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};
use time::{Duration, OffsetDateTime};

/// Who issues our tokens, and for whom.
const SLUICE: &str = "sluice";
/// How far two clocks may be apart.
const LEEWAY: Duration = Duration::seconds(30);
/// RFC 7518 section 3.2: a key of HS256 has at least as many bits as its hash. Whatever else is a secret of ours is no easier
/// to guess.
pub const SHORTEST_KEY: usize = 32;
/// A subject is stored with every order, so it is not for the caller to make it large.
const LONGEST_NAME: usize = 255;

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Places orders and sees its own.
    Customer,
    /// Ships the orders of one warehouse.
    Warehouse,
    /// Sees every order.
    Support,
}

/// Who somebody is, by their token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Their name.
    pub sub: String,
    /// What they may do.
    pub role: Role,
    /// Which warehouse they speak for; there with role `warehouse` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
}

impl Identity {
    /// The identity, if its names are such as may be stored with an order.
    ///
    /// # Errors
    /// For a name that is empty, long or not printable, and for a warehouse that says not which.
    pub fn checked(self) -> Result<Self, TokenError> {
        self.check().map(|()| self)
    }

    fn check(&self) -> Result<(), TokenError> {
        let placed = match self.role {
            Role::Customer | Role::Support => true,
            Role::Warehouse => self.warehouse.as_deref().is_some_and(is_name),
        };
        match (is_name(&self.sub), placed) {
            (true, true) => Ok(()),
            (false, true | false) => Err(TokenError::Claim(Claim::Subject)),
            (true, false) => Err(TokenError::Claim(Claim::Warehouse)),
        }
    }
}

#[derive(Serialize)]
struct Issued<'a> {
    #[serde(flatten)]
    identity: &'a Identity,
    iss: &'static str,
    aud: &'static str,
    iat: i64,
    exp: i64,
}

/// What a token claims, as it stands there: whose signature was found right is told which claim is not.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Claims {
    iss: Value,
    sub: Value,
    role: Value,
    warehouse: Value,
    exp: Value,
    nbf: Value,
}

impl Claims {
    /// Whom they name, if their time is now.
    ///
    /// # Errors
    /// For claims of another time, for one that is missing or wrong, and for a name that may not be stored with an order.
    pub fn identity(self, now: OffsetDateTime) -> Result<Identity, TokenError> {
        let Self { iss, sub, role, warehouse, exp, nbf } = self;
        // The library, which compares it, takes several; RFC 7519 section 4.1.1 does not.
        if !iss.is_string() {
            return Err(TokenError::Claim(Claim::Issuer));
        }
        let now = now.unix_timestamp();
        let exp = date(&exp).ok_or(TokenError::Claim(Claim::Expiry))?;
        if exp.saturating_add(LEEWAY.whole_seconds()) <= now {
            return Err(TokenError::Expired);
        }
        if !nbf.is_null() {
            let nbf = date(&nbf).ok_or(TokenError::Claim(Claim::NotBefore))?;
            if nbf.saturating_sub(LEEWAY.whole_seconds()) > now {
                return Err(TokenError::NotYet);
            }
        }
        let sub = serde_json::from_value(sub).map_err(|_| TokenError::Claim(Claim::Subject))?;
        let role = serde_json::from_value(role).map_err(|_| TokenError::Claim(Claim::Role))?;
        let warehouse = serde_json::from_value(warehouse).map_err(|_| TokenError::Claim(Claim::Warehouse))?;
        Identity { sub, role, warehouse }.checked()
    }
}

/// Seconds since 1970, whole or not (RFC 7519 section 2); what is behind the point is dropped.
fn date(seconds: &Value) -> Option<i64> {
    seconds.as_i64().or_else(|| format!("{:.0}", seconds.as_f64()?.floor()).parse().ok())
}

/// A claim that has to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `sub`.
    Subject,
    /// `role`.
    Role,
    /// `warehouse`.
    Warehouse,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
}

impl Claim {
    /// What it has to be, in words for whoever makes tokens.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Subject => "the token's `sub` must be a text of 1 to 255 bytes without control characters",
            Self::Role => "the token's `role` must be customer, warehouse or support",
            Self::Warehouse => {
                "the token's `warehouse`, which role warehouse needs, must be a text of 1 to 255 bytes without control \
                 characters"
            }
            Self::Issuer => "the token's `iss` is nobody whose tokens are taken here",
            Self::Audience => "the token's `aud` does not name this installation",
            Self::Expiry => "the token's `exp` must be a time in seconds since 1970",
            Self::NotBefore => "the token's `nbf` must be a time in seconds since 1970",
        }
    }
}

/// Whoever can tell who presents a token: the key that made it, or an issuer that publishes its keys.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Who presents the token, if it is one of ours and its time is now.
    async fn whose(&self, token: &str, now: OffsetDateTime) -> Result<Identity, TokenError>;
}

/// Why a key or a token was not accepted. It says nothing of the token, so that it can be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The key is shorter than RFC 7518 asks for.
    #[error("a token key must have at least {SHORTEST_KEY} bytes")]
    ShortKey,
    /// The token could not be made.
    #[error("the token cannot be signed")]
    NotSigned,
    /// No token of ours: garbage, another algorithm, another key.
    #[error("the token is not one of this installation")]
    Invalid,
    /// Signed by a key of ours, but with a claim that is missing or wrong.
    #[error("{}", .0.rule())]
    Claim(Claim),
    /// It was one, once.
    #[error("the token has expired")]
    Expired,
    /// It will be one later.
    #[error("the token is not valid yet")]
    NotYet,
    /// Its issuer does not tell its keys at the moment.
    #[error("the issuer of tokens does not answer")]
    Unjudged,
}

/// Of what the library finds wrong, claims come after the signature; what comes before it is not told apart.
impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        let kind = error.kind();
        if matches!(kind, ErrorKind::InvalidIssuer) {
            return Self::Claim(Claim::Issuer);
        }
        if matches!(kind, ErrorKind::InvalidAudience) {
            return Self::Claim(Claim::Audience);
        }
        let ErrorKind::MissingRequiredClaim(name) = kind else { return Self::Invalid };
        match name.as_str() {
            "sub" => Self::Claim(Claim::Subject),
            "iss" => Self::Claim(Claim::Issuer),
            "aud" => Self::Claim(Claim::Audience),
            "exp" => Self::Claim(Claim::Expiry),
            _ => Self::Invalid,
        }
    }
}

/// The key that tokens are signed and verified with.
#[derive(Clone)]
pub struct TokenKey {
    signing: EncodingKey,
    /// Its own first, then those of keys that it came after.
    verifying: Vec<DecodingKey>,
    validation: Validation,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(secret)")
    }
}

impl TokenKey {
    /// A key of at least 32 bytes.
    pub fn from_bytes(secret: &[u8]) -> Result<Self, TokenError> {
        if secret.len() < SHORTEST_KEY {
            return Err(TokenError::ShortKey);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[SLUICE]);
        validation.set_audience(&[SLUICE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By our own clock below: the library only knows the machine's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            verifying: vec![DecodingKey::from_secret(secret)],
            validation,
        })
    }

    /// The same, and tokens of the key that it came after are still good: a key can be changed while tokens of the one
    /// before are about.
    #[must_use]
    pub fn after(mut self, previous: Self) -> Self {
        self.verifying.extend(previous.verifying);
        self
    }

    /// A token for somebody, good for `lifetime` from `now`.
    ///
    /// # Errors
    /// For an identity that no token would be accepted of.
    pub fn sign(&self, identity: &Identity, now: OffsetDateTime, lifetime: Duration) -> Result<String, TokenError> {
        identity.check()?;
        let claims = Issued {
            identity,
            iss: SLUICE,
            aud: SLUICE,
            iat: now.unix_timestamp(),
            exp: (now + lifetime).unix_timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|_| TokenError::NotSigned)
    }

    /// Who presents the token, if it is one of ours and its time is now.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Identity, TokenError> {
        if asks_for_more(token) {
            return Err(TokenError::Invalid);
        }
        for key in &self.verifying {
            let read = jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(TokenError::from);
            if !matches!(read, Err(TokenError::Invalid)) {
                return read?.claims.identity(now);
            }
        }
        Err(TokenError::Invalid)
    }
}

#[async_trait]
impl Tokens for TokenKey {
    async fn whose(&self, token: &str, now: OffsetDateTime) -> Result<Identity, TokenError> {
        self.verify(token, now)
    }
}

/// Whether its header names extensions that whoever verifies it must understand. We understand none, and RFC 7515 section
/// 4.1.11 has no token name none: whatever stands there, null too, is refused. What cannot be read is left to the library,
/// which refuses it.
pub fn asks_for_more(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).ok();
    let members = header.and_then(|json| serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&json).ok());
    members.is_some_and(|members| members.contains_key("crit"))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
