//! What triggers what, said once: the queues, the rules that feed them, and the schedules. The embedded runtime runs by
//! it, and the deployment template is held against it.

mod queue_name;

pub use queue_name::QueueName;

use schemas::{api::order::Status, event::EventName};
use serde_json::{Value, json};
use std::time::Duration;

/// How often a message is delivered before it is set aside.
pub const MAX_RECEIVES: i32 = 5;

/// A queue, and how it is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name.
    pub name: QueueName,
    /// The step that takes its messages.
    pub step: Step,
    /// The most messages the step takes at once; where a second lane waits behind the first, a quarter more of its messages.
    pub batch: i64,
    /// How many batches a process works on at once.
    pub concurrency: usize,
    /// The longest that a delivered message is in one hand. In one process the batch is given up then; SQS shows the message
    /// again then (its visibility timeout), so the function may take a sixth of it.
    pub in_hand: Duration,
    /// How long messages are gathered before a batch is taken, under load up to twice that: a transaction costs
    /// about the same for one order and for ten. On AWS this is the batching window.
    pub batching_window: Duration,
    /// Whether nobody waits behind one customer who has much waiting.
    pub fair: bool,
}

impl QueueSpec {
    /// The queue that triggers a step.
    pub fn of(step: Step) -> Option<&'static Self> {
        QUEUES.iter().find(|spec| spec.step == step)
    }
}

/// The steps that queues trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `steps::checkout::reserve_orders`.
    Reserve,
    /// `steps::billing::issue_invoices`.
    Invoice,
    /// `steps::upkeep::index_orders`.
    Index,
    /// `steps::checkout::cancel_order`.
    Cancel,
    /// `steps::checkout::void_payments`.
    Void,
    /// `steps::fulfilment::dispatch_orders`.
    Dispatch,
}

/// All queues.
pub const QUEUES: &[QueueSpec] = &[
    // One batch at a time: the writer of a hot SKU waits for nobody, and whoever comes meanwhile is in the next batch.
    QueueSpec {
        name: QueueName::Intake,
        step: Step::Reserve,
        batch: 250,
        concurrency: 1,
        in_hand: Duration::from_secs(60),
        batching_window: Duration::from_millis(20),
        fair: true,
    },
    QueueSpec {
        name: QueueName::Invoice,
        step: Step::Invoice,
        batch: 100,
        concurrency: 2,
        in_hand: Duration::from_secs(180),
        batching_window: Duration::from_millis(100),
        fair: false,
    },
    QueueSpec {
        name: QueueName::Index,
        step: Step::Index,
        batch: 500,
        concurrency: 1,
        in_hand: Duration::from_secs(60),
        batching_window: Duration::from_millis(200),
        fair: false,
    },
    QueueSpec {
        name: QueueName::Cancel,
        step: Step::Cancel,
        batch: 100,
        concurrency: 1,
        in_hand: Duration::from_secs(60),
        batching_window: Duration::from_millis(0),
        fair: false,
    },
    QueueSpec {
        name: QueueName::Void,
        step: Step::Void,
        batch: 100,
        concurrency: 2,
        in_hand: Duration::from_secs(180),
        batching_window: Duration::from_millis(50),
        fair: false,
    },
    QueueSpec {
        name: QueueName::Dispatch,
        step: Step::Dispatch,
        batch: 100,
        concurrency: 1,
        in_hand: Duration::from_secs(180),
        batching_window: Duration::from_millis(100),
        fair: false,
    },
];

/// The longest that a message or an execution is made to wait before it goes on: longer than any pause between two
/// deliveries and any in a workflow file. What is due later than that was written by a clock that was set back since.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The names of all queues that are worked on, second lanes among them.
pub fn queue_names() -> Vec<String> {
    let lanes = QUEUES.iter().filter(|queue| queue.fair).map(|queue| queue.name.second_lane());
    QUEUES.iter().map(|queue| queue.name.to_string()).chain(lanes).collect()
}

/// A rule of the event bus: what matches the pattern is put on the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The queue.
    pub queue: QueueName,
    /// An EventBridge event pattern.
    pub pattern: Value,
}

/// The events by which a warehouse hears that there is something to do.
pub const FOR_WAREHOUSES: [EventName; 2] = [EventName::OrderConfirmed, EventName::OrderCancelled];

/// All rules.
pub fn rules() -> Vec<Rule> {
    let named = |names: &[EventName]| names.iter().map(EventName::as_str).collect::<Vec<_>>();
    vec![
        Rule {
            name: "confirmed-orders-are-invoiced",
            queue: QueueName::Invoice,
            pattern: json!({ "detail-type": named(&[EventName::OrderConfirmed]) }),
        },
        Rule {
            // Each changes what a search shows. An order's first event always comes with its second.
            name: "changed-orders-are-indexed",
            queue: QueueName::Index,
            pattern: json!({ "detail-type": named(&[
                EventName::OrderReserved, EventName::OrderRejected, EventName::OrderConfirmed,
                EventName::OrderCancelled,
            ]) }),
        },
        Rule {
            // Only an order whose stock was held can have asked for money.
            name: "closed-orders-hold-no-money",
            queue: QueueName::Void,
            pattern: json!({
                "detail-type": named(&[EventName::OrderRejected, EventName::OrderCancelled]),
                "detail": { "data": { "reserved": [true] } },
            }),
        },
        Rule {
            // A warehouse has heard of no order that was cancelled before it was confirmed. Only a cancellation says
            // what the order was.
            name: "warehouses-hear-of-orders",
            queue: QueueName::Dispatch,
            pattern: json!({
                "detail-type": named(&FOR_WAREHOUSES),
                "detail": { "data": { "was": [{ "exists": false }, Status::Confirmed.as_str()] } },
            }),
        },
    ]
}

/// A job, and how often the clock runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What it does.
    pub job: Job,
    /// How often.
    pub every: Duration,
    /// Where it runs.
    pub runtimes: &'static [Runtime],
}

/// What the pipeline runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// One process, with everything in PostgreSQL.
    Embedded,
    /// AWS.
    Aws,
}

/// The jobs that the clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// `steps::checkout::expire_reservations`.
    Expire,
    /// `steps::upkeep::sweep`.
    Sweep,
    /// `steps::upkeep::forget`.
    Forget,
    /// `steps::billing::keep_documents`.
    KeepDocuments,
    /// `steps::upkeep::publish_catalogue`.
    PublishCatalogue,
}

impl Job {
    /// Its name, which is also that of its function where it has one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expire => "expire",
            Self::Sweep => "sweep",
            Self::Forget => "forget",
            Self::KeepDocuments => "keep-documents",
            Self::PublishCatalogue => "publish-catalogue",
        }
    }
}

const EVERYWHERE: &[Runtime] = &[Runtime::Embedded, Runtime::Aws];

/// All schedules.
pub const SCHEDULES: &[Schedule] = &[
    Schedule { job: Job::Expire, every: Duration::from_secs(10), runtimes: EVERYWHERE },
    Schedule { job: Job::Sweep, every: Duration::from_secs(30), runtimes: EVERYWHERE },
    // On AWS DynamoDB forgets keys and Step Functions its executions, each by a time to live of its own.
    Schedule { job: Job::Forget, every: Duration::from_secs(60), runtimes: &[Runtime::Embedded] },
    // A bucket of S3 looks after its own.
    Schedule { job: Job::KeepDocuments, every: Duration::from_secs(60), runtimes: &[Runtime::Embedded] },
    // In one process buyers read the order database's own catalogue.
    Schedule { job: Job::PublishCatalogue, every: Duration::from_secs(60), runtimes: &[Runtime::Aws] },
];

/// The schedules that run there.
pub fn schedules_of(runtime: Runtime) -> impl Iterator<Item = &'static Schedule> {
    SCHEDULES.iter().filter(move |schedule| schedule.runtimes.contains(&runtime))
}

/// The tasks of workflows, by the name of the function that the workflow file calls.
pub const TASKS: &[(&str, Task)] = &[
    ("AuthorizePaymentFunction", Task::AuthorizePayment),
    ("ResolvePaymentFunction", Task::ResolvePayment),
    ("ConfirmOrderFunction", Task::ConfirmOrder),
    ("RejectOrderFunction", Task::RejectOrder),
    ("AbandonPaymentFunction", Task::AbandonPayment),
];

/// A task of a workflow, which calls a function for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// `steps::checkout::authorize_payment`.
    AuthorizePayment,
    /// `steps::checkout::resolve_payment`.
    ResolvePayment,
    /// `steps::checkout::confirm_order`.
    ConfirmOrder,
    /// `steps::checkout::reject_order`.
    RejectOrder,
    /// `steps::checkout::abandon_payment`.
    AbandonPayment,
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::every;

    #[test]
    fn every_queue_is_worked_on_by_one_step_and_every_step_job_and_task_is_triggered_once() {
        for queue in QueueName::ALL {
            assert_eq!(QUEUES.iter().filter(|spec| spec.name == queue).count(), 1, "{queue}");
        }
        for step in every!(Step: Reserve, Invoice, Index, Cancel, Void, Dispatch) {
            assert_eq!(QUEUES.iter().filter(|spec| spec.step == step).count(), 1, "{step:?}");
        }
        for job in every!(Job: Expire, Sweep, Forget, KeepDocuments, PublishCatalogue) {
            assert_eq!(SCHEDULES.iter().filter(|schedule| schedule.job == job).count(), 1, "{job:?}");
        }
        for task in every!(Task: AuthorizePayment, ResolvePayment, ConfirmOrder, RejectOrder, AbandonPayment) {
            assert_eq!(TASKS.iter().filter(|(_, listed)| *listed == task).count(), 1, "{task:?}");
        }
    }
}
