//! What may happen to an order, and what follows from it. One exhaustive match decides; nothing else moves an order, or judges
//! what may happen to it. A file for each kind of command.
//!
//! Deliveries come twice and out of order, so every command is safe to repeat: a second one finds the first one's work
//! and says `Already`.

mod begin;
mod bill;
mod close;
mod pay;
mod series;
mod stuck;

pub use begin::{FIRST_EVENTS, Rejection, begin};
pub use bill::{NoNumber, Prospect, ensure_numberable, is_to_be_invoiced, prospect_of_invoice};
pub use close::{NotCancellable, decided_statuses, is_decided, statuses_without_workflow};
pub use pay::{
    Inquiry, PaymentAnswer, answer_of_payment, awaits_payment, inquiry, payment_key, payment_key_prefix,
    recorded_authorization, settled_payments, to_let_go,
};
pub use series::Series;
pub use stuck::{Closing, Stuck, is_stuck};

use crate::order::{State, StoredOrder};
use schemas::{
    api::order::Reason,
    event::{
        EventName,
        data::{OrderLine, OrderReserved},
    },
    money::Amount,
};
use serde_json::Value;
use time::{Date, OffsetDateTime};

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
    /// Its buyer wants it called off: from now on neither payment nor shipping overtakes that.
    AskToCancel,
    /// Call it off.
    Cancel,
    /// Give its stock to others if its time is up and no money can be held for it.
    Expire,
    /// Its invoice gets a number. Under the lock of the series only, or two orders get the same.
    GiveNumber {
        /// As printed, such as `2026-000042`.
        number: String,
        /// The invoice's date.
        issued_on: Date,
    },
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
            Self::AskForPayment
            | Self::AskForPaymentAfter { .. }
            | Self::RecordDecline { .. }
            | Self::RecordVoid
            | Self::AskToCancel
            | Self::GiveNumber { .. } => None,
            Self::RecordAuthorization { .. } => Some(EventName::PaymentAuthorized),
            Self::Confirm => Some(EventName::OrderConfirmed),
            Self::Reject { .. } | Self::Expire => Some(EventName::OrderRejected),
            Self::Cancel => Some(EventName::OrderCancelled),
            Self::RecordInvoice => Some(EventName::InvoiceIssued),
        }
    }
}

/// Decides what a command does to an order, and does it to the value given. For [`Command::Expire`], `now` MUST be of the
/// clock by which the reservation was given its end.
pub fn decide(order: &mut StoredOrder, command: &Command, now: OffsetDateTime) -> Verdict {
    let verdict = match command {
        Command::AskForPayment => pay::ask_for_payment(order, None),
        Command::AskForPaymentAfter { calls } => pay::ask_for_payment(order, Some(*calls)),
        Command::RecordAuthorization { authorization_id } => pay::record_authorization(order, authorization_id),
        Command::RecordDecline { code } => pay::record_decline(order, code),
        Command::RecordVoid => pay::record_void(order),
        Command::Confirm => close::confirm(order),
        Command::Reject { reason, detail } => close::reject(order, *reason, detail.clone()),
        Command::AskToCancel => close::ask_to_cancel(order),
        Command::Cancel => close::cancel(order),
        Command::Expire => close::expire(order, now),
        Command::GiveNumber { number, issued_on } => bill::give_number(order, number, *issued_on),
        Command::RecordInvoice => bill::record_invoice(order),
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

/// What events tell of an order: nothing personal, no payment token.
fn facts(order: &StoredOrder) -> OrderReserved<'_> {
    let lines = order.lines.iter().map(|line| OrderLine { sku: line.sku.as_str().into(), quantity: line.quantity });
    let total = order.total.map(|amount| Amount { amount, currency: order.currency });
    OrderReserved { currency: order.currency, total, lines: lines.collect() }
}
