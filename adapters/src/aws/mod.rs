//! The ports that AWS stands behind: DynamoDB for accepted orders, SQS, SNS, EventBridge, Step Functions, Secrets
//! Manager. Documents lie in S3, by the store that they share with the embedded runtime (`documents`).

mod batch_send;
pub mod catalogue;
mod chunks;
pub mod event_bus;
mod failures;
pub mod intake;
pub mod payload;
pub mod places;
pub mod queue;
pub mod secrets;
mod text;
pub mod warehouses;
pub mod workflows;

use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::time::Duration;

/// A connection that takes longer is not coming.
pub(crate) const CONNECT: Duration = Duration::from_secs(1);
/// From the request to the first byte of its answer.
pub(crate) const READ: Duration = Duration::from_secs(5);
/// One attempt, connecting included.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(6);
/// All attempts of a request together.
pub(crate) const OPERATION: Duration = Duration::from_secs(15);
/// Attempts of one request. Retries have a budget besides: each service has 500 tokens in a process, a retry costs 5
/// of them and one after a time-out 10, a retry that succeeds gives them back and a first attempt that succeeds gives 1.
/// While the budget is spent nothing is retried, so a service in trouble is not asked three times as much.
pub(crate) const ATTEMPTS: u32 = 3;
/// The longest wait before the second attempt, and before any; each waits a random part of it.
pub(crate) const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// The clients of all services. They share credentials, connections and the rules below; making one costs no call.
#[derive(Clone)]
pub struct Clients {
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    /// Topics.
    pub sns: aws_sdk_sns::Client,
    /// Event buses.
    pub event_bridge: aws_sdk_eventbridge::Client,
    /// State machines.
    pub step_functions: aws_sdk_sfn::Client,
    /// Tables.
    pub dynamo_db: aws_sdk_dynamodb::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
}

impl Clients {
    /// Clients as the environment says: region, credentials, and `AWS_ENDPOINT_URL` for an AWS elsewhere.
    pub async fn load() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(BACKOFF.0)
            .with_max_backoff(BACKOFF.1);
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(retries)
            .load()
            .await;
        Self {
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            event_bridge: aws_sdk_eventbridge::Client::new(&config),
            step_functions: aws_sdk_sfn::Client::new(&config),
            dynamo_db: aws_sdk_dynamodb::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
        }
    }
}
