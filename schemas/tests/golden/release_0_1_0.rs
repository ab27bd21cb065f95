//! What release 0.1.0 reads of what is queued and kept, as it stood in its code: it refuses members that it does not know,
//! and wants those that it has. Releases run side by side, so what is written today must be read by these.
#![allow(dead_code, reason = "only whether they can be read is asked")]

use schemas::money::Currency;
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub(crate) struct AcceptedOrder {
    id: Uuid,
    customer: String,
    #[serde(with = "time::serde::rfc3339")]
    accepted_at: OffsetDateTime,
    traceparent: Option<String>,
    request: OrderRequest,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderRequest {
    currency: Currency,
    lines: Vec<LineRequest>,
    expected_total: Option<Amount>,
    email: String,
    shipping_address: Address,
    billing_address: Option<Address>,
    payment: PaymentRequest,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRequest {
    sku: String,
    quantity: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentRequest {
    method: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount: i64,
    currency: Currency,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    postal_code: String,
    country: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    specversion: String,
    id: Uuid,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    sequence: i32,
    traceparent: Option<String>,
    datacontenttype: String,
    data: serde_json::Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FulfilmentOrder {
    order_id: Uuid,
    warehouse: String,
    lines: Vec<FulfilmentLine>,
    ship_to: Option<Address>,
}

#[derive(Debug, Deserialize)]
struct FulfilmentLine {
    sku: String,
    quantity: i64,
}
