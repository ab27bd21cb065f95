//! What release 0.1.0 reads of what is queued and kept, as it stood in its code: it refuses members that it does not know,
//! and wants those that it has. Releases run side by side, so what is written today must be read by these.
#![allow(dead_code, reason = "only whether they can be read is asked")]

use schemas::money::Currency;
use serde::Deserialize;
use serde_json::{Map, Value};
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
    data: Value,
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

#[derive(Debug, Deserialize)]
pub(crate) struct OrderMessage {
    order_id: Uuid,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StoredLine {
    sku: String,
    name: Option<String>,
    quantity: i64,
    unit_price: Option<i64>,
    tax_rate_bp: Option<u32>,
    warehouse: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Party {
    name: String,
    line1: String,
    line2: Option<String>,
    postal_code: String,
    city: String,
    country: String,
    vat_id: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Execution {
    identity: Identity,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    original_input: Option<Value>,
    state: String,
    input: Value,
    variables: Map<String, Value>,
    #[serde(with = "time::serde::rfc3339")]
    entered_at: OffsetDateTime,
    retries: Vec<u32>,
    visit: u32,
    events: u32,
    last_error: Option<Failure>,
    phase: Phase,
}

#[derive(Debug, Deserialize)]
struct Identity {
    execution_id: String,
    execution_name: String,
    state_machine_name: String,
}

#[derive(Debug, Deserialize)]
struct Failure {
    error: String,
    cause: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
enum Phase {
    Calling,
    Waiting {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    Retrying {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    Succeeded {
        output: Value,
    },
    Failed {
        error: String,
        cause: String,
    },
}
