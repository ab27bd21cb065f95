//! Messages that only wait for something that is away, such as the database: they are requeued as new ones,
//! because SQS counts every delivery and would set them aside in minutes.

use crate::run::queue::wait_of_busy;
use adapters::aws::queue::{Requeued, SqsQueues};
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use workflows::{
    ports::Unavailable,
    wiring::{QueueName, Step},
};

/// What has waited this long is no passing trouble: from then on it is counted, and set aside for somebody to look at. No
/// message lives without end this way.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Where messages wait that are not to be counted as failed.
#[async_trait]
pub(super) trait Requeue: Send + Sync {
    async fn requeue(&self, messages: Vec<Requeued>) -> Result<(), Unavailable>;
}

/// The queue that they came from.
pub(super) struct OnQueue {
    pub(super) queue: QueueName,
    pub(super) queues: SqsQueues,
}

#[async_trait]
impl Requeue for OnQueue {
    async fn requeue(&self, messages: Vec<Requeued>) -> Result<(), Unavailable> {
        self.queues.requeue(self.queue, &messages).await
    }
}

/// How old a message is that was first sent then; both in milliseconds since 1970.
pub(super) fn age(first_sent: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(first_sent)).unwrap_or_default())
}

/// A message to be requeued.
pub(super) struct Held {
    pub(super) text: String,
    pub(super) group: Option<String>,
    /// In milliseconds since 1970.
    pub(super) first_sent: i64,
}

/// Requeues messages. What was requeued before an error comes twice, which every step bears.
pub(super) async fn requeue(
    queue: &dyn Requeue,
    step: Step,
    messages: Vec<Held>,
    now: i64,
    until: Instant,
) -> Result<(), String> {
    let Some(oldest) = messages.iter().map(|held| age(held.first_sent, now)).max() else { return Ok(()) };
    // SQS takes each for a new message and knows its age no more: operations.yaml makes an alarm of this line.
    tracing::info!(?step, messages = messages.len(), oldest_seconds = oldest.as_secs(), "requeued");
    let waiting = messages
        .into_iter()
        .map(|Held { text, group, first_sent }| Requeued {
            text,
            group,
            delay: wait_of_busy(age(first_sent, now)),
            first_sent,
        })
        .collect();
    let put = timeout_at(until, queue.requeue(waiting)).await;
    put.map_err(|elapsed| elapsed.to_string())?.map_err(|error| error.chain())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::lambda::logs::tests::logged;

    struct Anywhere;

    #[async_trait]
    impl Requeue for Anywhere {
        async fn requeue(&self, _: Vec<Requeued>) -> Result<(), Unavailable> {
            Ok(())
        }
    }

    #[test]
    fn the_alarm_on_waiting_orders_reads_what_is_logged() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let held = |first_sent| Held { text: "{}".to_owned(), group: None, first_sent };
        let messages = vec![held(9_000), held(2_000), held(90_000)];
        let lines = logged("INFO", || {
            let until = std::time::Instant::now() + Duration::from_secs(10);
            runtime.block_on(requeue(&Anywhere, Step::Reserve, messages, 10_000, until.into())).unwrap();
        });
        assert_eq!(lines[0]["oldest_seconds"], 8);
        let alarms = include_str!("../../../infra/operations.yaml");
        assert!(alarms.contains("FilterPattern: \"{ $.oldest_seconds >= 0 }\""));
        assert!(alarms.contains("MetricValue: $.oldest_seconds"));
    }
}
