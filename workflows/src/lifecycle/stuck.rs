//! What an order waits for when nobody is at work on it. Who looks for such orders finds them by index and by whether
//! anybody is at work; whether there is anything to do is judged here.

use super::{
    bill::is_to_be_invoiced,
    pay::{awaits_payment, may_be_held_by, to_let_go},
};
use crate::order::{State, StoredOrder};
use schemas::{every, ids::OrderId};

/// An order that waits for something that nobody is known to be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Reserved, and no workflow cares for it.
    Unattended(OrderId),
    /// Its cancellation was noted and nobody carries it out.
    CancelForgotten(OrderId),
    /// Confirmed without an invoice, or called off after its invoice got a number and before it was stored, and no
    /// message asks for one.
    Uninvoiced(OrderId),
    /// Refused or cancelled while money is held, and no message asks to let it go.
    Unvoided(OrderId),
    /// Refused or cancelled, and search was never told.
    Untold(OrderId),
}

impl Stuck {
    /// All that an order may be stuck for.
    pub const KINDS: [fn(OrderId) -> Self; 5] = every!(Self: Unattended, CancelForgotten, Uninvoiced, Unvoided, Untold);

    /// The order.
    pub fn order(self) -> OrderId {
        match self {
            Self::Unattended(id)
            | Self::CancelForgotten(id)
            | Self::Uninvoiced(id)
            | Self::Unvoided(id)
            | Self::Untold(id) => id,
        }
    }
}

/// A closed order, as the words say that are stored of it.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'w> {
    /// How it ended.
    pub status: &'w str,
    /// How its payment stands, if it has one.
    pub payment: Option<&'w str>,
    /// How a search shows it, if it does.
    pub shown: Option<&'w str>,
}

impl Closing<'_> {
    /// Whether money may be held for it. Then it may be [`Stuck::Unvoided`].
    pub fn is_unvoided(self) -> bool {
        self.payment.is_some_and(may_be_held_by)
    }

    /// Whether a search shows it otherwise. Then it may be [`Stuck::Untold`].
    pub fn is_untold(self) -> bool {
        self.shown != Some(self.status)
    }

    /// Whether nothing is left to do for it.
    pub fn is_settled(self) -> bool {
        !self.is_unvoided() && !self.is_untold()
    }
}

/// Whether the order is to be set going for that.
pub fn is_stuck(order: &StoredOrder, stuck: Stuck) -> bool {
    match stuck {
        Stuck::Unattended(_) => awaits_payment(order),
        Stuck::CancelForgotten(_) => order.cancel_requested && is_open(order),
        Stuck::Uninvoiced(_) => is_to_be_invoiced(order),
        Stuck::Unvoided(_) => to_let_go(order).is_some(),
        Stuck::Untold(_) => !is_open(order),
    }
}

/// Whether it can still be called off.
fn is_open(order: &StoredOrder) -> bool {
    match order.state {
        State::Reserved { .. } | State::Confirmed => true,
        State::Rejected { .. } | State::Cancelled => false,
    }
}
