//! What the tasks that ask for money have in common, whoever is asked: the provider's word is written into the ledger,
//! told, and answered to the workflow in the same words.

use crate::{
    lifecycle::{Command, PaymentAnswer, answer_of_payment},
    ports::{Applied, Authorization, EventBus, Ledger, ProviderError},
    steps::task::TaskError,
};
use schemas::{ids::OrderId, kept::PaymentOutput};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Writes the provider's word into the ledger, tells of it, and answers.
pub(super) async fn record(
    ledger: &dyn Ledger,
    bus: &dyn EventBus,
    order: OrderId,
    authorization: Authorization,
) -> Result<Value, TaskError> {
    let command = match authorization {
        Authorization::Authorized { id } => Command::RecordAuthorization { authorization_id: id },
        Authorization::Declined { code } => Command::RecordDecline { code },
        Authorization::Voided => Command::RecordVoid,
    };
    let Applied::Order { order, events, .. } = ledger.apply_one(order, command).await? else { return Ok(closed()) };
    bus.publish(&events).await?;
    Ok(answer(answer_of_payment(&order)))
}

/// The answer for an order that needs no payment any more.
pub(super) fn closed() -> Value {
    json!(PaymentOutput::Closed)
}

/// The answer for a payment that needs no asking. `closed` ends the workflow, so it is said of no order that waits for
/// the workflow alone.
pub(super) fn answer(known: PaymentAnswer<'_>) -> Value {
    json!(match known {
        PaymentAnswer::Authorized => PaymentOutput::Authorized,
        PaymentAnswer::Declined { code } => PaymentOutput::Declined { code: code.map(Cow::Borrowed) },
        PaymentAnswer::Voided => PaymentOutput::Voided,
        PaymentAnswer::Closed => PaymentOutput::Closed,
    })
}

pub(super) fn as_task_error(error: &ProviderError) -> TaskError {
    let name = match error {
        ProviderError::Unavailable(_) => TaskError::PAYMENT_UNAVAILABLE,
        ProviderError::InDoubt => TaskError::PAYMENT_IN_DOUBT,
    };
    TaskError { error: name, cause: error.to_string() }
}
