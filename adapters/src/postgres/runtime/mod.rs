//! What AWS has services for, in PostgreSQL: accepted orders, queues, events, executions of workflows, who is at work on them,
//! and how long all of that is kept.

pub mod bell;
pub mod changes;
pub mod dead_letters;
pub mod event_bus;
pub mod executions;
pub mod floor;
pub mod instances;
pub mod intake;
pub mod lease;
pub mod queue;
pub mod queue_depths;
pub mod retention;
