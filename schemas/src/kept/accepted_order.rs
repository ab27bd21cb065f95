//! An order that was accepted and waits for its turn: the body of a message on queue `intake`. Its request is kept in
//! `submissions.request` besides.

use crate::{api::order_request::OrderRequest, ids::OrderId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An accepted order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedOrder {
    /// Its id, given when it was accepted.
    pub id: OrderId,
    /// Who ordered: the subject of the bearer token.
    pub customer: String,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub accepted_at: OffsetDateTime,
    /// W3C trace context of the request it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// What was ordered.
    pub request: OrderRequest,
}
