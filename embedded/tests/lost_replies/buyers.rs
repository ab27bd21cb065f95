//! Buyers of every kind, who ask again until they are answered, as a good checkout does.

use super::support::{HOT, Shop, id_in, new_id, order};
use handlers::token::{Identity, Role};
use reqwest::{Method, StatusCode};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;
use workflows::ports::Clock;

/// A SKU that costs nothing. It would pass for a card number, so whoever accepts orders asks the catalogue for it.
pub(crate) const GIFT: &str = "4006381310062";
const CUSTOMER: &str = "zoe";
/// Between two times that somebody asks.
const PAUSE: Duration = Duration::from_millis(50);

/// What somebody orders, and does then.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    sku: &'static str,
    method: &'static str,
    then: Then,
    /// The provider takes its time.
    pub(crate) is_slow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Waits,
    AsksAgain,
    CallsItOffAtOnce,
    CallsItOffWhenConfirmed,
}

const fn kind(name: &'static str, sku: &'static str, method: &'static str, then: Then) -> Kind {
    Kind { name, sku, method, then, is_slow: false }
}

const fn slow(name: &'static str, method: &'static str) -> Kind {
    Kind { name, sku: "TEA", method, then: Then::Waits, is_slow: true }
}

/// Every kind of order that there is.
pub(crate) const KINDS: &[Kind] = &[
    kind("paid", "TEA", "pm_card_visa", Then::Waits),
    kind("asked for twice", "CUP", "pm_card_visa", Then::AsksAgain),
    kind("declined", "TEA", "pm_card_chargeDeclined", Then::Waits),
    kind("of an unknown SKU", "NOBODY-SELLS-THIS", "pm_card_visa", Then::Waits),
    kind("out of stock", HOT, "pm_card_visa", Then::Waits),
    kind("free", GIFT, "pm_card_visa", Then::Waits),
    kind("called off at once", "POT", "pm_card_visa", Then::CallsItOffAtOnce),
    kind("called off when confirmed", "POT", "pm_card_visa", Then::CallsItOffWhenConfirmed),
    slow("paid at the third attempt", "pm_sandbox_flaky"),
    slow("paid slowly", "pm_sandbox_slow"),
    slow("paid without an answer", "pm_sandbox_timeout_charged"),
    slow("never heard of by the provider", "pm_sandbox_timeout_lost"),
];

/// Somebody at a checkout.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) shop: Arc<Shop>,
    pub(crate) url: String,
}

impl Buyer {
    /// Orders, and does whatever that kind of buyer does then; gives the order's id.
    pub(crate) async fn buys(self, kind: &'static Kind) -> Uuid {
        let (key, body) = (new_id().to_string(), order(&[(kind.sku, 1)], kind.method));
        let id = self.submits(&key, &body).await;
        match kind.then {
            Then::Waits => {}
            Then::AsksAgain => assert_eq!(self.submits(&key, &body).await, id, "one key made two orders"),
            Then::CallsItOffAtOnce => self.calls_off(id).await,
            Then::CallsItOffWhenConfirmed => {
                while !self.reads(&format!("/v1/orders/{id}"), Role::Customer).await.contains(r#""confirmed""#) {
                    tokio::time::sleep(PAUSE).await;
                }
                self.calls_off(id).await;
            }
        }
        id
    }

    async fn submits(&self, key: &str, body: &serde_json::Value) -> Uuid {
        loop {
            if let Ok(answer) = self.shop.submit(&self.url, CUSTOMER, key, body).await
                && let Some(text) = self.said(answer, StatusCode::ACCEPTED).await
            {
                return id_in(&text);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn calls_off(&self, id: Uuid) {
        loop {
            if let Ok(answer) = self.shop.cancel(&self.url, CUSTOMER, id).await
                && self.said(answer, StatusCode::ACCEPTED).await.is_some()
            {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads until there is an answer.
    pub(crate) async fn reads(&self, path: &str, role: Role) -> String {
        let key = sluice::development_key::development_key(self.shop.dir.path()).unwrap();
        let identity = Identity { sub: CUSTOMER.to_owned(), role, warehouse: None };
        let now = adapters::system::SystemClock.now();
        let token = key.sign(&identity, now, time::Duration::hours(1)).unwrap();
        loop {
            let request = self.shop.http.request(Method::GET, format!("{}{path}", self.url)).bearer_auth(&token);
            if let Ok(answer) = request.send().await
                && let Some(text) = self.said(answer, StatusCode::OK).await
            {
                return text;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What was answered, if the database did, and in time: calls that wait for it keep others of the same caller waiting. Any
    /// other refusal is a fault.
    async fn said(&self, answer: reqwest::Response, expected: StatusCode) -> Option<String> {
        let status = answer.status();
        if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status) {
            return None;
        }
        let text = answer.text().await.ok()?;
        assert_eq!(status, expected, "{text}");
        Some(text)
    }
}
