//! Waiting for decisions, where every buyer who waits keeps a function instance: a bounded number of them may, so that
//! accepting and deciding orders always finds instances free. Whoever finds no place is answered at once, as `Prefer`
//! allows.

use adapters::aws::places::{Place, Places};
use async_trait::async_trait;
use axum::http::HeaderMap;
use std::{sync::Arc, time::Duration};
use workflows::ports::Clock;

/// Longer than any request lives: until then a place stays taken whose holder died.
const HOLD: Duration = Duration::from_secs(30);

/// Where the places are.
#[async_trait]
pub(super) trait Room: Send + Sync {
    /// A place, if one is free.
    async fn enter(&self) -> Option<Place>;
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
    async fn enter(&self) -> Option<Place> {
        self.places.take(self.clock.now(), HOLD).await.unwrap_or_else(|error| {
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
    use axum::http::HeaderValue;

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
