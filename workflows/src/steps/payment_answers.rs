//! What the tasks that ask for money have in common, whoever is asked: the provider's word is written into the ledger,
//! told, and answered to the workflow in the same words.

use super::task::TaskError;
use crate::{
    lifecycle::{Command, awaits_payment},
    order::{State, StoredOrder},
    ports::{Applied, Authorization, EventBus, Ledger, ProviderError},
};
use schemas::{api::order::PaymentStatus, ids::OrderId};
use serde_json::{Value, json};

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
    Ok(known_answer(&order))
}

/// The answer for an order that needs no payment any more.
pub(super) fn closed() -> Value {
    json!({ "result": "closed" })
}

/// The provider's earlier word that it holds the money, also if that was let go since.
pub(super) fn recorded_authorization(order: &StoredOrder) -> Option<Authorization> {
    let id = order.payment.as_ref()?.authorization_id.clone()?;
    Some(Authorization::Authorized { id })
}

/// The answer for a payment that needs no asking. `closed` ends the workflow, so it is said of no order that waits for
/// the workflow alone.
pub(super) fn known_answer(order: &StoredOrder) -> Value {
    if order.is_free() && (awaits_payment(order) || order.state == State::Confirmed) {
        return json!({ "result": "authorized" });
    }
    match order.payment.as_ref().map(|p| (p.state, &p.code)) {
        Some((PaymentStatus::Voided, _)) if awaits_payment(order) => json!({ "result": "voided" }),
        Some((PaymentStatus::Authorized, _)) => json!({ "result": "authorized" }),
        Some((PaymentStatus::Declined, code)) => json!({ "result": "declined", "code": code }),
        Some((PaymentStatus::Pending | PaymentStatus::Voided, _)) | None => json!({ "result": "closed" }),
    }
}

pub(super) fn as_task_error(error: &ProviderError) -> TaskError {
    let name = match error {
        ProviderError::Unavailable(_) => TaskError::PAYMENT_UNAVAILABLE,
        ProviderError::InDoubt => TaskError::PAYMENT_IN_DOUBT,
    };
    TaskError { error: name, cause: error.to_string() }
}
