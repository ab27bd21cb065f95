//! What the standards let stand in a token of a provider: dates with a fraction (RFC 7519 section 2), and no extension that
//! must be understood and is not (RFC 7515 section 4.1.11).

use crate::{Running, now, signed};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use handlers::token::{TokenError, Tokens};
use jsonwebtoken::{Algorithm, crypto::sign};
use serde_json::{Value, json};

#[tokio::test]
async fn a_date_may_have_a_fraction_and_what_must_be_understood_is_refused() {
    let running = Running::start().await;
    let key = running.publish("one");
    let issuer = running.issuer();
    let soon: Value = format!("{}.5", now().unix_timestamp() + 3_600).parse().unwrap();
    let past: Value = format!("{}.25", now().unix_timestamp() - 3_600).parse().unwrap();
    for (dates, judged) in [
        (json!({ "exp": soon, "iat": past, "nbf": past }), None),
        (json!({ "exp": past }), Some(TokenError::Expired)),
        (json!({ "nbf": soon }), Some(TokenError::NotYet)),
    ] {
        let token = signed(&key, "one", &running.claims(&dates));
        assert_eq!(issuer.whose(&token, now()).await.err(), judged, "{dates}");
    }
    for (crit, judged) in [
        (None, None),
        (Some(json!(["urn:x:must-understand"])), Some(TokenError::Invalid)),
        (Some(json!([])), Some(TokenError::Invalid)),
    ] {
        let mut header = json!({ "alg": "RS256", "kid": "one" });
        header.as_object_mut().unwrap().extend(crit.clone().map(|names| ("crit".to_owned(), names)));
        let encode = |text: &Value| URL_SAFE_NO_PAD.encode(text.to_string());
        let message = format!("{}.{}", encode(&header), encode(&running.claims(&json!({}))));
        let token = format!("{message}.{}", sign(message.as_bytes(), &key, Algorithm::RS256).unwrap());
        assert_eq!(issuer.whose(&token, now()).await.err(), judged, "{crit:?}");
    }
}
