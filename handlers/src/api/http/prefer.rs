//! The header `Prefer: wait=N` (RFC 7240): how long the caller would wait for a decision. What is malformed is ignored,
//! as the RFC asks.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use std::{convert::Infallible, time::Duration};
use tokio::time::Instant;

/// The longest anybody waits: a request is to be over before the proxies on its way lose patience.
const LONGEST: u64 = 20;

/// Put on a request by a runtime that ends it without a word after this moment.
#[derive(Clone, Copy, Debug)]
pub struct AnswerBy(pub Instant);

/// How long the caller of a request would wait, and until when its runtime lets it.
pub(in crate::api) struct Patience {
    wanted: Duration,
    until: Option<Instant>,
}

impl Patience {
    /// What is left of it.
    pub(in crate::api) fn left(&self) -> Duration {
        self.until.map_or(self.wanted, |until| self.wanted.min(until.saturating_duration_since(Instant::now())))
    }
}

impl<S: Sync> FromRequestParts<S> for Patience {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let until = parts.extensions.get::<AnswerBy>().map(|AnswerBy(until)| *until);
        Ok(Self { wanted: wait(&parts.headers), until })
    }
}

/// How long to wait: nothing without the preference, 20 seconds at most. The first `wait` counts.
fn wait(headers: &HeaderMap) -> Duration {
    let seconds = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(wait_of)
        .unwrap_or(0);
    Duration::from_secs(seconds.min(LONGEST))
}

fn wait_of(preference: &str) -> Option<u64> {
    let without_parameters = preference.split(';').next()?;
    let (name, value) = without_parameters.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("wait") {
        return None;
    }
    let value = value.trim();
    let digits = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    // More digits than a number holds is a long time too.
    plain.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seconds(values: &[&'static str]) -> u64 {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("prefer", HeaderValue::from_static(value));
        }
        wait(&headers).as_secs()
    }

    #[test]
    fn wait_is_found_wherever_it_stands() {
        assert_eq!(seconds(&["wait=5"]), 5);
        assert_eq!(seconds(&["respond-async, wait=7"]), 7);
        assert_eq!(seconds(&["respond-async", "Wait = \"3\"; foo=bar"]), 3);
        assert_eq!(seconds(&["wait=1, wait=9"]), 1);
    }

    #[test]
    fn more_than_twenty_seconds_is_twenty_and_nonsense_is_nothing() {
        assert_eq!(seconds(&["wait=60"]), 20);
        assert_eq!(seconds(&["wait=99999999999999999999999"]), 20);
        for nonsense in ["wait", "wait=", "wait=-1", "wait=1.5", "wait=soon", "waits=5", "=5", ""] {
            assert_eq!(seconds(&[nonsense]), 0, "{nonsense}");
        }
        assert_eq!(seconds(&[]), 0);
    }
}
