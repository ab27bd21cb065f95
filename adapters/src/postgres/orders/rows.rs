//! Orders and events between rows and values, in one place for all ports of orders.

use super::PgOrders;
use crate::postgres::{
    Asked,
    folding::spaced,
    passed_over::PassedOver,
    timestamps::{Day, Timestamp},
    unreadable,
};
use schemas::{
    api::order::Status,
    event::{Event, EventName},
    ids::OrderId,
    money::Amount,
    words::UnknownWord,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use sqlx::{PgConnection, Postgres, pool::PoolConnection, types::Json};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{
    issued_invoice::SeriesPosition,
    order::{State, StoredInvoice, StoredOrder, StoredPayment},
    ports::Unavailable,
};

/// A row of `orders.load`.
struct OrderRow {
    id: Uuid,
    customer: String,
    status: String,
    reason: Option<String>,
    detail: Option<String>,
    version: i32,
    currency: String,
    total: Option<i64>,
    // Read apart from the row, so that what cannot be read is one order and not all that were asked for with it.
    lines: Json<Box<RawValue>>,
    email: String,
    shipping_address: Json<Box<RawValue>>,
    billing_address: Option<Json<Box<RawValue>>>,
    payment_method: String,
    reserved_until: Option<Timestamp>,
    cancel_requested_at: Option<Timestamp>,
    traceparent: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    payment_key: Option<String>,
    payment_state: Option<String>,
    payment_amount: Option<i64>,
    authorization_id: Option<String>,
    payment_code: Option<String>,
    payment_calls: Option<i32>,
    invoice_year: Option<i32>,
    invoice_number: Option<i32>,
    issued_on: Option<Day>,
    is_stored: bool,
}

/// The orders of those ids that exist. One that cannot be read fails all: nothing is decided without it.
pub(in crate::postgres) async fn load(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<StoredOrder>, Unavailable> {
    load_rows(connection, ids).await?.into_iter().map(OrderRow::into_order).collect()
}

/// The same for a list, which goes on without an order that cannot be read.
pub(in crate::postgres) async fn load_readable(
    connection: &mut PgConnection,
    ids: &[Uuid],
    passed_over: &PassedOver,
) -> Result<Vec<StoredOrder>, Unavailable> {
    let orders = load_rows(connection, ids).await?.into_iter().filter_map(|row| {
        let id = row.id;
        let order = row.into_order();
        order.inspect_err(|error| passed_over.note("order", &id.to_string(), &error.chain())).ok()
    });
    Ok(orders.collect())
}

/// Of the orders of those ids, those that cannot be read, each with why.
pub(crate) async fn unreadable_among(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, Unavailable> {
    let unreadable = load_rows(connection, ids).await?.into_iter().filter_map(|row| {
        let id = row.id;
        row.into_order().err().map(|error| (id, error.chain()))
    });
    Ok(unreadable.collect())
}

async fn load_rows(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<OrderRow>, Unavailable> {
    sqlx::query_file_as!(OrderRow, "sql/orders/load.sql", ids).fetch_all(connection).await.asked("orders.load")
}

/// The bare ids, as queries take them.
pub(in crate::postgres) fn uuids(ids: &[OrderId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// An invoice number as printed.
pub(in crate::postgres) fn printed_number(year: i32, number: i32) -> String {
    SeriesPosition { year, number }.to_string()
}

/// Year and number of an invoice, from the text that is printed on it: in any digits, with anything between the two, and
/// whether or not with all its zeros.
pub(in crate::postgres) fn read_number(text: &str) -> Option<(i32, i32)> {
    let text = spaced(text);
    let (year, number) = text.split_once(' ')?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !is_number(year) || !is_number(number) {
        return None;
    }
    Some((year.parse().ok()?, number.parse().ok()?))
}

/// Without saying what stood there: it may be somebody's address, and errors are logged.
fn read<T: DeserializeOwned>(column: &Json<Box<RawValue>>) -> Option<T> {
    serde_json::from_str(column.get()).ok()
}

impl OrderRow {
    fn into_order(self) -> Result<StoredOrder, Unavailable> {
        let id = self.id;
        let bad = |column: &str| unreadable("orders.load", &format!("{column} of order {id}"));
        let currency = self.currency.parse().map_err(|_| bad("currency"))?;
        let state = match self.status.parse() {
            Ok(Status::Reserved) => {
                let until = self.reserved_until.and_then(|until| until.0);
                State::Reserved { until: until.ok_or_else(|| bad("reserved_until"))? }
            }
            Ok(Status::Confirmed) => State::Confirmed,
            Ok(Status::Rejected) => {
                let reason = self.reason.as_deref().and_then(|r| r.parse().ok());
                State::Rejected { reason: reason.ok_or_else(|| bad("reason"))?, detail: self.detail }
            }
            Ok(Status::Cancelled) => State::Cancelled,
            Ok(Status::Submitted) | Err(UnknownWord) => return Err(bad("status")),
        };
        let payment = match (self.payment_key, self.payment_state, self.payment_amount) {
            (Some(key), Some(state), Some(amount)) => Some(StoredPayment {
                key,
                state: state.parse().map_err(|_| bad("payments.state"))?,
                amount: Amount { amount, currency },
                authorization_id: self.authorization_id,
                code: self.payment_code,
                calls: self.payment_calls.unwrap_or_default(),
            }),
            (_, _, _) => None,
        };
        let invoice = match (self.invoice_year, self.invoice_number, self.issued_on) {
            (Some(year), Some(number), Some(issued_on)) => Some(StoredInvoice {
                number: printed_number(year, number),
                issued_on: issued_on.0.ok_or_else(|| bad("invoices.issued_on"))?,
                stored: self.is_stored,
            }),
            (_, _, _) => None,
        };
        Ok(StoredOrder {
            id: OrderId(self.id),
            customer: self.customer,
            state,
            version: self.version,
            currency,
            total: self.total,
            lines: read(&self.lines).ok_or_else(|| bad("lines"))?,
            email: self.email,
            shipping_address: read(&self.shipping_address).ok_or_else(|| bad("shipping_address"))?,
            billing_address: match &self.billing_address {
                Some(address) => Some(read(address).ok_or_else(|| bad("billing_address"))?),
                None => None,
            },
            payment_method: self.payment_method,
            payment,
            invoice,
            cancel_requested: self.cancel_requested_at.is_some(),
            traceparent: self.traceparent,
            created_at: self.created_at.0.ok_or_else(|| bad("created_at"))?,
            updated_at: self.updated_at.0.ok_or_else(|| bad("updated_at"))?,
        })
    }
}

/// Events to be stored, column by column as `unnest` takes them.
#[derive(Default)]
pub(super) struct EventColumns {
    orders: Vec<Uuid>,
    sequences: Vec<i32>,
    names: Vec<String>,
    data: Vec<Value>,
}

impl EventColumns {
    pub(super) fn push(&mut self, order: OrderId, sequence: i32, name: EventName, data: Value) {
        self.orders.push(order.0);
        self.sequences.push(sequence);
        self.names.push(name.as_str().to_owned());
        self.data.push(data);
    }

    pub(super) async fn insert_events(
        self,
        connection: &mut PgConnection,
        now: OffsetDateTime,
    ) -> Result<(), Unavailable> {
        if self.orders.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "-- orders.insert_events
             insert into order_events (order_id, sequence, name, occurred_at, data)
             select order_id, sequence, name, $5, data
             from unnest($1::uuid[], $2::integer[], $3::text[], $4::jsonb[]) as e (order_id, sequence, name, data)",
            &self.orders,
            &self.sequences,
            &self.names,
            &self.data,
            now
        )
        .execute(connection)
        .await
        .asked("orders.insert_events")?;
        Ok(())
    }
}

/// Units to be reserved (or, if negative, given back), column by column.
pub(super) async fn move_reserved(
    connection: &mut PgConnection,
    moves: impl IntoIterator<Item = ((String, String), i64)>,
) -> Result<(), Unavailable> {
    let (mut skus, mut warehouses, mut quantities) = (Vec::new(), Vec::new(), Vec::new());
    for ((sku, warehouse), quantity) in moves {
        skus.push(sku);
        warehouses.push(warehouse);
        quantities.push(quantity);
    }
    if skus.is_empty() {
        return Ok(());
    }
    sqlx::query_file!("sql/orders/move_reserved.sql", &skus, &warehouses, &quantities)
        .execute(connection)
        .await
        .asked("orders.move_reserved")?;
    Ok(())
}

/// Events by order, as reading gives them.
pub(super) type EventsByOrder = HashMap<OrderId, Vec<Event>>;

impl PgOrders {
    pub(in crate::postgres) async fn connection(
        &self,
        what: &'static str,
    ) -> Result<PoolConnection<Postgres>, Unavailable> {
        self.database.durable.acquire().await.asked(what)
    }

    /// The events of the orders up to that sequence.
    pub(in crate::postgres) async fn events_where(
        &self,
        connection: &mut PgConnection,
        orders: &[OrderId],
        last: i32,
    ) -> Result<EventsByOrder, Unavailable> {
        let rows = sqlx::query!(
            "-- orders.events
             select e.order_id, e.sequence, e.name, e.occurred_at, e.data, o.traceparent
             from order_events e join orders o on o.id = e.order_id
             where o.id = any($1) and e.order_id = any($1) and e.sequence <= $2
             order by e.order_id, e.sequence",
            &uuids(orders),
            last
        )
        .fetch_all(connection)
        .await
        .asked("orders.events")?;
        let mut found = EventsByOrder::new();
        for row in rows {
            let id = OrderId(row.order_id);
            // What only a later release tells is nothing that this one acts upon.
            let Ok(name) = row.name.parse::<EventName>() else {
                tracing::debug!(order = %id, sequence = row.sequence, "an event of another release is passed over");
                continue;
            };
            let event = self.event(id, row.sequence, name, row.occurred_at, row.traceparent, row.data);
            found.entry(id).or_default().push(event);
        }
        Ok(found)
    }

    /// An event as it is told.
    pub(in crate::postgres) fn event(
        &self,
        order: OrderId,
        sequence: i32,
        name: EventName,
        time: OffsetDateTime,
        traceparent: Option<String>,
        data: Value,
    ) -> Event {
        Event { traceparent, ..Event::new(&self.settings.stage, order, sequence, name, time, data) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_named_by_what_is_printed_on_it() {
        assert_eq!(read_number(&printed_number(2026, 42)), Some((2026, 42)));
        for text in [" 2026-000042 ", "2026\u{2011}000042", "2026/42", "2026 42", "٢٠٢٦-٠٠٠٠٤٢"] {
            assert_eq!(read_number(text), Some((2026, 42)), "{text}");
        }
        for text in ["", "2026", "2026-", "26-42", "2026-42-1", "2026-x", "RE 2026-42", "2026-99999999999"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }
}
