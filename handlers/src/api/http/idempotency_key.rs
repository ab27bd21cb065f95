//! The header `Idempotency-Key`: a structured-field string (`"abc"`) as the IETF draft has it, or bare as everybody
//! sends it; both forms name the same key.

use super::problem::{Kind, Refusal};
use axum::http::HeaderMap;
use schemas::card_number::contains_card_number;
use std::borrow::Cow;

const NAME: &str = "idempotency-key";
const LONGEST: usize = 255;

/// The key of the request.
pub(in crate::api) fn parse(headers: &HeaderMap) -> Result<String, Refusal> {
    let refuse = |detail: &'static str| Refusal::saying(Kind::InvalidIdempotencyKey, detail);
    let mut all = headers.get_all(NAME).iter();
    let (first, second) = (all.next(), all.next());
    let Some(value) = first else {
        return Err(refuse("send the header Idempotency-Key with a value of your own for each order, such as a UUID"));
    };
    if second.is_some() {
        return Err(refuse("send one Idempotency-Key only"));
    }
    let malformed = || refuse("an Idempotency-Key has 1 to 255 visible ASCII characters, and may stand in quotes");
    let key = value.to_str().ok().and_then(unquote).ok_or_else(malformed)?;
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(malformed());
    }
    if holds_card_number(&key) {
        return Err(refuse("an Idempotency-Key must not contain a card number"));
    }
    Ok(key.into_owned())
}

/// RFC 9651 section 4.2.5, if it opens with a quote.
fn unquote(text: &str) -> Option<Cow<'_, str>> {
    let Some(quoted) = text.strip_prefix('"') else {
        return (!text.contains('"')).then_some(Cow::Borrowed(text));
    };
    let inner = quoted.strip_suffix('"')?;
    if !inner.contains(['"', '\\']) {
        return Some(Cow::Borrowed(inner));
    }
    let mut key = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.push(chars.next().filter(|next| matches!(next, '"' | '\\'))?),
            '"' => return None,
            other => key.push(other),
        }
    }
    Some(Cow::Owned(key))
}

/// Whether a key, or another word that a caller made up for a request, holds a card number.
pub(in crate::api) fn holds_card_number(word: &str) -> bool {
    contains_card_number(&without_ids(word))
}

/// UUIDs and digests in hexadecimal are what keys are made of, and some hold what passes for a card number by chance. So
/// they are left out: at the lengths that they have, and with letters among their digits.
fn without_ids(key: &str) -> String {
    let mut kept = String::with_capacity(key.len());
    let mut rest = key;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let taken = match rest.get(..UUID) {
            Some(window) if is_uuid(window) => UUID,
            Some(_) | None => word.max(1),
        };
        let (own, behind) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        kept.push_str(if taken == UUID && word != UUID || is_digest(own) { "id" } else { own });
        rest = behind;
    }
    kept
}

/// The length of a UUID with its hyphens.
const UUID: usize = 36;

fn is_uuid(window: &str) -> bool {
    window.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// An ObjectId of 12 bytes, MD5 or a UUID without hyphens, SHA-1, SHA-256.
fn is_digest(word: &str) -> bool {
    matches!(word.len(), 24 | 32 | 40 | 64)
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use axum::http::HeaderValue;

    fn key_of(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        parse(&headers).ok()
    }

    #[test]
    fn a_quoted_key_and_a_bare_one_are_the_same() {
        assert_eq!(key_of("abc").as_deref(), Some("abc"));
        assert_eq!(key_of("\"abc\"").as_deref(), Some("abc"));
        assert_eq!(key_of(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(key_of(r"a\b").as_deref(), Some(r"a\b"));
        assert_eq!(key_of(&"k".repeat(255)).map(|k| k.len()), Some(255));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for value in ["", "\"\"", "\"", "\"abc", "abc\"", r#""a\b""#, r#""a"b""#, "a b", "\"a b\"", "\"abc\";p=1", "ä"]
        {
            assert_eq!(key_of(value), None, "{value:?}");
        }
        assert_eq!(key_of(&"k".repeat(256)), None);
        assert!(parse(&HeaderMap::new()).is_err());
        let mut twice = HeaderMap::new();
        twice.append(NAME, HeaderValue::from_static("a"));
        twice.append(NAME, HeaderValue::from_static("a"));
        assert!(parse(&twice).is_err());
    }

    #[test]
    fn a_card_number_is_no_key_but_ids_and_times_are() {
        for card in [
            "4242424242424242",
            "pay-4242-4242-4242-4242",
            "cart_378282246310005",
            "card4242424242424242",
            "a4242424242424242f",
            "4242424242424242-42424242-4242-4242-8888-424242424242",
        ] {
            assert_eq!(key_of(card), None, "{card}");
        }
        let digest = "4242424242424242f".repeat(2);
        for key in [
            "order-1700000000004",
            "1700000000000001",
            "c-42424242-4242-4242-8888-424242424242",
            "4242424242424242abcdef0123456789",
            &format!("{digest}abcdef"),
        ] {
            assert!(key_of(key).is_some(), "{key}");
        }
        assert!(contains_card_number("42424242-4242-4242-8888"));
    }
}
