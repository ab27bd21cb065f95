//! The schedules of the pipeline in one process: each job runs again and again, a while after it last ended. One that
//! does not end is cut off and counted, so that an alarm can ring: nobody would miss what it never came to.

use handlers::{api::Metrics, run::schedule::Handler};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};
use std::time::Duration;
use workflows::wiring::Schedule;

/// How long a run may take: what a function has for it on AWS.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    schedule: &'static str,
    outcome: &'static str,
}

/// Counts runs by how they ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs(Family<Ended, Counter>);

impl Runs {
    /// Registered among the API's metrics.
    pub(super) fn register(metrics: &Metrics) -> Self {
        let runs = Self::default();
        let help = "Runs of schedules; one that is cut_off took too long and is an alarm";
        metrics.register(|registry| registry.register("schedule_runs", help, runs.0.clone()));
        runs
    }

    fn count(&self, schedule: &'static str, outcome: &'static str) {
        self.0.get_or_create(&Ended { schedule, outcome }).inc();
    }
}

/// Runs a schedule until dropped.
pub(super) async fn keep(schedule: Schedule, handler: &Handler, runs: &Runs) {
    loop {
        tokio::time::sleep(schedule.every).await;
        let outcome = match tokio::time::timeout(LONGEST, handler.run()).await {
            Ok(Ok(())) => "done",
            Ok(Err(error)) => {
                tracing::warn!(
                    schedule = schedule.job.name(),
                    error = error.chain(),
                    "failed; it runs again in its turn"
                );
                "failed"
            }
            Err(_) => {
                tracing::error!(
                    schedule = schedule.job.name(),
                    "did not end in a minute and was cut off; it runs again"
                );
                "cut_off"
            }
        };
        runs.count(schedule.job.name(), outcome);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use handlers::ports::Ports;
    use testing::{Fault, Shop};
    use workflows::wiring::{Job, Runtime};

    #[tokio::test(start_paused = true)]
    async fn a_run_that_does_not_end_is_cut_off_and_counted() {
        let metrics = Metrics::default();
        let runs = Runs::register(&metrics);
        let shop = Shop::new();
        shop.faults.always("retention.forget", Fault::Hangs);
        let ports = Ports {
            retention: Some(shop.clone()),
            ..Ports::on_database(shop.clock.clone(), shop.clone(), shop.clone(), shop)
        };
        let handler = Handler::of(Job::Forget, &ports).unwrap();
        let every = Duration::from_secs(1);
        let schedule = Schedule { job: Job::Forget, every, runtimes: &[Runtime::Embedded] };
        drop(tokio::time::timeout(LONGEST * 3, keep(schedule, &handler, &runs)).await);
        let counted = runs.0.get_or_create(&Ended { schedule: "forget", outcome: "cut_off" }).get();
        assert_eq!(counted, 2, "and it runs again");
        assert!(
            metrics.text().unwrap().contains(r#"sluice_schedule_runs_total{schedule="forget",outcome="cut_off"} 2"#)
        );
    }
}
