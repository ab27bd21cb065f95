//! How an order begins: with its stock held, or refused.

use super::facts;
use crate::order::{State, StoredOrder};
use schemas::{
    api::order::Reason,
    event::{
        EventName,
        data::{OrderRejected, OrderSubmitted},
    },
    kept::{AcceptedOrder, StoredLine},
};
use serde_json::{Value, json};
use std::borrow::Cow;
use time::OffsetDateTime;

/// How many events an order begins with: that it was submitted, and what became of that. Whoever is told of it again is told
/// these.
pub const FIRST_EVENTS: i32 = 2;

/// What an accepted order could not be priced for, or given its stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// What exactly, in words.
    pub detail: Option<String>,
}

/// The order as it is stored first, with its first facts, from sequence 1 on. Of what was accepted the lines are those given,
/// which say what the catalogue knows of them; `held` says until when its stock is, or why there is none for it.
pub fn begin(
    accepted: AcceptedOrder,
    lines: Vec<StoredLine>,
    total: Option<i64>,
    held: Result<OffsetDateTime, Rejection>,
    now: OffsetDateTime,
) -> (StoredOrder, Vec<(EventName, Value)>) {
    let AcceptedOrder { id, customer, accepted_at, traceparent, request } = accepted;
    let state = match held {
        Ok(until) => State::Reserved { until },
        Err(Rejection { reason, detail }) => State::Rejected { reason, detail },
    };
    let order = StoredOrder {
        id,
        customer,
        state,
        version: FIRST_EVENTS,
        currency: request.currency,
        total,
        lines,
        email: request.email,
        shipping_address: request.shipping_address,
        billing_address: request.billing_address,
        payment_method: request.payment.method,
        payment: None,
        invoice: None,
        cancel_requested: false,
        traceparent,
        created_at: accepted_at,
        updated_at: now,
    };
    let told = first_facts(&order);
    (order, told.into())
}

fn first_facts(order: &StoredOrder) -> [(EventName, Value); 2] {
    let reserved = facts(order);
    let outcome = match &order.state {
        State::Rejected { reason, detail } => {
            let detail = Some(detail.as_deref().map(Cow::Borrowed));
            let data = OrderRejected { reason: *reason, detail, reserved: false };
            (EventName::OrderRejected, json!(data))
        }
        State::Reserved { .. } | State::Confirmed | State::Cancelled => (EventName::OrderReserved, json!(reserved)),
    };
    let submitted = OrderSubmitted { currency: reserved.currency, lines: reserved.lines };
    [(EventName::OrderSubmitted, json!(submitted)), outcome]
}
