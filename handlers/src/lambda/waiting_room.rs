//! Waiting for decisions, where every buyer who waits keeps a function instance: a bounded number of them may, so that
//! accepting and deciding orders always finds instances free. Whoever finds no place is answered at once, as `Prefer`
//! allows.

use crate::token::Identity;
use adapters::aws::places::{Place, Places};
use async_trait::async_trait;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header::AUTHORIZATION},
};
use std::{sync::Arc, time::Duration};
use workflows::ports::Clock;

/// Longer than any request lives: until then a place stays taken whose holder died.
const HOLD: Duration = Duration::from_secs(30);

/// Where the places are.
#[async_trait]
pub(super) trait Room: Send + Sync {
    /// A place for that caller, if one is free.
    async fn enter(&self, caller: &str) -> Option<Place>;
    /// Gives it back.
    async fn leave(&self, place: Place);
}

/// Places that all instances share.
pub(super) struct SharedRoom {
    pub(super) places: Places,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Room for SharedRoom {
    async fn enter(&self, caller: &str) -> Option<Place> {
        self.places.take(caller, self.clock.now(), HOLD).await.unwrap_or_else(|error| {
            tracing::warn!(error = error.chain(), "nobody waits while the places to wait in are away");
            None
        })
    }

    async fn leave(&self, place: Place) {
        if let Err(error) = self.places.give_back(place, self.clock.now()).await {
            tracing::warn!(error = error.chain(), "a place to wait in is free again half a minute later");
        }
    }
}

/// Who asks, as far as that is known before anything is verified: only who shares a place with whom follows from it. Whoever
/// forges a name is refused at once, and leaves the place.
pub(super) fn who_asks(request: &Request) -> String {
    match request.extensions().get::<Identity>() {
        Some(identity) => identity.sub.clone(),
        None => {
            let token = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
            String::from_utf8_lossy(token).into_owned()
        }
    }
}

/// Whether a request would wait. What follows from it is decided where the header is read; here a place is at stake.
pub(super) fn would_wait(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split(',')).any(|preference| {
        let name = preference.split(['=', ';']).next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("wait")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::token::Role;
    use axum::body::Body;

    #[test]
    fn who_asks_is_whom_the_gateway_has_verified_or_else_whoever_shows_a_token() {
        let mut request = Request::new(Body::empty());
        assert_eq!(who_asks(&request), "");
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        let by_token = who_asks(&request);
        request.extensions_mut().insert(Identity { sub: "zoe".into(), role: Role::Customer, warehouse: None });
        assert_eq!(who_asks(&request), "zoe");
        assert!(!by_token.is_empty() && by_token != "zoe");
    }

    #[test]
    fn who_would_wait_says_so_in_any_of_its_preferences() {
        let waits = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("prefer", HeaderValue::from_static(value));
            }
            would_wait(&headers)
        };
        assert!(waits(&["wait=5"]) && waits(&["respond-async, Wait = \"3\"; foo=bar"]) && waits(&["a", "wait=1"]));
        assert!(!waits(&[]) && !waits(&["respond-async"]) && !waits(&["waits=5", "x=\"wait\""]));
    }
}
