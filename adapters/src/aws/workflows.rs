//! Workflows on Step Functions: one execution for each order, by its name.
//!
//! On a Standard state machine a name is taken once, so starting twice runs once. On an Express one it is not, and an
//! order that is told twice runs twice: its steps bear that, but cost twice.

use super::failures::{Asked, unavailable};
use async_trait::async_trait;
use aws_sdk_sfn::{Client, operation::start_execution::StartExecutionError, types::ExecutionStatus};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use futures_util::{StreamExt, stream};
use schemas::{ids::OrderId, kept::CheckoutInput};
use serde_json::json;
use workflows::ports::{Unavailable, Workflows};

const START: &str = "workflows.start_checkout";
/// Starts that are under way at once.
const AT_ONCE: usize = 16;

/// Workflows on Step Functions.
#[derive(Clone)]
pub struct StepFunctions {
    client: Client,
    checkout: String,
}

impl StepFunctions {
    /// Workflow `checkout` is the state machine of that ARN, which may name a version or an alias.
    pub fn new(client: Client, checkout: impl Into<String>) -> Self {
        Self { client, checkout: checkout.into() }
    }

    async fn start(&self, order: OrderId) -> Result<(), Unavailable> {
        let name = order.to_string();
        let request = self
            .client
            .start_execution()
            .state_machine_arn(&self.checkout)
            .name(&name)
            .input(json!(CheckoutInput { order_id: order }).to_string());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => self.go_on(&name).await,
            Err(error) => Err(unavailable(START, error)),
        }
    }

    /// Sees to the execution that has the name: one that ended without success goes on where it failed.
    async fn go_on(&self, name: &str) -> Result<(), Unavailable> {
        let execution = execution_arn(&self.checkout, name)
            .ok_or_else(|| Unavailable::at_fault(START, format!("{} names no state machine", self.checkout)))?;
        if !self.has_failed(&execution).await? {
            return Ok(());
        }
        let redriven = self.client.redrive_execution().execution_arn(&execution).send().await;
        let Err(error) = redriven else { return Ok(()) };
        // Somebody else may have been faster; then it runs, and all is well.
        let not_redrivable = error.as_service_error().is_some_and(|error| error.is_execution_not_redrivable());
        if not_redrivable && !self.has_failed(&execution).await? {
            return Ok(());
        }
        Err(unavailable("workflows.redrive", error))
    }

    async fn has_failed(&self, execution: &str) -> Result<bool, Unavailable> {
        let found = self.client.describe_execution().execution_arn(execution).send().await;
        Ok(is_failure(found.asked("workflows.describe")?.status()))
    }
}

#[async_trait]
impl Workflows for StepFunctions {
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable> {
        let starts: Vec<_> = orders.iter().map(|order| self.start(*order)).collect();
        // Every order gets its try before the first failure is told.
        let answers: Vec<Result<(), Unavailable>> = stream::iter(starts).buffer_unordered(AT_ONCE).collect().await;
        answers.into_iter().collect()
    }
}

fn is_taken(error: &SdkError<StartExecutionError, HttpResponse>) -> bool {
    error.as_service_error().is_some_and(StartExecutionError::is_execution_already_exists)
}

fn is_failure(status: &ExecutionStatus) -> bool {
    [ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted].contains(status)
}

/// The ARN of an execution, from that of its state machine: a version or an alias is no part of it.
fn execution_arn(state_machine: &str, name: &str) -> Option<String> {
    let mut parts = state_machine.splitn(8, ':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, kind, machine) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (kind == "stateMachine")
        .then(|| format!("{arn}:{partition}:{service}:{region}:{account}:execution:{machine}:{name}"))
}

#[cfg(test)]
#[path = "workflows_tests.rs"]
mod tests;
