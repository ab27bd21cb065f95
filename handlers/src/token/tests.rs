#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use serde_json::json;
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
        ("exp", json!(-1), TokenError::Claim(Claim::Expiry)),
        ("exp", json!(1e300), TokenError::Claim(Claim::Expiry)),
        ("exp", json!((now + 60).to_string()), TokenError::Claim(Claim::Expiry)),
        ("nbf", json!("now"), TokenError::Claim(Claim::NotBefore)),
    ] {
        assert_eq!(key().verify(&signed(|c| c[name] = value.clone()), NOW), Err(error), "{name} {value}");
    }
}

#[test]
fn an_audience_may_be_one_of_several() {
    let several = signed(|c| c["aud"] = json!(["another", "sluice"]));
    assert_eq!(key().verify(&several, NOW), Ok(identity()));
    for other in [json!([]), json!(["another"]), json!("another"), json!(null), json!(7)] {
        let judged = key().verify(&signed(|c| c["aud"] = other.clone()), NOW);
        assert_eq!(judged, Err(TokenError::Claim(Claim::Audience)), "{other}");
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
    for crit in [json!(["urn:x:must-understand"]), json!(["b64"]), json!([]), json!("exp"), json!({}), json!(null)] {
        let header = json!({"alg": "HS256", "crit": crit, "b64": false, "urn:x:must-understand": true});
        assert_eq!(key().verify(&with_header(header), NOW), Err(TokenError::Invalid), "{crit}");
    }
}

#[test]
fn missing_and_wrong_claims_are_refused_and_named() {
    for (name, claim) in [
        ("sub", Claim::Subject),
        ("role", Claim::Role),
        ("iss", Claim::Issuer),
        ("aud", Claim::Audience),
        ("exp", Claim::Expiry),
    ] {
        let token = signed(|c| {
            c.as_object_mut().unwrap().remove(name);
        });
        assert_eq!(key().verify(&token, NOW), Err(TokenError::Claim(claim)), "without {name}");
        assert!(claim.rule().contains(&format!("`{name}`")));
    }
    for (name, value, claim) in [
        ("sub", json!(""), Claim::Subject),
        ("sub", json!("a\0b"), Claim::Subject),
        ("sub", json!("x".repeat(256)), Claim::Subject),
        ("sub", json!(7), Claim::Subject),
        ("role", json!("admin"), Claim::Role),
        ("role", json!("warehouse"), Claim::Warehouse),
        ("warehouse", json!(7), Claim::Warehouse),
        ("iss", json!("somebody"), Claim::Issuer),
        ("aud", json!("another"), Claim::Audience),
        ("exp", json!("tomorrow"), Claim::Expiry),
    ] {
        let token = signed(|c| c[name] = value.clone());
        assert_eq!(key().verify(&token, NOW), Err(TokenError::Claim(claim)), "{name} = {value}");
    }
    let forged = TokenKey::from_bytes(b"another key of thirty-two bytes!").unwrap();
    let token = signed(|c| c["role"] = json!("admin"));
    assert_eq!(forged.verify(&token, NOW), Err(TokenError::Invalid), "who has no key of ours learns nothing");
    let changed = forged.after(key());
    assert_eq!(changed.verify(&token, NOW), Err(TokenError::Claim(Claim::Role)));
}

#[test]
fn no_token_is_made_that_would_be_refused() {
    for sub in ["", "a\nb", &"é".repeat(200)] {
        let made = key().sign(&Identity { sub: sub.into(), ..identity() }, NOW, Duration::hours(1));
        assert_eq!(made, Err(TokenError::Claim(Claim::Subject)), "{sub:?}");
    }
    for warehouse in [None, Some(String::new()), Some("a\tb".to_owned())] {
        let made = Identity { role: Role::Warehouse, warehouse, ..identity() };
        let made = key().sign(&made, NOW, Duration::hours(1));
        assert_eq!(made, Err(TokenError::Claim(Claim::Warehouse)));
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
