//! A function that runs by the clock. One that fails is tried again in its turn.

use super::deadline;
use crate::{functions::Trigger, run::schedule::Handler};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::process::ExitCode;
use tokio::time::timeout_at;
use workflows::{steps::task::TaskError, wiring::Job};

/// Serves the ticks of a schedule.
pub async fn serve(job: Job) -> ExitCode {
    super::run(Trigger::Schedule(job), async |reach| {
        let ports = reach.wire().await?.ports;
        let handler = Handler::of(job, &ports)?;
        let answer = async |tick: LambdaEvent<Value>| {
            reach.renew_if_due().await;
            let until = deadline::of(&tick.context, ports.clock.as_ref());
            let run = match timeout_at(until, handler.run()).await {
                Ok(Ok(())) => Ok(json!({})),
                Ok(Err(error)) => Err(failed(error.chain())),
                Err(_) => Err(failed("the function's time ran out".to_owned())),
            };
            if run.is_err() {
                reach.renewal.doubt();
            }
            run
        };
        lambda_runtime::run(service_fn(answer)).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

fn failed(cause: String) -> Diagnostic {
    Diagnostic { error_type: TaskError::BUSY.to_owned(), error_message: cause }
}
