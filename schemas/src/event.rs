//! Events: past facts about an order, as CloudEvents 1.0 JSON. They carry no personal data and no payment token.

use crate::{
    ids::OrderId,
    order::{UnknownWord, words},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

words! {
    /// What happened.
    EventName {
        /// An order was taken up.
        OrderSubmitted = "OrderSubmitted",
        /// Its stock is held.
        OrderReserved = "OrderReserved",
        /// It was refused.
        OrderRejected = "OrderRejected",
        /// The provider holds the money.
        PaymentAuthorized = "PaymentAuthorized",
        /// It is paid for.
        OrderConfirmed = "OrderConfirmed",
        /// It was called off.
        OrderCancelled = "OrderCancelled",
        /// It left the warehouse.
        OrderShipped = "OrderShipped",
        /// The money was taken.
        PaymentCaptured = "PaymentCaptured",
        /// The money was given back.
        PaymentRefunded = "PaymentRefunded",
        /// It has its invoice.
        InvoiceIssued = "InvoiceIssued",
        /// The stock of a SKU changed.
        StockChanged = "StockChanged",
    }
}

/// A CloudEvent of the pipeline. Consumers dedupe by `source` and `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within the source.
    pub id: Uuid,
    /// `sluice/<stage>`: which installation says it.
    #[schema(example = "sluice/local")]
    pub source: String,
    /// `sluice.<EventName>.v1`.
    #[serde(rename = "type")]
    #[schema(example = "sluice.OrderConfirmed.v1")]
    pub kind: String,
    /// The order.
    pub subject: OrderId,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// 1 for the order's first event, then one more each, without a gap.
    pub sequence: i32,
    /// W3C trace context of the request that the order came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// The facts.
    pub data: serde_json::Value,
}

impl Event {
    /// The bare name, if the type is one of ours.
    pub fn name(&self) -> Option<EventName> {
        let name = self.kind.strip_prefix("sluice.")?.strip_suffix(".v1")?;
        name.parse().ok()
    }

    /// The `type` of an event of that name.
    pub fn kind_of(name: EventName) -> String {
        format!("sluice.{name}.v1")
    }
}
