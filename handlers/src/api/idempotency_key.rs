//! The header `Idempotency-Key`: a structured-field string (`"abc"`) as the IETF draft has it, or bare as everybody
//! sends it; both forms name the same key.

use super::problem::{Kind, Refusal};
use axum::http::HeaderMap;
use schemas::card_number::contains_card_number;
use std::borrow::Cow;

const NAME: &str = "idempotency-key";
const LONGEST: usize = 255;

/// The key of the request.
pub(super) fn parse(headers: &HeaderMap) -> Result<String, Refusal> {
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
    if contains_card_number(&without_ids_and_times(&key)) {
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

/// UUIDs, other hexadecimal and Unix times are what keys are made of, and many pass for a card number by chance. None can
/// be one: a card's digits stand apart from letters, and no card has 13, 16 or 19 digits of which the first is a 1.
fn without_ids_and_times(key: &str) -> Vec<u8> {
    let mut bytes = key.as_bytes().to_vec();
    for word in bytes.split_mut(|byte| !byte.is_ascii_alphanumeric()) {
        if word.iter().any(u8::is_ascii_alphabetic) {
            word.fill(b'w');
        }
    }
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get_mut(at..).unwrap_or_default();
        let skip = match rest.get_mut(..36) {
            Some(window) if is_uuid(key.as_bytes().get(at..at + 36).unwrap_or_default()) => {
                window.fill(b'u');
                36
            }
            Some(_) | None => {
                let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                if matches!(digits, 13 | 16 | 19) && rest.first() == Some(&b'1') {
                    rest.iter_mut().take(digits).for_each(|b| *b = b't');
                }
                digits.max(1)
            }
        };
        at += skip;
    }
    bytes
}

fn is_uuid(window: &[u8]) -> bool {
    window.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
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
        for card in ["4242424242424242", "pay-4242-4242-4242-4242", "cart_378282246310005"] {
            assert_eq!(key_of(card), None, "{card}");
        }
        for key in
            ["order-1700000000004", "1700000000000001", "c-42424242-4242-4242-8888-424242424242", "a4242424242424242f"]
        {
            assert!(key_of(key).is_some(), "{key}");
        }
        assert!(contains_card_number(b"1700000000000001") && contains_card_number(b"42424242-4242-4242-8888"));
    }
}
