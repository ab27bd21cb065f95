//! What may happen to an order, and what follows from it. One exhaustive match decides; nothing else moves an order.
//!
//! Deliveries come twice and out of order, so every command is safe to repeat: a second one finds the first one's work
//! and says `Already`.

use crate::order::{State, StoredInvoice, StoredOrder, StoredPayment};
use schemas::{
    event::EventName,
    ids::OrderId,
    money::Amount,
    order::{PaymentStatus, Reason},
};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// What somebody wants to be done to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The provider is about to be asked for the money, by a workflow that does not say how often it was asked before.
    AskForPayment,
    /// The same, after so many calls that came to nothing. Said again, it counts no second call: the answer to it may have
    /// been lost before the provider was asked.
    AskForPaymentAfter {
        /// Calls before this one.
        calls: i32,
    },
    /// The provider holds the money.
    RecordAuthorization {
        /// The provider's name for it.
        authorization_id: String,
    },
    /// The provider refused.
    RecordDecline {
        /// Its code.
        code: String,
    },
    /// Nothing is held at the provider, and nothing can be any more. Of a confirmed order this is never so: only what
    /// is closed has its money let go.
    RecordVoid,
    /// Paid for: promise it to the buyer.
    Confirm,
    /// Refuse it.
    Reject {
        /// Why.
        reason: Reason,
        /// What exactly, in words.
        detail: Option<String>,
    },
    /// Call it off.
    Cancel,
    /// Give its stock to others if its time is up and no money can be held for it.
    Expire,
    /// Its invoice is in the document store.
    RecordInvoice,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The order was changed.
    Changed(Effects),
    /// It was done before: what followed from it is told again.
    Already,
    /// The order stands where this cannot happen any more.
    Refused,
}

/// What follows from a change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Effects {
    /// The fact to be told, if it is of interest outside.
    pub event: Option<(EventName, Value)>,
    /// The order's units go back to the free stock.
    pub releases_stock: bool,
}

impl Command {
    /// The event that told of it when it was done to the order, as it is now.
    pub fn event_name(&self, order: &StoredOrder) -> Option<EventName> {
        match self {
            // What its buyer had called off by then was cancelled.
            Self::Reject { .. } | Self::Expire if order.state == State::Cancelled => Some(EventName::OrderCancelled),
            Self::AskForPayment | Self::AskForPaymentAfter { .. } | Self::RecordDecline { .. } | Self::RecordVoid => {
                None
            }
            Self::RecordAuthorization { .. } => Some(EventName::PaymentAuthorized),
            Self::Confirm => Some(EventName::OrderConfirmed),
            Self::Reject { .. } | Self::Expire => Some(EventName::OrderRejected),
            Self::Cancel => Some(EventName::OrderCancelled),
            Self::RecordInvoice => Some(EventName::InvoiceIssued),
        }
    }
}

/// The key that every call to the provider for this order's money carries.
pub fn payment_key(order: &StoredOrder) -> String {
    format!("{}-authorize-1", payment_key_prefix(order.id))
}

/// What the keys of an order begin with. Keys are in the order of the orders' ids, whoever sorts them.
pub fn payment_key_prefix(order: OrderId) -> String {
    format!("order-{order}")
}

/// Decides what a command does to an order, and does it to the value given. For [`Command::Expire`], `now` MUST be of the
/// clock by which the reservation was given its end.
pub fn decide(order: &mut StoredOrder, command: &Command, now: OffsetDateTime) -> Verdict {
    let verdict = match command {
        Command::AskForPayment => ask_for_payment(order, None),
        Command::AskForPaymentAfter { calls } => ask_for_payment(order, Some(*calls)),
        Command::RecordAuthorization { authorization_id } => record_authorization(order, authorization_id),
        Command::RecordDecline { code } => record_decline(order, code),
        Command::RecordVoid => record_void(order),
        Command::Confirm => confirm(order),
        Command::Reject { reason, detail } => reject(order, *reason, detail.clone()),
        Command::Cancel => cancel(order),
        Command::Expire => expire(order, now),
        Command::RecordInvoice => record_invoice(order),
    };
    if let Verdict::Changed(effects) = &verdict {
        order.updated_at = now;
        if effects.event.is_some() {
            order.version += 1;
        }
    }
    verdict
}

fn silently() -> Verdict {
    Verdict::Changed(Effects::default())
}

fn telling(name: EventName, data: Value) -> Verdict {
    Verdict::Changed(Effects { event: Some((name, data)), releases_stock: false })
}

fn ask_for_payment(order: &mut StoredOrder, earlier: Option<i32>) -> Verdict {
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
fn record_authorization(order: &mut StoredOrder, authorization_id: &str) -> Verdict {
    let Some(payment) = order.payment.as_mut() else { return Verdict::Refused };
    match payment.state {
        PaymentStatus::Pending => {
            payment.state = PaymentStatus::Authorized;
            payment.authorization_id = Some(authorization_id.to_owned());
            telling(EventName::PaymentAuthorized, json!({ "amount": payment.amount }))
        }
        PaymentStatus::Authorized => Verdict::Already,
        // It was recorded, and let go since. Whoever should hear that it was held may not have heard.
        PaymentStatus::Voided if payment.authorization_id.as_deref() == Some(authorization_id) => Verdict::Already,
        PaymentStatus::Declined | PaymentStatus::Voided => Verdict::Refused,
    }
}

fn record_decline(order: &mut StoredOrder, code: &str) -> Verdict {
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

fn record_void(order: &mut StoredOrder) -> Verdict {
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

fn confirm(order: &mut StoredOrder) -> Verdict {
    let held = order.payment.as_ref().is_some_and(|p| p.state == PaymentStatus::Authorized);
    let paid = held || order.is_free();
    match order.state {
        State::Reserved { .. } if paid && !order.cancel_requested => {
            order.state = State::Confirmed;
            telling(EventName::OrderConfirmed, facts(order))
        }
        State::Confirmed => Verdict::Already,
        State::Reserved { .. } | State::Rejected { .. } | State::Cancelled => Verdict::Refused,
    }
}

/// An order whose buyer was promised that it will be cancelled ends as cancelled, whatever else would have closed it.
fn reject(order: &mut StoredOrder, reason: Reason, detail: Option<String>) -> Verdict {
    match order.state {
        State::Reserved { .. } | State::Cancelled if order.cancel_requested => cancel(order),
        State::Reserved { .. } => {
            order.state = State::Rejected { reason, detail };
            let data = json!({ "reason": reason, "reserved": true });
            Verdict::Changed(Effects { event: Some((EventName::OrderRejected, data)), releases_stock: true })
        }
        State::Rejected { .. } => Verdict::Already,
        State::Confirmed | State::Cancelled => Verdict::Refused,
    }
}

fn cancel(order: &mut StoredOrder) -> Verdict {
    match order.state {
        State::Reserved { .. } | State::Confirmed => {
            let data = json!({ "was": order.state.status(), "reserved": true });
            order.state = State::Cancelled;
            Verdict::Changed(Effects { event: Some((EventName::OrderCancelled, data)), releases_stock: true })
        }
        State::Cancelled => Verdict::Already,
        State::Rejected { .. } => Verdict::Refused,
    }
}

fn expire(order: &mut StoredOrder, now: OffsetDateTime) -> Verdict {
    match order.state {
        State::Reserved { until } if until <= now && !may_hold_money(order) => {
            reject(order, Reason::ReservationExpired, None)
        }
        State::Rejected { reason: Reason::ReservationExpired, .. } => Verdict::Already,
        State::Cancelled if order.cancel_requested => Verdict::Already,
        State::Reserved { .. } | State::Rejected { .. } | State::Confirmed | State::Cancelled => Verdict::Refused,
    }
}

/// Whether the provider holds money for it, or may: then its workflow goes on until the provider's word decides, however
/// late that comes. A buyer who paid is refused by no clock.
fn may_hold_money(order: &StoredOrder) -> bool {
    order.payment.as_ref().is_some_and(|payment| match payment.state {
        PaymentStatus::Pending | PaymentStatus::Authorized => true,
        PaymentStatus::Declined | PaymentStatus::Voided => false,
    })
}

fn record_invoice(order: &mut StoredOrder) -> Verdict {
    let id = order.id;
    match order.invoice.as_mut() {
        Some(StoredInvoice { stored: true, .. }) => Verdict::Already,
        Some(invoice) => {
            invoice.stored = true;
            let href = format!("/v1/orders/{id}/invoice");
            let data = json!({ "number": invoice.number, "issued_on": invoice.issued_on.to_string(), "href": href });
            telling(EventName::InvoiceIssued, data)
        }
        None => Verdict::Refused,
    }
}

/// What events tell of an order: nothing personal, no payment token.
pub fn facts(order: &StoredOrder) -> Value {
    let lines: Vec<Value> =
        order.lines.iter().map(|line| json!({ "sku": line.sku, "quantity": line.quantity })).collect();
    let total = order.total.map(|amount| Amount { amount, currency: order.currency });
    json!({ "currency": order.currency, "total": total, "lines": lines })
}
