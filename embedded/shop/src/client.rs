//! A client of the HTTP API, for the commands that send orders. They go the way of every checkout, so that what they
//! show and measure is what a checkout would see.

use reqwest::{RequestBuilder, Response, StatusCode, header};
use schemas::{
    api::{order::Order, order_request::OrderRequest, problem::Problem, product::Product},
    ids::OrderId,
};
use serde::de::DeserializeOwned;
use std::time::Duration;
use workflows::backoff::Backoff;

/// Longer than the API lets anybody wait.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The pauses after failed calls.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(2) };

/// Calls the API at one address. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

/// What became of an order that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Submitted {
    /// 202: it is accepted, and not decided yet.
    Accepted(Answered),
    /// 200: it was decided while the call waited.
    Decided(Answered),
    /// The API does not take it.
    Refused(Problem),
}

/// An order as the API answered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The order.
    pub order: Order,
    /// Whether the key was known, and this is the answer of then.
    pub replayed: bool,
}

/// An answer to any other call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer<T> {
    /// What was asked for.
    Ok(T),
    /// The API says no.
    Refused(Problem),
}

/// A call without an answer of the API.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody answers, or somebody asks to come again: the same call may work later.
    #[error("the API does not answer: {0}")]
    Away(String),
    /// An answer that is none of the API's.
    #[error("the API answered {status} with something that cannot be understood: {detail}")]
    Strange {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        detail: String,
    },
}

impl<T> Answer<T> {
    /// What was asked for, or the refusal as an error.
    ///
    /// # Errors
    /// The API said no.
    pub fn granted(self, what: &str) -> anyhow::Result<T> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Refused(problem) => anyhow::bail!("{what}: {}", in_words(&problem)),
        }
    }
}

/// The last part of a problem's type, such as `invalid-body`.
pub fn slug(problem: &Problem) -> &str {
    problem.kind.rsplit(':').next().unwrap_or(&problem.kind)
}

/// A problem in one line.
pub fn in_words(problem: &Problem) -> String {
    let field = problem.errors.first().map(|error| format!("{} {}", error.pointer, error.detail));
    match field.as_ref().or(problem.detail.as_ref()) {
        Some(detail) => format!("{} {}: {detail}", problem.status, problem.title),
        None => format!("{} {}", problem.status, problem.title),
    }
}

impl Client {
    /// A client of the API at `url`, without a slash at its end.
    ///
    /// # Errors
    /// If this machine cannot make connections at all.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    /// Submits an order, and asks to wait up to so many seconds for its decision.
    ///
    /// # Errors
    /// No answer. The order may be accepted all the same: try again with the same key.
    pub async fn submit(&self, token: &str, key: &str, order: &OrderRequest, wait: u8) -> Result<Submitted, CallError> {
        let call = self.http.post(format!("{}/v1/orders", self.url)).header("idempotency-key", key).json(order);
        let response = send(preferring(call, wait), token).await?;
        let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
        let status = response.status();
        let located = response.headers().contains_key(header::LOCATION);
        Ok(match read::<Order>(response).await? {
            Answer::Refused(problem) => Submitted::Refused(problem),
            Answer::Ok(_) if !located => return Err(strange(status, "it has no Location")),
            Answer::Ok(order) if status == StatusCode::ACCEPTED => Submitted::Accepted(Answered { order, replayed }),
            Answer::Ok(order) => Submitted::Decided(Answered { order, replayed }),
        })
    }

    /// Reads an order, and asks to wait up to so many seconds for its decision.
    ///
    /// # Errors
    /// No answer.
    pub async fn order(&self, token: &str, id: OrderId, wait: u8) -> Result<Answer<Order>, CallError> {
        let call = self.http.get(format!("{}/v1/orders/{id}", self.url));
        read(send(preferring(call, wait), token).await?).await
    }

    /// Calls an order off.
    ///
    /// # Errors
    /// No answer; asking again does no harm.
    pub async fn cancel(&self, token: &str, id: OrderId) -> Result<Answer<Order>, CallError> {
        read(send(self.http.post(format!("{}/v1/orders/{id}/cancel", self.url)), token).await?).await
    }

    /// Reads a product.
    ///
    /// # Errors
    /// No answer.
    pub async fn product(&self, token: &str, sku: &str) -> Result<Answer<Product>, CallError> {
        read(send(self.http.get(format!("{}/v1/products/{sku}", self.url)), token).await?).await
    }
}

/// Makes a call again while nobody answers it, with growing pauses; `away` is told of each failure. The caller ends
/// this by dropping it.
///
/// # Errors
/// [`CallError::Strange`] at once: asking again would not help.
pub async fn persistently<T, F: Future<Output = Result<T, CallError>>>(
    mut call: impl FnMut() -> F,
    mut away: impl FnMut(),
) -> Result<T, CallError> {
    let mut failures = 0_u32;
    loop {
        match call().await {
            Err(CallError::Away(error)) => {
                tracing::debug!(error, "trying again");
                away();
                failures = failures.saturating_add(1);
                tokio::time::sleep(BACKOFF.after(failures)).await;
            }
            Ok(answer) => return Ok(answer),
            Err(error @ CallError::Strange { .. }) => return Err(error),
        }
    }
}

fn preferring(call: RequestBuilder, wait: u8) -> RequestBuilder {
    if wait == 0 { call } else { call.header("prefer", format!("wait={wait}")) }
}

async fn send(call: RequestBuilder, token: &str) -> Result<Response, CallError> {
    let response = call.bearer_auth(token).send().await.map_err(away)?;
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Err(CallError::Away(response.status().to_string())),
        _ => Ok(response),
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<Answer<T>, CallError> {
    let status = response.status();
    // An answer that breaks off is asked for again.
    let body = response.bytes().await.map_err(away)?;
    let understood = if status.is_success() {
        serde_json::from_slice(&body).map(Answer::Ok)
    } else {
        serde_json::from_slice(&body).map(Answer::Refused)
    };
    understood.map_err(|error| strange(status, error))
}

fn away(error: reqwest::Error) -> CallError {
    // The address is known, and the cause below says more than the library's sentence around it.
    let error = anyhow::Error::from(error.without_url());
    CallError::Away(format!("{:#}", error))
}

fn strange(status: StatusCode, detail: impl ToString) -> CallError {
    CallError::Strange { status: status.as_u16(), detail: detail.to_string() }
}
