//! Buyers of every kind, who ask again until they are answered, as a good checkout does.

use super::support::{HOT, Shop, id_in, new_id, order};
use handlers::token::{Identity, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;
use workflows::ports::Clock;

/// A SKU that costs nothing. It would pass for a card number, so whoever accepts orders asks the catalogue for it.
pub(crate) const GIFT: &str = "4006381310062";
/// A SKU that costs as much as an amount can be, so that with its tax there is no total.
pub(crate) const DEAREST: &str = "DEAREST";
/// How those pay for whose orders no workflow ever begins.
pub(crate) const NEVER_BEGUN: &str = "pm_card_mastercard";
const CUSTOMER: &str = "zoe";
/// Between two times that somebody asks.
const PAUSE: Duration = Duration::from_millis(50);

/// What somebody orders, and does then.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    sku: &'static str,
    method: &'static str,
    /// What the order says besides or otherwise, as a JSON object.
    says: &'static str,
    then: Then,
    /// It takes seconds until it ends: the provider takes its time, or it ends by a clock.
    pub(crate) is_slow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Waits,
    AsksAgain,
    CallsItOffAtOnce,
    CallsItOffWhenConfirmed,
    /// Until the order's stock is held for it no longer.
    LetsItsTimePass,
}

const fn kind(name: &'static str, sku: &'static str, method: &'static str, then: Then) -> Kind {
    Kind { name, sku, method, says: "{}", then, is_slow: false }
}

const fn saying(name: &'static str, says: &'static str) -> Kind {
    Kind { name, sku: "TEA", method: "pm_card_visa", says, then: Then::Waits, is_slow: false }
}

const fn slow(name: &'static str, method: &'static str, then: Then) -> Kind {
    Kind { name, sku: "TEA", method, says: "{}", then, is_slow: true }
}

/// Every kind of order that there is. Whether each reason to refuse one is among their ends is seen while nothing is lost.
pub(crate) const KINDS: &[Kind] = &[
    kind("paid", "TEA", "pm_card_visa", Then::Waits),
    kind("asked for twice", "CUP", "pm_card_visa", Then::AsksAgain),
    kind("declined", "TEA", "pm_card_chargeDeclined", Then::Waits),
    kind("of an unknown SKU", "NOBODY-SELLS-THIS", "pm_card_visa", Then::Waits),
    kind("out of stock", HOT, "pm_card_visa", Then::Waits),
    kind("of more than can be charged", DEAREST, "pm_card_visa", Then::Waits),
    saying("shown another price", r#"{ "expected_total": { "amount": 1, "currency": "EUR" } }"#),
    saying("in another currency", r#"{ "currency": "USD" }"#),
    kind("free", GIFT, "pm_card_visa", Then::Waits),
    kind("called off at once", "POT", "pm_card_visa", Then::CallsItOffAtOnce),
    kind("called off when confirmed", "POT", "pm_card_visa", Then::CallsItOffWhenConfirmed),
    slow("paid at the third attempt", "pm_sandbox_flaky", Then::Waits),
    slow("paid slowly", "pm_sandbox_slow", Then::Waits),
    slow("paid without an answer", "pm_sandbox_timeout_charged", Then::Waits),
    slow("never heard of by the provider", "pm_sandbox_timeout_lost", Then::Waits),
    slow("never begun", NEVER_BEGUN, Then::LetsItsTimePass),
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
        let (key, mut body) = (new_id().to_string(), order(&[(kind.sku, 1)], kind.method));
        body.as_object_mut().unwrap().extend(serde_json::from_str::<Map<String, Value>>(kind.says).unwrap());
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
            Then::LetsItsTimePass => self.lets_the_time_pass_of(id).await,
        }
        id
    }

    async fn submits(&self, key: &str, body: &Value) -> Uuid {
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

    /// The time is not waited for but set back in the database.
    async fn lets_the_time_pass_of(&self, id: Uuid) {
        let pass = "update orders set reserved_until = sluice_now() - interval '1 second'
                    where id = $1 and status = 'reserved'";
        while sqlx::query(pass).bind(id).execute(self.shop.pool()).await.unwrap().rows_affected() == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads until there is an answer.
    pub(crate) async fn reads(&self, path: &str, role: Role) -> String {
        let key = runtime::development_key::development_key(self.shop.dir.path()).unwrap();
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
