//! The header `traceparent` (W3C Trace Context): kept with an order, so that its whole way can be followed. A broken one
//! is dropped, as the specification asks.

use axum::http::HeaderMap;
use schemas::card_number::contains_card_number;

/// Version, trace id, parent id and flags of version 00, all that is kept of a later one.
const LENGTH: usize = 55;

/// The request's trace context, if it has exactly one and it is valid.
pub(in crate::api) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all("traceparent").iter();
    let text = all.next()?.to_str().ok()?;
    let known = text.get(..LENGTH)?;
    let more = text.get(LENGTH..)?;
    let mut parts = known.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let not_zero = |part: &str| part.bytes().any(|b| b != b'0');
    let valid = all.next().is_none()
        && parts.next().is_none()
        && hex(version, 2)
        && version != "ff"
        && (more.is_empty() || (version != "00" && more.starts_with('-')))
        && hex(trace, 32)
        && not_zero(trace)
        && hex(parent, 16)
        && not_zero(parent)
        && hex(flags, 2)
        // It is kept with the order, and hexadecimal may be all digits.
        && ![trace, parent].into_iter().any(contains_card_number);
    valid.then(|| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(value: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(value));
        traceparent(&headers)
    }

    #[test]
    fn a_valid_context_is_kept() {
        assert_eq!(read(GOOD).as_deref(), Some(GOOD));
        let later = read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more");
        assert_eq!(later.as_deref(), Some("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    }

    #[test]
    fn a_broken_context_is_dropped() {
        for broken in [
            "",
            "00",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319cb7ad6b7169203331-0001",
            "00-00000000000000004242424242424242-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-4242424242424242-01",
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
        let mut twice = HeaderMap::new();
        twice.append("traceparent", HeaderValue::from_static(GOOD));
        twice.append("traceparent", HeaderValue::from_static(GOOD));
        assert_eq!(traceparent(&twice), None);
    }
}
