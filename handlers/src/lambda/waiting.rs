//! Waiting for decisions, where every buyer who waits keeps a function instance: a bounded number of them may, so that
//! accepting and deciding orders always finds instances free. Whoever finds no place is answered at once, as `Prefer`
//! allows; and the longer somebody waits, the less often is looked.

use crate::api::Decisions;
use adapters::aws::places::{Place, Places};
use async_trait::async_trait;
use axum::http::HeaderMap;
use schemas::ids::OrderId;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;
use workflows::ports::Clock;

/// Longer than any request lives: until then a place stays taken whose holder died.
const HOLD: Duration = Duration::from_secs(30);
/// Between two looks at an order that was accepted just now, and at one that takes its time.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));

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

/// Looks at an order again, after a quarter of its age: its id says when it was accepted.
pub(super) struct LookLessAndLess {
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Decisions for LookLessAndLess {
    async fn wait(&self, id: OrderId, deadline: Duration) {
        tokio::time::sleep(deadline.min(pause(id, self.clock.now()))).await;
    }
}

fn pause(id: OrderId, now: OffsetDateTime) -> Duration {
    let accepted = id.0.get_timestamp().map_or(0, |timestamp| timestamp.to_unix().0);
    let age = u64::try_from(now.unix_timestamp()).unwrap_or_default().saturating_sub(accepted);
    (Duration::from_secs(age) / 4).clamp(PAUSES.0, PAUSES.1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use axum::http::HeaderValue;
    use time::macros::datetime;
    use uuid::{NoContext, Timestamp, Uuid};

    #[test]
    fn an_order_is_looked_at_less_often_the_older_it_is() {
        let accepted = datetime!(2026-11-22 10:00 UTC);
        let seconds = u64::try_from(accepted.unix_timestamp()).unwrap();
        let id = OrderId(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0)));
        let after = |seconds| pause(id, accepted + time::Duration::seconds(seconds)).as_millis();
        assert_eq!([-1, 0, 1, 2, 4, 8, 20, 86_400].map(after), [250, 250, 250, 500, 1_000, 2_000, 2_000, 2_000]);
        assert_eq!(pause(OrderId(Uuid::from_u128(7)), accepted).as_millis(), 2_000);
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
