//! Bearer tokens: JWTs of the development key (HS256). Time is judged by the clock port, not by the machine's, so that a
//! run can be replayed; everything but HS256 is refused before its signature is looked at.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize, de::IgnoredAny};
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
        let named = is_name(&self.sub)
            && match self.role {
                Role::Customer | Role::Support => true,
                Role::Warehouse => self.warehouse.as_deref().is_some_and(is_name),
            };
        if named { Ok(self) } else { Err(TokenError::Invalid) }
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

/// What a token claims, once its signature, issuer and audience were found right.
#[derive(Debug, Deserialize)]
pub struct Claims {
    sub: String,
    role: Role,
    warehouse: Option<String>,
    exp: NumericDate,
    nbf: Option<NumericDate>,
}

/// Seconds since 1970, whole or not (RFC 7519 section 2); what is behind the point is dropped.
#[derive(Debug, Deserialize)]
#[serde(try_from = "serde_json::Number")]
struct NumericDate(i64);

impl TryFrom<serde_json::Number> for NumericDate {
    type Error = &'static str;

    fn try_from(number: serde_json::Number) -> Result<Self, Self::Error> {
        let whole = number.as_i64().or_else(|| format!("{:.0}", number.as_f64()?.floor()).parse().ok());
        whole.map(Self).ok_or("no date")
    }
}

impl Claims {
    /// Whom they name, if their time is now.
    ///
    /// # Errors
    /// For claims of another time, and for a name that may not be stored with an order.
    pub fn identity(self, now: OffsetDateTime) -> Result<Identity, TokenError> {
        let now = now.unix_timestamp();
        if self.exp.0.saturating_add(LEEWAY.whole_seconds()) <= now {
            return Err(TokenError::Expired);
        }
        if self.nbf.is_some_and(|from| from.0.saturating_sub(LEEWAY.whole_seconds()) > now) {
            return Err(TokenError::NotYet);
        }
        Identity { sub: self.sub, role: self.role, warehouse: self.warehouse }.checked()
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
    /// No token of ours: garbage, another algorithm, another key, a missing or a wrong claim.
    #[error("the token is not one of this installation")]
    Invalid,
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
    pub fn sign(&self, identity: &Identity, now: OffsetDateTime, lifetime: Duration) -> Result<String, TokenError> {
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
        let read = |key| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok();
        self.verifying.iter().find_map(read).ok_or(TokenError::Invalid)?.claims.identity(now)
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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
    const SECRET: &[u8; 32] = b"a key of thirty-two bytes, no le";

    fn key() -> TokenKey {
        TokenKey::from_bytes(SECRET).unwrap()
    }

    fn identity() -> Identity {
        Identity { sub: "alice".into(), role: Role::Customer, warehouse: None }
    }

    fn claims() -> Value {
        let now = NOW.unix_timestamp();
        json!({"sub": "alice", "role": "customer", "iss": "sluice", "aud": "sluice", "iat": now, "exp": now + 60})
    }

    fn signed(change: impl FnOnce(&mut Value)) -> String {
        let mut claims = claims();
        change(&mut claims);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET)).unwrap()
    }

    #[test]
    fn a_signed_token_names_its_owner() {
        let token = key().sign(&identity(), NOW, Duration::hours(1)).unwrap();
        assert_eq!(key().verify(&token, NOW), Ok(identity()));
        assert_eq!(key().verify(&signed(|_| ()), NOW), Ok(identity()));
    }

    #[test]
    fn a_token_ends_half_a_minute_after_its_time_by_the_given_clock() {
        let token = key().sign(&identity(), NOW, Duration::minutes(1)).unwrap();
        assert!(key().verify(&token, NOW + Duration::seconds(89)).is_ok());
        assert_eq!(key().verify(&token, NOW + Duration::seconds(90)), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_the_future_is_not_valid_yet() {
        let token = signed(|c| c["nbf"] = json!(NOW.unix_timestamp() + 60));
        assert_eq!(key().verify(&token, NOW), Err(TokenError::NotYet));
        assert!(key().verify(&token, NOW + Duration::seconds(30)).is_ok());
    }

    #[test]
    fn a_date_need_not_be_a_whole_number() {
        let now = NOW.unix_timestamp();
        for exp in [json!(1_795_759_200.5), json!(1.8e9), json!(i64::MAX), json!(1e18)] {
            assert_eq!(key().verify(&signed(|c| c["exp"] = exp.clone()), NOW), Ok(identity()), "{exp}");
        }
        let nbf = signed(|c| c["nbf"] = json!(1_700_000_000.25));
        assert_eq!(key().verify(&nbf, NOW), Ok(identity()));
        let iat = signed(|c| c["iat"] = json!(1_700_000_000.25));
        assert_eq!(key().verify(&iat, NOW), Ok(identity()));
        for (name, value, error) in [
            ("exp", json!(1_700_000_000.75), TokenError::Expired),
            ("nbf", json!(1.8e9), TokenError::NotYet),
            ("exp", json!(0), TokenError::Expired),
            ("exp", json!(-1), TokenError::Invalid),
            ("exp", json!(1e300), TokenError::Invalid),
            ("exp", json!((now + 60).to_string()), TokenError::Invalid),
            ("nbf", json!("now"), TokenError::Invalid),
        ] {
            assert_eq!(key().verify(&signed(|c| c[name] = value.clone()), NOW), Err(error), "{name} {value}");
        }
    }

    #[test]
    fn an_audience_may_be_one_of_several() {
        let several = signed(|c| c["aud"] = json!(["another", "sluice"]));
        assert_eq!(key().verify(&several, NOW), Ok(identity()));
        for other in [json!([]), json!(["another"]), json!("another"), json!(null), json!(7)] {
            assert_eq!(key().verify(&signed(|c| c["aud"] = other.clone()), NOW), Err(TokenError::Invalid), "{other}");
        }
    }

    #[test]
    fn a_token_that_must_be_understood_in_a_way_of_its_own_is_refused() {
        let with_header = |header: Value| {
            let encode = |text: &Value| URL_SAFE_NO_PAD.encode(text.to_string());
            let message = format!("{}.{}", encode(&header), encode(&claims()));
            let key = EncodingKey::from_secret(SECRET);
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            format!("{message}.{signature}")
        };
        let plain = json!({"alg": "HS256", "typ": "JWT", "kid": "unknown to us", "x-more": 1});
        assert_eq!(key().verify(&with_header(plain), NOW), Ok(identity()));
        for crit in [json!(["urn:x:must-understand"]), json!(["b64"]), json!([]), json!("exp"), json!({}), json!(null)]
        {
            let header = json!({"alg": "HS256", "crit": crit, "b64": false, "urn:x:must-understand": true});
            assert_eq!(key().verify(&with_header(header), NOW), Err(TokenError::Invalid), "{crit}");
        }
    }

    #[test]
    fn missing_and_wrong_claims_are_refused() {
        for name in ["sub", "role", "iss", "aud", "exp"] {
            let token = signed(|c| {
                c.as_object_mut().unwrap().remove(name);
            });
            assert_eq!(key().verify(&token, NOW), Err(TokenError::Invalid), "without {name}");
        }
        for (name, value) in [
            ("sub", json!("")),
            ("sub", json!("a\0b")),
            ("sub", json!("x".repeat(256))),
            ("role", json!("admin")),
            ("role", json!("warehouse")),
            ("iss", json!("somebody")),
            ("aud", json!("another")),
            ("exp", json!("tomorrow")),
        ] {
            let token = signed(|c| c[name] = value.clone());
            assert_eq!(key().verify(&token, NOW), Err(TokenError::Invalid), "{name} = {value}");
        }
    }

    #[test]
    fn only_hs256_with_the_right_key_is_accepted() {
        let encode = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
        let payload = encode(claims().to_string().as_bytes());
        let good = signed(|_| ());
        let signature = good.rsplit_once('.').unwrap().1;
        let other_key = EncodingKey::from_secret(b"another key of thirty-two bytes!");
        let other_algorithm =
            |a| jsonwebtoken::encode(&Header::new(a), &claims(), &EncodingKey::from_secret(SECRET)).unwrap();
        for token in [
            String::new(),
            "garbage".into(),
            "a.b.c".into(),
            format!("{}.{payload}.", encode(br#"{"alg":"none","typ":"JWT"}"#)),
            format!("{}.{payload}.{signature}", encode(br#"{"alg":"none"}"#)),
            format!("{}.{payload}.{signature}", encode(br#"{"alg":"RS256","typ":"JWT"}"#)),
            other_algorithm(Algorithm::HS384),
            other_algorithm(Algorithm::HS512),
            jsonwebtoken::encode(&Header::default(), &claims(), &other_key).unwrap(),
            format!("{}x", good),
        ] {
            assert_eq!(key().verify(&token, NOW), Err(TokenError::Invalid), "{token}");
        }
    }

    #[test]
    fn a_short_key_is_no_key() {
        assert!(matches!(TokenKey::from_bytes(&[1; 31]), Err(TokenError::ShortKey)));
        assert_eq!(format!("{:?}", key()), "TokenKey(secret)");
    }
}
