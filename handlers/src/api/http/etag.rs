//! ETags and `If-None-Match`. A tag is a hash of the very bytes it stands for: whatever changes in them changes the tag,
//! and no field can be forgotten.

use super::json::PRIVATE;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The body with its tag and what else is said about it; 304 without both if the caller has it already.
pub(in crate::api) fn answer<const N: usize>(
    asked: &HeaderMap,
    body: Vec<u8>,
    about: [(HeaderName, HeaderValue); N],
) -> Response {
    let tag = of(&body);
    let mut response =
        if is_known(asked, &tag) { StatusCode::NOT_MODIFIED.into_response() } else { (about, body).into_response() };
    response.headers_mut().insert(header::ETAG, header_of(&tag));
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    response
}

/// The strong tag of a body, in quotes.
fn of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let short = hash.get(..16).unwrap_or_default();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(short))
}

/// Whether the caller has the body of this tag already (RFC 9110 section 13.1.2, weak comparison).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The tag as a header. It has only characters that a header may have.
fn header_of(tag: &str) -> HeaderValue {
    HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(value: &str, tag: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")));
        is_known(&headers, tag)
    }

    #[test]
    fn another_body_has_another_tag() {
        assert_ne!(of(b"a"), of(b"b"));
        assert_eq!(of(b"a"), of(b"a"));
        assert_eq!(header_of(&of(b"a")), of(b"a"));
    }

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_by_a_star() {
        let tag = of(b"a");
        for value in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
            assert!(known(&value, &tag), "{value}");
        }
        for value in ["", "\"x\"", tag.trim_matches('"')] {
            assert!(!known(value, &tag), "{value}");
        }
    }
}
