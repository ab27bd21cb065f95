//! What the embedded runtime counts beside the API: messages by queue and outcome, and how full the queues are.

use adapters::postgres::{passed_over::PassedOver, runtime::queue::PgQueue};
use handlers::api::Metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};
use std::time::Duration;
use workflows::{steps::Outcome, wiring::QUEUES};

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

/// How often the queues are measured: the count reads some of what waits, so not at every scrape.
const MEASURE: Duration = Duration::from_secs(5);

/// Measures the queues, and what lists went on without, until dropped.
pub(super) async fn measure(queue: PgQueue, passed_over: PassedOver, metrics: &Metrics) {
    let messages = Family::<OnQueue, Gauge>::default();
    let oldest = Family::<OnQueue, Gauge>::default();
    let unreadable: Counter = Counter::default();
    metrics.register(|registry| {
        registry.register(
            "queue_messages",
            "Messages on the queue; 10000 stands for as many or more",
            messages.clone(),
        );
        registry.register("queue_oldest_seconds", "Age of the oldest message", oldest.clone());
        registry.register(
            "unreadable_passed_over",
            "Times that a list went on without a product or an order that cannot be read",
            unreadable.clone(),
        );
    });
    let known = QUEUES.iter().flat_map(|spec| [spec.name.to_string(), spec.name.dead_letters()]);
    let lanes = QUEUES.iter().filter(|spec| spec.fair).map(|spec| spec.name.second_lane());
    let known: Vec<String> = known.chain(lanes).collect();
    loop {
        if let Ok(depths) = queue.depths(&known).await {
            for depth in depths {
                let label = OnQueue { queue: depth.queue };
                messages.get_or_create(&label).set(depth.messages);
                oldest.get_or_create(&label).set(depth.oldest_seconds);
            }
        }
        unreadable.inc_by(passed_over.times().saturating_sub(unreadable.get()));
        tokio::time::sleep(MEASURE).await;
    }
}
