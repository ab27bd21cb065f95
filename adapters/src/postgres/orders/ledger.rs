//! Carrying out commands: the orders of a batch are locked and loaded, the lifecycle decides in memory, and what
//! changed is written, all in one transaction. Nothing else changes an order that is stored, but for giving numbers
//! (`invoice_numbers.rs`), which asks the lifecycle too, under the lock of the series.

use super::{
    PgOrders,
    rows::{EventColumns, load, move_reserved, uuids},
};
use crate::postgres::{Asked, runtime::changes::Change};
use async_trait::async_trait;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use sqlx::{Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Verdict, decide, is_decided},
    order::{State, StoredOrder, StoredPayment},
    ports::{Applied, Ledger, Unavailable},
};

/// What the commands of a batch did, gathered before it is written.
#[derive(Default)]
struct Changes {
    rows: BTreeSet<OrderId>,
    payments: BTreeSet<OrderId>,
    invoices: BTreeSet<OrderId>,
    cancellations: BTreeSet<OrderId>,
    events: EventColumns,
    released: BTreeMap<(String, String), i64>,
}

/// What of an order stands in which row.
struct Rows {
    order: (State, i32),
    payment: Option<StoredPayment>,
    is_invoice_stored: bool,
    cancel_requested: bool,
}

impl Rows {
    fn of(order: &StoredOrder) -> Self {
        Self {
            order: (order.state.clone(), order.version),
            payment: order.payment.clone(),
            is_invoice_stored: order.invoice.as_ref().is_some_and(|invoice| invoice.stored),
            cancel_requested: order.cancel_requested,
        }
    }
}

#[async_trait]
impl Ledger for PgOrders {
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        if batch.iter().any(|(_, command)| matches!(command, Command::GiveNumber { .. })) {
            return Err(Unavailable::at_fault("orders.apply", "numbers are given by orders.number_invoices alone"));
        }
        let mut connection = self.connection("orders.apply").await?;
        let mut transaction = connection.begin().await.asked("orders.apply")?;
        let mut orders = lock(&mut transaction, &batch).await?;
        let now = self.deciding_time(&mut transaction, &batch).await?;
        let mut changes = Changes::default();
        let mut applied: Vec<Applied> = Vec::with_capacity(batch.len());
        let mut to_tell_again = Vec::new();
        for (id, command) in &batch {
            let Some(order) = orders.get_mut(id) else {
                applied.push(Applied::Missing);
                continue;
            };
            let before = Rows::of(order);
            let verdict = decide(order, command, now);
            let events = match &verdict {
                Verdict::Changed(effects) => {
                    changes.note(order.id, &before, &Rows::of(order));
                    if effects.releases_stock {
                        changes.release(order);
                    }
                    self.event_of(order, effects.event.clone(), now, &mut changes)
                }
                Verdict::Already => {
                    to_tell_again.extend(command.event_name(order).map(|name| (applied.len(), *id, name)));
                    Vec::new()
                }
                Verdict::Refused => Vec::new(),
            };
            applied.push(Applied::Order { order: Box::new(order.clone()), verdict, events });
        }
        changes.write(&mut transaction, &orders, now).await?;
        self.tell_again(&mut transaction, to_tell_again, &mut applied).await?;
        transaction.commit().await.asked("orders.apply")?;
        self.database.bell.ring_orders(applied.iter().filter_map(changed).collect());
        Ok(applied)
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        let mut connection = self.connection("orders.load").await?;
        load(&mut connection, &uuids(ids)).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        let mut connection = self.connection("orders.events").await?;
        let mut found = self.events_where(&mut connection, &[id], i32::MAX).await?;
        Ok(found.remove(&id).unwrap_or_default())
    }
}

impl PgOrders {
    /// By whose clock a batch is decided: reservations are given their end by the database's, and judged by the same,
    /// however far apart the clocks of processes are.
    async fn deciding_time(
        &self,
        connection: &mut PgConnection,
        batch: &[(OrderId, Command)],
    ) -> Result<OffsetDateTime, Unavailable> {
        if !batch.iter().any(|(_, command)| *command == Command::Expire) {
            return Ok(self.clock.now());
        }
        sqlx::query_scalar!(
            r#"-- orders.deciding_time
             select sluice_now() as "now!""#
        )
        .fetch_one(connection)
        .await
        .asked("orders.deciding_time")
    }

    fn event_of(
        &self,
        order: &StoredOrder,
        fact: Option<(EventName, serde_json::Value)>,
        now: OffsetDateTime,
        changes: &mut Changes,
    ) -> Vec<Event> {
        let Some((name, data)) = fact else { return Vec::new() };
        changes.events.push(order.id, order.version, name, data.clone());
        vec![self.event(order.id, order.version, name, now, order.traceparent.clone(), data)]
    }

    /// Finds the events of changes that an earlier delivery made: whoever should hear may not have heard.
    async fn tell_again(
        &self,
        connection: &mut PgConnection,
        wanted: Vec<(usize, OrderId, EventName)>,
        applied: &mut [Applied],
    ) -> Result<(), Unavailable> {
        if wanted.is_empty() {
            return Ok(());
        }
        let ids: Vec<OrderId> = wanted.iter().map(|(_, id, _)| *id).collect();
        let stored = self.events_where(connection, &ids, i32::MAX).await?;
        for (index, id, name) in wanted {
            let same_name = |event: &&Event| event.name() == Some(name);
            let found = stored.get(&id).into_iter().flatten().filter(same_name).cloned();
            if let Some(Applied::Order { events, .. }) = applied.get_mut(index) {
                events.extend(found);
            }
        }
        Ok(())
    }
}

/// What is to be told of an order: also of a change that was made before, since it may not have been told.
fn changed(applied: &Applied) -> Option<Change> {
    match applied {
        Applied::Missing | Applied::Order { verdict: Verdict::Refused, .. } => None,
        Applied::Order { order, verdict: Verdict::Changed(_) | Verdict::Already, .. } => {
            Some(Change { order: order.id, decided: is_decided(order) })
        }
    }
}

async fn lock(
    connection: &mut PgConnection,
    batch: &[(OrderId, Command)],
) -> Result<HashMap<OrderId, StoredOrder>, Unavailable> {
    let ids: Vec<Uuid> = batch.iter().map(|(id, _)| id.0).collect();
    sqlx::query!(
        "-- orders.lock
         select id from orders where id = any($1) order by id for update",
        &ids
    )
    .fetch_all(&mut *connection)
    .await
    .asked("orders.lock")?;
    Ok(load(connection, &ids).await?.into_iter().map(|order| (order.id, order)).collect())
}

impl Changes {
    /// Notes which rows of an order have to be written: most commands change one of them only.
    fn note(&mut self, id: OrderId, before: &Rows, after: &Rows) {
        let Self { rows, payments, invoices, cancellations, .. } = self;
        let differs = [
            (rows, before.order != after.order),
            (payments, before.payment != after.payment),
            (invoices, before.is_invoice_stored != after.is_invoice_stored),
            (cancellations, before.cancel_requested != after.cancel_requested),
        ];
        for (set, differs) in differs {
            if differs {
                set.insert(id);
            }
        }
    }

    fn release(&mut self, order: &StoredOrder) {
        for line in &order.lines {
            if let Some(warehouse) = &line.warehouse {
                *self.released.entry((line.sku.clone(), warehouse.clone())).or_default() -= line.quantity;
            }
        }
    }

    async fn write(
        self,
        connection: &mut PgConnection,
        orders: &HashMap<OrderId, StoredOrder>,
        now: OffsetDateTime,
    ) -> Result<(), Unavailable> {
        let those = |ids: &BTreeSet<OrderId>| ids.iter().filter_map(|id| orders.get(id)).collect::<Vec<_>>();
        write_orders(connection, those(&self.rows)).await?;
        write_payments(connection, those(&self.payments)).await?;
        mark_invoices_stored(connection, those(&self.invoices), now).await?;
        note_cancellations(connection, those(&self.cancellations)).await?;
        self.events.insert_events(connection, now).await?;
        move_reserved(connection, self.released).await
    }
}

#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
async fn write_orders(connection: &mut PgConnection, orders: Vec<&StoredOrder>) -> Result<(), Unavailable> {
    let (mut ids, mut statuses, mut reasons, mut details) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut versions, mut updated, mut invoiced) = (Vec::new(), Vec::new(), Vec::new());
    for order in orders {
        let (reason, detail) = match &order.state {
            State::Rejected { reason, detail } => (Some(reason.as_str().to_owned()), detail.clone()),
            State::Reserved { .. } | State::Confirmed | State::Cancelled => (None, None),
        };
        ids.push(order.id.0);
        statuses.push(order.state.status().as_str().to_owned());
        reasons.push(reason);
        details.push(detail);
        versions.push(order.version);
        updated.push(order.updated_at);
        invoiced.push(order.invoice.as_ref().is_some_and(|invoice| invoice.stored));
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query_file!(
        "sql/orders/write_orders.sql",
        &ids,
        &statuses,
        &reasons as &[Option<String>],
        &details as &[Option<String>],
        &versions,
        &updated,
        &invoiced
    )
    .execute(connection)
    .await
    .asked("orders.write_orders")?;
    Ok(())
}

#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
async fn write_payments(connection: &mut PgConnection, orders: Vec<&StoredOrder>) -> Result<(), Unavailable> {
    let (mut ids, mut keys, mut states, mut amounts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut currencies, mut authorizations, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut calls, mut updated) = (Vec::new(), Vec::new());
    for (order, payment) in
        orders.into_iter().filter_map(|order| order.payment.as_ref().map(|payment| (order, payment)))
    {
        ids.push(order.id.0);
        keys.push(payment.key.clone());
        states.push(payment.state.as_str().to_owned());
        amounts.push(payment.amount.amount);
        currencies.push(payment.amount.currency.code().to_owned());
        authorizations.push(payment.authorization_id.clone());
        codes.push(payment.code.clone());
        calls.push(payment.calls);
        updated.push(order.updated_at);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query_file!(
        "sql/orders/write_payments.sql",
        &ids,
        &keys,
        &states,
        &amounts,
        &currencies,
        &authorizations as &[Option<String>],
        &codes as &[Option<String>],
        &calls,
        &updated
    )
    .execute(connection)
    .await
    .asked("orders.write_payments")?;
    Ok(())
}

async fn mark_invoices_stored(
    connection: &mut PgConnection,
    orders: Vec<&StoredOrder>,
    now: OffsetDateTime,
) -> Result<(), Unavailable> {
    let stored: Vec<Uuid> = orders
        .into_iter()
        .filter(|order| order.invoice.as_ref().is_some_and(|i| i.stored))
        .map(|order| order.id.0)
        .collect();
    if stored.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "-- orders.mark_invoices_stored
         update invoices set stored_at = $2 where order_id = any($1) and stored_at is null",
        &stored,
        now
    )
    .execute(connection)
    .await
    .asked("orders.mark_invoices_stored")?;
    Ok(())
}

async fn note_cancellations(connection: &mut PgConnection, orders: Vec<&StoredOrder>) -> Result<(), Unavailable> {
    let (ids, updated): (Vec<Uuid>, Vec<OffsetDateTime>) =
        orders.into_iter().map(|order| (order.id.0, order.updated_at)).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "-- orders.note_cancellations: since when it waits is of the clock by which that is judged
         update orders o set cancel_requested_at = coalesce(o.cancel_requested_at, sluice_now()), updated_at = c.updated_at
         from unnest($1::uuid[], $2::timestamptz[]) as c (id, updated_at)
         where o.id = any($1) and o.id = c.id",
        &ids,
        &updated
    )
    .execute(connection)
    .await
    .asked("orders.note_cancellations")?;
    Ok(())
}
