//! What the embedded runtime counts beside the API: messages by queue and outcome, and how full the queues are.

use adapters::postgres::queue::PgQueue;
use handlers::api::Metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};
use std::time::Duration;
use workflows::{
    steps::Outcome,
    wiring::{QUEUES, dead_letter_queue},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    queue: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnQueue {
    queue: String,
}

/// Counts messages.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageCounts(Family<Settled, Counter>);

impl MessageCounts {
    /// Registered among the API's metrics.
    pub(super) fn register(metrics: &Metrics) -> Self {
        let counts = Self::default();
        metrics.register(|registry| registry.register("messages_settled", "Messages by outcome", counts.0.clone()));
        counts
    }

    /// Counts one.
    pub(super) fn count(&self, queue: &'static str, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done => "done",
            Outcome::Busy(_) => "busy",
            Outcome::Retry(_) => "retry",
            Outcome::Refused(_) => "refused",
        };
        self.0.get_or_create(&Settled { queue, outcome }).inc();
    }
}

/// How often the queues are measured: the count reads what waits, so not at every scrape.
const MEASURE: Duration = Duration::from_secs(5);

/// Measures the queues until dropped.
pub(super) async fn measure_queues(queue: PgQueue, metrics: &Metrics) {
    let messages = Family::<OnQueue, Gauge>::default();
    let oldest = Family::<OnQueue, Gauge>::default();
    metrics.register(|registry| {
        registry.register("queue_messages", "Messages on the queue", messages.clone());
        registry.register("queue_oldest_seconds", "Age of the oldest message", oldest.clone());
    });
    loop {
        if let Ok(depths) = queue.depths().await {
            let known = QUEUES.iter().flat_map(|spec| [spec.name.to_owned(), dead_letter_queue(spec.name)]);
            for name in known {
                let depth = depths.iter().find(|depth| depth.queue == name);
                let label = OnQueue { queue: name };
                messages.get_or_create(&label).set(depth.map_or(0, |depth| depth.messages));
                oldest.get_or_create(&label).set(depth.map_or(0, |depth| depth.oldest_seconds));
            }
        }
        tokio::time::sleep(MEASURE).await;
    }
}
