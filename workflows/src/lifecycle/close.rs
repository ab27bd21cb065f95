//! How an order comes to its end: confirmed, refused, or called off by its buyer.

use super::{Effects, Verdict, facts, pay::may_hold_money, silently, telling};
use crate::order::{State, StoredOrder};
use schemas::{
    api::order::{PaymentStatus, Reason, Status},
    event::{
        EventName,
        data::{self, OrderReserved},
    },
};
use serde_json::json;
use time::OffsetDateTime;

/// Whether its buyer can be told how it ended. What is confirmed while it is being called off will be cancelled, and a
/// checkout that is told before would thank for it.
pub fn is_decided(order: &StoredOrder) -> bool {
    order.state.status().is_decided() && !(order.state == State::Confirmed && order.cancel_requested)
}

/// The words of the states of which that can be so. Who searches many orders for those that are decided looks at these only.
pub fn decided_statuses() -> Vec<String> {
    words_of(|status| status.is_decided())
}

/// The words of the states in which no workflow has anything to do for an order any more. What is kept for an order's
/// workflow may be forgotten in these; a word that only a later release knows is none of them.
pub fn statuses_without_workflow() -> Vec<String> {
    words_of(|status| match status {
        Status::Submitted | Status::Reserved => false,
        Status::Confirmed | Status::Rejected | Status::Cancelled => true,
    })
}

fn words_of(which: impl Fn(Status) -> bool) -> Vec<String> {
    Status::ALL.iter().filter(|status| which(**status)).map(ToString::to_string).collect()
}

pub(super) fn confirm(order: &mut StoredOrder) -> Verdict {
    let held = order.payment.as_ref().is_some_and(|p| p.state == PaymentStatus::Authorized);
    let paid = held || order.is_free();
    match order.state {
        State::Reserved { .. } if paid && !order.cancel_requested => {
            order.state = State::Confirmed;
            let OrderReserved { currency, total, lines } = facts(order);
            telling(EventName::OrderConfirmed, json!(data::OrderConfirmed { currency, total, lines }))
        }
        State::Confirmed => Verdict::Already,
        State::Reserved { .. } | State::Rejected { .. } | State::Cancelled => Verdict::Refused,
    }
}

/// Why an order cannot be called off: it has come to another end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {0} cannot be cancelled")]
pub struct NotCancellable(Status);

impl NotCancellable {
    /// Why not this one, where the lifecycle refuses to call it off or to note the wish.
    pub fn why(order: &StoredOrder) -> Self {
        Self(order.state.status())
    }
}

/// Whether an order can be called off, or is already.
enum Cancellation {
    Possible,
    Done,
}

fn cancellation(order: &StoredOrder) -> Result<Cancellation, NotCancellable> {
    match order.state {
        State::Reserved { .. } | State::Confirmed => Ok(Cancellation::Possible),
        State::Cancelled => Ok(Cancellation::Done),
        State::Rejected { .. } => Err(NotCancellable::why(order)),
    }
}

/// The buyer's wish, which is a promise once it is noted: whatever else would close the order cancels it then.
pub(super) fn ask_to_cancel(order: &mut StoredOrder) -> Verdict {
    match cancellation(order) {
        Ok(Cancellation::Possible) if order.cancel_requested => Verdict::Already,
        Ok(Cancellation::Possible) => {
            order.cancel_requested = true;
            silently()
        }
        Ok(Cancellation::Done) => Verdict::Already,
        Err(NotCancellable(_)) => Verdict::Refused,
    }
}

/// An order whose buyer was promised that it will be cancelled ends as cancelled, whatever else would have closed it.
pub(super) fn reject(order: &mut StoredOrder, reason: Reason, detail: Option<String>) -> Verdict {
    match order.state {
        State::Reserved { .. } | State::Cancelled if order.cancel_requested => cancel(order),
        State::Reserved { .. } => {
            order.state = State::Rejected { reason, detail };
            let data = json!(data::OrderRejected { reason, detail: None, reserved: true });
            Verdict::Changed(Effects { event: Some((EventName::OrderRejected, data)), releases_stock: true })
        }
        State::Rejected { .. } => Verdict::Already,
        State::Confirmed | State::Cancelled => Verdict::Refused,
    }
}

pub(super) fn cancel(order: &mut StoredOrder) -> Verdict {
    match cancellation(order) {
        Ok(Cancellation::Possible) => {
            let data = json!(data::OrderCancelled { was: order.state.status(), reserved: true });
            order.state = State::Cancelled;
            Verdict::Changed(Effects { event: Some((EventName::OrderCancelled, data)), releases_stock: true })
        }
        Ok(Cancellation::Done) => Verdict::Already,
        Err(NotCancellable(_)) => Verdict::Refused,
    }
}

pub(super) fn expire(order: &mut StoredOrder, now: OffsetDateTime) -> Verdict {
    match order.state {
        State::Reserved { until } if until <= now && !may_hold_money(order) => {
            reject(order, Reason::ReservationExpired, None)
        }
        State::Rejected { reason: Reason::ReservationExpired, .. } => Verdict::Already,
        State::Cancelled if order.cancel_requested => Verdict::Already,
        State::Reserved { .. } | State::Rejected { .. } | State::Confirmed | State::Cancelled => Verdict::Refused,
    }
}
