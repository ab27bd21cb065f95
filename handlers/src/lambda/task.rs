//! A function that a workflow calls. Its errors bear the names that the workflow's Retry and Catch know.

use super::deadline;
use crate::{functions::Trigger, run::task::Handler};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::process::ExitCode;
use tokio::time::{Instant, timeout_at};
use workflows::{steps::task::TaskError, wiring::Task};

/// Serves the tasks of a workflow.
pub async fn serve(task: Task) -> ExitCode {
    super::run(Trigger::Workflow(task), async |reach| {
        let ports = reach.wire().await?.ports;
        let handler = Handler::of(task, &ports)?;
        let answer = async |event: LambdaEvent<Value>| {
            reach.renew_if_due().await;
            let until = deadline::of(&event.context, ports.clock.as_ref());
            let answered = answer(task, &handler, event.payload, until).await;
            if answered.is_err() {
                reach.renewal.doubt();
            }
            answered
        };
        lambda_runtime::run(service_fn(answer)).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

/// The error as Lambda reports it: Step Functions matches the type.
#[derive(Debug)]
struct Failed(TaskError);

impl From<Failed> for Diagnostic {
    fn from(Failed(error): Failed) -> Self {
        Self { error_type: error.error.to_owned(), error_message: error.cause }
    }
}

async fn answer(task: Task, handler: &Handler, payload: Value, until: Instant) -> Result<Value, Failed> {
    let answered = timeout_at(until, handler.call(payload)).await;
    answered.unwrap_or_else(|_| Err(out_of_time(task))).map_err(Failed)
}

/// A request for money that is cut short may or may not have been heard; everything else is safe to ask for again.
fn out_of_time(task: Task) -> TaskError {
    let error = match task {
        Task::AuthorizePayment => TaskError::PAYMENT_IN_DOUBT,
        Task::ResolvePayment | Task::ConfirmOrder | Task::RejectOrder | Task::AbandonPayment => TaskError::BUSY,
    };
    TaskError { error, cause: "the function's time ran out".to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::in_memory::{ports, shop};
    use serde_json::json;
    use std::{sync::Arc, time::Duration};
    use testing::{Fault, Shop};

    async fn diagnostic(task: Task, shop: &Arc<Shop>) -> Diagnostic {
        let payload = json!({ "order_id": shop.reserved(1) });
        let handler = Handler::of(task, &ports(shop)).unwrap();
        answer(task, &handler, payload, Instant::now() + Duration::from_secs(5)).await.unwrap_err().into()
    }

    #[tokio::test]
    async fn the_workflow_is_told_the_error_s_name() {
        let shop = shop();
        shop.faults.always("orders.", Fault::Away);
        let told = diagnostic(Task::RejectOrder, &shop).await;
        let expected =
            json!({ "errorType": "Sluice.BadInput", "errorMessage": "\"\" is no reason to refuse an order" });
        assert_eq!(serde_json::to_value(told).unwrap(), expected);
        assert_eq!(diagnostic(Task::ConfirmOrder, &shop).await.error_type, "Sluice.Busy");
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_request_for_money_is_in_doubt_when_the_time_runs_out() {
        let shop = shop();
        shop.faults.always("orders.", Fault::Hangs);
        assert_eq!(diagnostic(Task::AuthorizePayment, &shop).await.error_type, "Payment.InDoubt");
        assert_eq!(diagnostic(Task::ResolvePayment, &shop).await.error_type, "Sluice.Busy");
    }
}
