//! What may happen to an order's money: asking for it, the provider's word, and letting it go.

use super::{Verdict, silently, telling};
use crate::order::{State, StoredOrder, StoredPayment};
use schemas::{
    api::order::PaymentStatus,
    event::{EventName, data},
    ids::OrderId,
    money::Amount,
};
use serde_json::json;

/// The key that every call to the provider for this order's money carries.
pub fn payment_key(order: &StoredOrder) -> String {
    format!("{}-authorize-1", payment_key_prefix(order.id))
}

/// What the keys of an order begin with. Keys are in the order of the orders' ids, whoever sorts them.
pub fn payment_key_prefix(order: OrderId) -> String {
    format!("order-{order}")
}

/// Whether nothing but its payment is to happen to the order. One that its buyer called off is in the hand of queue
/// `cancel`.
pub fn awaits_payment(order: &StoredOrder) -> bool {
    match order.state {
        State::Reserved { .. } => !order.cancel_requested,
        State::Confirmed | State::Rejected { .. } | State::Cancelled => false,
    }
}

/// What is known of an order's payment, for the workflow that goes on by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentAnswer<'o> {
    /// The money is held, or none is wanted.
    Authorized,
    /// The provider refused.
    Declined {
        /// Its code.
        code: Option<&'o str>,
    },
    /// The key was closed before any money was held on it, and the order still waits.
    Voided,
    /// Nothing is to be paid any more.
    Closed,
}

/// What the ledger answers for the provider.
pub fn answer_of_payment(order: &StoredOrder) -> PaymentAnswer<'_> {
    if order.is_free() && (awaits_payment(order) || order.state == State::Confirmed) {
        return PaymentAnswer::Authorized;
    }
    match order.payment.as_ref().map(|payment| (payment.state, payment.code.as_deref())) {
        Some((PaymentStatus::Voided, _)) if awaits_payment(order) => PaymentAnswer::Voided,
        Some((PaymentStatus::Authorized, _)) => PaymentAnswer::Authorized,
        Some((PaymentStatus::Declined, code)) => PaymentAnswer::Declined { code },
        Some((PaymentStatus::Pending | PaymentStatus::Voided, _)) | None => PaymentAnswer::Closed,
    }
}

/// How the provider's word on an order's money is come by, if it is not known that it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inquiry<'o> {
    /// It was to be asked, and its answer is not known: its books have it.
    Books {
        /// What every call to it carried.
        key: &'o str,
        /// How often it was to be asked.
        calls: i32,
    },
    /// Nobody was about to ask it yet.
    NeverAsked,
    /// It held the money, whatever became of that since.
    Held {
        /// Its name for the money.
        authorization_id: &'o str,
    },
    /// There is nothing to ask it for.
    Known(PaymentAnswer<'o>),
}

/// Where to look for the provider's word.
pub fn inquiry(order: &StoredOrder) -> Inquiry<'_> {
    match &order.payment {
        _ if order.is_free() => Inquiry::Known(answer_of_payment(order)),
        Some(payment) if payment.state == PaymentStatus::Pending => {
            Inquiry::Books { key: &payment.key, calls: payment.calls }
        }
        None if awaits_payment(order) => Inquiry::NeverAsked,
        Some(_) | None => match recorded_authorization(order) {
            Some(authorization_id) => Inquiry::Held { authorization_id },
            None => Inquiry::Known(answer_of_payment(order)),
        },
    }
}

/// The provider's name for the money that it once said it held for the order, also if that was let go since.
pub fn recorded_authorization(order: &StoredOrder) -> Option<&str> {
    order.payment.as_ref()?.authorization_id.as_deref()
}

/// Whether the provider holds money for it, or may: then its workflow goes on until the provider's word decides, however
/// late that comes. A buyer who paid is refused by no clock.
pub(super) fn may_hold_money(order: &StoredOrder) -> bool {
    order.payment.as_ref().is_some_and(|payment| may_be_held(payment.state))
}

fn may_be_held(payment: PaymentStatus) -> bool {
    match payment {
        PaymentStatus::Pending | PaymentStatus::Authorized => true,
        PaymentStatus::Declined | PaymentStatus::Voided => false,
    }
}

/// Whether that is the word of a payment for which the provider may hold money. One that only a later release knows is.
pub(super) fn may_be_held_by(word: &str) -> bool {
    word.parse().map_or(true, may_be_held)
}

/// The words of payments for which the provider holds nothing any more. Who searches many orders for those whose money may be
/// held passes over these: a word that only a later release knows is none of them.
pub fn settled_payments() -> Vec<String> {
    PaymentStatus::ALL.iter().filter(|payment| !may_be_held(**payment)).map(ToString::to_string).collect()
}

/// The payment whose money is to be let go: that of an order that is closed, as long as any is held or may be.
pub fn to_let_go(order: &StoredOrder) -> Option<&StoredPayment> {
    match order.state {
        State::Rejected { .. } | State::Cancelled if may_hold_money(order) => order.payment.as_ref(),
        State::Reserved { .. } | State::Confirmed | State::Rejected { .. } | State::Cancelled => None,
    }
}

pub(super) fn ask_for_payment(order: &mut StoredOrder, earlier: Option<i32>) -> Verdict {
    match (&order.state, order.payment.as_mut(), order.total) {
        (State::Reserved { .. }, _, _) if order.cancel_requested => Verdict::Refused,
        // Nobody is asked for no money.
        (State::Reserved { .. }, _, Some(0)) => Verdict::Already,
        (State::Reserved { .. }, None, Some(total)) => {
            order.payment = Some(StoredPayment {
                key: payment_key(order),
                state: PaymentStatus::Pending,
                amount: Amount { amount: total, currency: order.currency },
                authorization_id: None,
                code: None,
                calls: earlier.unwrap_or_default().saturating_add(1),
            });
            silently()
        }
        (State::Reserved { .. }, Some(payment), _) => match payment.state {
            PaymentStatus::Pending => {
                payment.calls = match earlier {
                    Some(calls) => payment.calls.max(calls.saturating_add(1)),
                    None => payment.calls.saturating_add(1),
                };
                silently()
            }
            PaymentStatus::Authorized | PaymentStatus::Declined => Verdict::Already,
            PaymentStatus::Voided => Verdict::Refused,
        },
        (State::Reserved { .. }, None, None) => Verdict::Refused,
        (State::Confirmed, _, _) => Verdict::Already,
        (State::Rejected { .. } | State::Cancelled, _, _) => Verdict::Refused,
    }
}

/// The money is held whatever became of the order meanwhile, so the ledger takes it in every state: what is closed gets
/// its money back by the same queue as any other.
pub(super) fn record_authorization(order: &mut StoredOrder, authorization_id: &str) -> Verdict {
    let Some(payment) = order.payment.as_mut() else { return Verdict::Refused };
    match payment.state {
        PaymentStatus::Pending => {
            payment.state = PaymentStatus::Authorized;
            payment.authorization_id = Some(authorization_id.to_owned());
            telling(EventName::PaymentAuthorized, json!(data::PaymentAuthorized { amount: payment.amount }))
        }
        PaymentStatus::Authorized => Verdict::Already,
        // It was recorded, and let go since. Whoever should hear that it was held may not have heard.
        PaymentStatus::Voided if payment.authorization_id.as_deref() == Some(authorization_id) => Verdict::Already,
        PaymentStatus::Declined | PaymentStatus::Voided => Verdict::Refused,
    }
}

pub(super) fn record_decline(order: &mut StoredOrder, code: &str) -> Verdict {
    let Some(payment) = order.payment.as_mut() else { return Verdict::Refused };
    match payment.state {
        PaymentStatus::Pending => {
            payment.state = PaymentStatus::Declined;
            payment.code = Some(code.to_owned());
            silently()
        }
        PaymentStatus::Declined => Verdict::Already,
        PaymentStatus::Authorized | PaymentStatus::Voided => Verdict::Refused,
    }
}

pub(super) fn record_void(order: &mut StoredOrder) -> Verdict {
    let Some(payment) = order.payment.as_mut() else { return Verdict::Already };
    match payment.state {
        PaymentStatus::Pending | PaymentStatus::Authorized if order.state == State::Confirmed => Verdict::Refused,
        PaymentStatus::Pending | PaymentStatus::Authorized => {
            payment.state = PaymentStatus::Voided;
            silently()
        }
        PaymentStatus::Declined | PaymentStatus::Voided => Verdict::Already,
    }
}
