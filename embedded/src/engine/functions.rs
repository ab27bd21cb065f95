//! The functions that the workflow calls, by the names of its file.

use crate::{asl::TaskOutcome, pipeline::parts::Parts};
use schemas::ids::OrderId;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;
use workflows::{
    steps::{
        abandon_payment::abandon_payment,
        authorize_payment::authorize_payment,
        confirm_order::confirm_order,
        reject_order::reject_order,
        resolve_payment::resolve_payment,
        task::{Task, TaskError},
    },
    wiring::{FUNCTIONS, Function},
};

/// Calls a function. The calls of many executions meet again behind the ports, where they share transactions.
pub(super) async fn call(parts: Arc<Parts>, name: &str, payload: Value, timeout: Duration) -> TaskOutcome {
    let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        return failed(TaskError::BAD_INPUT, format!("there is no function {name}"));
    };
    let Some(order) = order_of(&payload) else {
        return failed(TaskError::BAD_INPUT, "the payload names no order_id".to_owned());
    };
    let (answer, answered) = oneshot::channel();
    let tasks = vec![Task { order, input: payload, answer }];
    // On its own: a time-out of the workflow leaves a task to end in its own time, as a function on AWS would, and a
    // panic ends this task only.
    tokio::spawn(run(*function, parts, tasks));
    match tokio::time::timeout(timeout, answered).await {
        Ok(Ok(Ok(value))) => TaskOutcome::Returned(value),
        Ok(Ok(Err(error))) => failed(error.error, error.cause),
        Ok(Err(_)) => failed("Lambda.Unknown", "the function ended without an answer".to_owned()),
        Err(_) => TaskOutcome::TimedOut,
    }
}

fn failed(error: &str, cause: String) -> TaskOutcome {
    TaskOutcome::Failed { error: error.to_owned(), cause }
}

fn order_of(payload: &Value) -> Option<OrderId> {
    payload.get("order_id")?.as_str()?.parse().ok()
}

async fn run(function: Function, parts: Arc<Parts>, tasks: Vec<Task>) {
    let (orders, provider, bus) = (parts.orders.as_ref(), parts.provider.as_ref(), parts.bus.as_ref());
    match function {
        Function::AuthorizePayment => authorize_payment(orders, provider, bus, tasks).await,
        Function::ResolvePayment => resolve_payment(orders, provider, bus, tasks).await,
        Function::ConfirmOrder => confirm_order(orders, bus, tasks).await,
        Function::RejectOrder => reject_order(orders, bus, tasks).await,
        Function::AbandonPayment => abandon_payment(orders, provider, bus, tasks).await,
    }
}
