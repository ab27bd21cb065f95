//! The steps that run by the clock. Several processes may run the same one at once: each step is safe to repeat.

use super::parts::Parts;
use workflows::{
    ports::Unavailable,
    steps::{expire_reservations::expire_reservations, forget_keys::forget_keys, sweep::sweep},
    wiring::{Job, Schedule},
};

/// Runs a schedule until dropped.
pub(super) async fn keep(schedule: Schedule, parts: &Parts) {
    loop {
        tokio::time::sleep(schedule.every).await;
        if let Err(error) = run(schedule.job, parts).await {
            tracing::warn!(schedule = schedule.name, error = error.chain(), "failed; it runs again in its turn");
        }
    }
}

async fn run(job: Job, parts: &Parts) -> Result<(), Unavailable> {
    let (orders, bus) = (parts.orders.as_ref(), parts.bus.as_ref());
    match job {
        Job::Expire => {
            let expired = expire_reservations(orders, bus).await?;
            if expired > 0 {
                tracing::info!(expired, "reservations expired");
            }
        }
        Job::ForgetKeys => {
            let forgotten = forget_keys(parts.intake.as_ref(), parts.clock.as_ref()).await?;
            tracing::debug!(forgotten, "idempotency keys");
        }
        Job::Sweep => {
            let (workflows, queue) = (parts.workflows.as_ref(), parts.queue.as_ref());
            let stuck = sweep(orders, workflows, queue, bus, parts.clock.as_ref()).await?;
            if !stuck.is_empty() {
                tracing::warn!(?stuck, "orders were stuck and are set going again");
            }
        }
    }
    Ok(())
}
