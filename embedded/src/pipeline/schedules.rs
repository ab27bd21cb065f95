//! The schedules of the pipeline in one process: each job runs again and again, a while after it last ended.

use handlers::{ports::Ports, schedule};
use workflows::wiring::Schedule;

/// Runs a schedule until dropped.
pub(super) async fn keep(schedule: Schedule, ports: &Ports) {
    loop {
        tokio::time::sleep(schedule.every).await;
        if let Err(error) = schedule::run(schedule.job, ports).await {
            tracing::warn!(schedule = schedule.name, error = error.chain(), "failed; it runs again in its turn");
        }
    }
}
