//! Buyers who ask again until they are answered, as a good checkout does; some call off what they have ordered.

use crate::{journeys::End, orders::Request};
use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode};
use schemas::api::order::{Order, Reason, Status};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Between two times that somebody asks.
const PAUSE: Duration = Duration::from_millis(100);
/// Of that many buyers one calls the order off, if its payment works at once.
const FICKLE: u64 = 10;
/// How long they think about it, at most.
const THINKING: Duration = Duration::from_secs(2);

/// Methods by how often they come, of 20, and how an order ends that is paid by them.
const METHODS: [(&str, u64, End); 6] = [
    ("pm_card_visa", 14, End::Invoiced),
    ("pm_card_chargeDeclined", 2, End::Rejected(Reason::PaymentDeclined)),
    ("pm_sandbox_flaky", 1, End::Invoiced),
    ("pm_sandbox_slow", 1, End::Invoiced),
    ("pm_sandbox_timeout_charged", 1, End::Invoiced),
    ("pm_sandbox_timeout_lost", 1, End::Rejected(Reason::PaymentUnavailable)),
];

/// An order that was promised.
#[derive(Clone, Debug)]
pub(crate) struct Bought {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    /// How it ends on a good line.
    pub(crate) end: End,
}

/// Somebody at a checkout.
#[derive(Debug)]
pub(crate) struct Buyer {
    client: Client,
    url: String,
    token: String,
    method: &'static str,
    end: End,
    thinks: Option<Duration>,
}

impl Buyer {
    /// What `kind` is decides how the buyer pays and whether it calls off.
    pub(crate) fn new(client: Client, url: &str, token: &str, kind: u64, mut random: fastrand::Rng) -> Self {
        let mut chosen = kind % 20;
        let mut method = ("pm_card_visa", End::Invoiced);
        for (name, weight, end) in METHODS {
            if chosen < weight {
                method = (name, end);
                break;
            }
            chosen -= weight;
        }
        let is_fickle = method.0 == "pm_card_visa" && (kind / 20).is_multiple_of(FICKLE);
        let (method, end) = if is_fickle { (method.0, End::Open(Status::Cancelled)) } else { method };
        let thinks = is_fickle.then(|| THINKING.mul_f64(random.f64()));
        Self { client, url: url.to_owned(), token: token.to_owned(), method, end, thinks }
    }

    /// Orders until that is promised, and calls it off if that is what it does.
    pub(crate) async fn buys(self, request: Request) -> anyhow::Result<Bought> {
        let mut body: Value = serde_json::from_str(&request.body)?;
        body.as_object_mut()
            .context("a body is an object")?
            .insert("payment".to_owned(), json!({ "method": self.method }));
        let order = self.promised("/v1/orders", Some((&request.key, &body))).await?;
        if let Some(pause) = self.thinks {
            tokio::time::sleep(pause).await;
            self.promised(&format!("/v1/orders/{}/cancel", order.id), None).await?;
        }
        Ok(Bought { id: order.id.0, key: request.key, end: self.end })
    }

    /// Asks until the answer is a promise. Anything but that the service is away is a fault, no answer too: the line that is
    /// bad is another.
    async fn promised(&self, path: &str, order: Option<(&str, &Value)>) -> anyhow::Result<Order> {
        loop {
            let mut request = self.client.request(Method::POST, format!("{}{path}", self.url)).bearer_auth(&self.token);
            if let Some((key, body)) = order {
                request = request.header("idempotency-key", key).json(body);
            }
            let answer = request.send().await.with_context(|| format!("POST {path} was not answered"))?;
            match answer.status() {
                StatusCode::ACCEPTED => {
                    return answer.json().await.with_context(|| format!("POST {path} gave no order"));
                }
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => tokio::time::sleep(PAUSE).await,
                status => bail!("POST {path} was answered with {status}"),
            }
        }
    }
}
