//! Tokens as the libraries of other languages write them: dates with a fraction are dates, and what asks to be understood in
//! a way that we do not know is refused.

use crate::sending::Open;
use adapters::system::SystemClock;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto::sign};
use reqwest::StatusCode;
use std::fs;
use workflows::ports::Clock;

const PLAIN: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

impl Open {
    /// A token of this header and these claims, word for word, by the key that the server has.
    fn signed(&self, header: &str, claims: &str) -> String {
        let secret = fs::read(self.shop.dir.path().join("development-key")).unwrap();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = sign(message.as_bytes(), &EncodingKey::from_secret(&secret), Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    async fn lets_in(&self, token: &str, what: &str) -> bool {
        let answer = self.get_with(token, "/v1/orders", "/v1/orders").await;
        assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&answer.status), "{what}: {}", answer.text);
        answer.status == StatusCode::OK
    }
}

/// RFC 7519 section 2 (`NumericDate`); RFC 7515 section 4.1.11.
#[tokio::test]
async fn a_token_is_judged_by_what_the_standards_let_stand_in_it() {
    let open = Open::new().await;
    let now = SystemClock.now().unix_timestamp();
    let (soon, past) = (now + 3_600, now - 3_600);
    let who = r#""sub":"zoe","role":"customer","iss":"sluice","aud":"sluice""#;
    for (dates, good) in [
        (format!(r#""exp":{soon}"#), true),
        (format!(r#""exp":{soon}.5"#), true),
        (format!(r#""exp":{soon}.000"#), true),
        (format!(r#""exp":{}e3"#, soon / 1_000 + 1), true),
        (format!(r#""exp":{soon},"nbf":{past}.25"#), true),
        (format!(r#""exp":{soon},"iat":{past}.75"#), true),
        (format!(r#""exp":{past}.5"#), false),
        (format!(r#""exp":{soon},"nbf":{soon}.5"#), false),
        (format!(r#""exp":"{soon}""#), false),
        (format!(r#""exp":{soon},"nbf":"{past}""#), false),
        (r#""exp":null"#.to_owned(), false),
        (r#""exp":1e300"#.to_owned(), false),
        (r#""exp":-1.5"#.to_owned(), false),
    ] {
        let token = open.signed(PLAIN, &format!("{{{who},{dates}}}"));
        assert_eq!(open.lets_in(&token, &dates).await, good, "{dates}");
    }
    let claims = format!(r#"{{{who},"exp":{soon}}}"#);
    for (more, good) in [
        (r#""kid":"unknown here""#, true),
        (r#""x-more":{"a":1}"#, true),
        (r#""crit":["urn:x:must-understand"],"urn:x:must-understand":true"#, false),
        (r#""crit":["b64"],"b64":true"#, false),
        (r#""crit":["exp"]"#, false),
        (r#""crit":[]"#, false),
        (r#""crit":null"#, false),
        (r#""\u0063rit":["urn:x:must-understand"]"#, false),
    ] {
        let header = format!(r#"{{"alg":"HS256",{more}}}"#);
        assert_eq!(open.lets_in(&open.signed(&header, &claims), more).await, good, "{more}");
    }
}
