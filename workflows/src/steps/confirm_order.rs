//! Workflow task: the money is held, so the order is promised to its buyer.

use super::task::Task;
use crate::{
    lifecycle::Command,
    ports::{EventBus, Orders},
};

/// Answers `{status}`: `confirmed`, or how it was closed while the payment was under way; then its money is let go by
/// the queue that follows every closed order.
pub async fn confirm_order(orders: &dyn Orders, bus: &dyn EventBus, tasks: Vec<Task>) {
    super::reject_order::carry_out(orders, bus, tasks, |_| Ok(Command::Confirm)).await;
}
