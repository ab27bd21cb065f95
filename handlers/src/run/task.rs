//! The tasks of workflows, for both runtimes: one call of a task, from its payload to its answer.

use crate::ports::{NotWired, Ports};
use futures_util::FutureExt;
use serde_json::Value;
use std::{panic::AssertUnwindSafe, sync::Arc};
use workflows::{
    ports::{EventBus, Ledger, PaymentProvider},
    steps::{
        checkout::{
            abandon_payment::abandon_payment, authorize_payment::authorize_payment, confirm_order::confirm_order,
            reject_order::reject_order, resolve_payment::resolve_payment,
        },
        task::{TaskError, TaskInput},
    },
    wiring::Task,
};

/// What a workflow sees of a task that ended without an answer, as AWS names it.
pub const UNKNOWN: &str = "Lambda.Unknown";

/// A task of a workflow, with the ports that it needs.
#[derive(Clone)]
pub struct Handler {
    ledger: Arc<dyn Ledger>,
    bus: Arc<dyn EventBus>,
    needs: Needs,
}

#[derive(Clone)]
enum Needs {
    AuthorizePayment(Arc<dyn PaymentProvider>),
    ResolvePayment(Arc<dyn PaymentProvider>),
    ConfirmOrder,
    RejectOrder,
    AbandonPayment,
}

impl Handler {
    /// That task.
    ///
    /// # Errors
    /// If it needs what is not reached here.
    pub fn of(task: Task, ports: &Ports) -> Result<Self, NotWired> {
        let needs = match task {
            Task::AuthorizePayment => Needs::AuthorizePayment(ports.provider()?),
            Task::ResolvePayment => Needs::ResolvePayment(ports.provider()?),
            Task::ConfirmOrder => Needs::ConfirmOrder,
            Task::RejectOrder => Needs::RejectOrder,
            Task::AbandonPayment => Needs::AbandonPayment,
        };
        Ok(Self { ledger: ports.ledger.clone(), bus: ports.bus()?, needs })
    }

    /// Calls it.
    ///
    /// # Errors
    /// One that the workflow's Retry and Catch can name.
    pub async fn call(&self, payload: Value) -> Result<Value, TaskError> {
        let order = payload.get("order_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(order) = order else {
            let cause = "the payload names no order_id".to_owned();
            return Err(TaskError { error: TaskError::BAD_INPUT, cause });
        };
        let task = TaskInput { order, input: payload };
        // A panic is the end of this call only.
        let answered = AssertUnwindSafe(self.run(&task)).catch_unwind().await;
        answered.unwrap_or_else(|_| Err(TaskError { error: UNKNOWN, cause: "the function panicked".to_owned() }))
    }

    async fn run(&self, task: &TaskInput) -> Result<Value, TaskError> {
        let (ledger, bus) = (self.ledger.as_ref(), self.bus.as_ref());
        match &self.needs {
            Needs::AuthorizePayment(provider) => authorize_payment(ledger, provider.as_ref(), bus, task).await,
            Needs::ResolvePayment(provider) => resolve_payment(ledger, provider.as_ref(), bus, task).await,
            Needs::ConfirmOrder => confirm_order(ledger, bus, task).await,
            Needs::RejectOrder => reject_order(ledger, bus, task).await,
            Needs::AbandonPayment => abandon_payment(ledger, bus, task).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::in_memory::{ports, shop};
    use serde_json::json;
    use testing::{Fault, Mood, Shop};

    async fn call(task: Task, shop: &Arc<Shop>, payload: Value) -> Result<Value, TaskError> {
        Handler::of(task, &ports(shop)).unwrap().call(payload).await
    }

    async fn error_of(task: Task, shop: &Arc<Shop>, payload: Value) -> (&'static str, String) {
        let TaskError { error, cause } = call(task, shop, payload).await.unwrap_err();
        (error, cause)
    }

    #[tokio::test]
    async fn a_function_answers_what_became_of_the_order() {
        let shop = shop();
        let (unpaid, paid) = (shop.reserved(1), shop.paid(2));
        let authorized = call(Task::AuthorizePayment, &shop, json!({ "order_id": unpaid })).await;
        assert_eq!(authorized, Ok(json!({ "result": "authorized" })));
        let confirmed = call(Task::ConfirmOrder, &shop, json!({ "order_id": paid })).await;
        assert_eq!(confirmed, Ok(json!({ "status": "confirmed" })));
    }

    #[tokio::test]
    async fn a_payload_without_an_order_is_bad_input() {
        for payload in [json!({}), json!(null), json!({ "order_id": 7 }), json!({ "order_id": "7" })] {
            let (error, cause) = error_of(Task::ConfirmOrder, &shop(), payload).await;
            assert_eq!((error, cause.as_str()), ("Sluice.BadInput", "the payload names no order_id"));
        }
    }

    #[tokio::test]
    async fn errors_have_the_names_that_the_workflow_knows() {
        let shop = shop();
        let payload = json!({ "order_id": shop.reserved(1) });
        for (mood, name) in [(Mood::Slow, "Payment.InDoubt"), (Mood::Down, "Payment.Unavailable")] {
            shop.contents().provider.mood = mood;
            assert_eq!(error_of(Task::AuthorizePayment, &shop, payload.clone()).await.0, name);
        }
        shop.faults.always("orders.", Fault::Away);
        assert_eq!(error_of(Task::ConfirmOrder, &shop, payload.clone()).await.0, "Sluice.Busy");
        shop.faults.mend();
        shop.faults.always("orders.", Fault::Panics);
        let (error, cause) = error_of(Task::ConfirmOrder, &shop, payload).await;
        assert_eq!((error, cause.as_str()), ("Lambda.Unknown", "the function panicked"));
    }
}
