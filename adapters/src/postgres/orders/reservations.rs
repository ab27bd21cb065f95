//! Reserving: one transaction prices a batch of orders, takes their stock and stores them with the outcome.

use super::{
    PgOrders,
    rows::{EventColumns, load, move_reserved},
};
use crate::postgres::{Asked, runtime::changes::Change};
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::AcceptedOrder, sku::spelt};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    allocate::{Goods, Listing, NewOrder, StockLevel, allocate},
    billing::TaxTerms,
    lifecycle::{FIRST_EVENTS, is_decided, settled_payments},
    order::State,
    ports::{Reservation, Reservations, Unavailable},
};

/// Another process may store an order of the batch while we decide; then all is decided again.
const ATTEMPTS: usize = 5;

#[async_trait]
impl Reservations for PgOrders {
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        let batch = without_doubles(batch);
        for _ in 0..ATTEMPTS {
            if let Some(reservations) = self.try_reserve(&batch).await? {
                return Ok(reservations);
            }
        }
        Err(Unavailable::because("orders.reserve", "other processes kept storing the same orders"))
    }

    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let ids = sqlx::query_scalar!(
            "-- orders.expired: whether they expire the lifecycle says; those for which money may be held would be in the way of others
             select id from orders o
             where status = 'reserved' and reserved_until <= sluice_now()
               and not exists (select from payments p where p.order_id = o.id and p.state <> all($2))
             order by reserved_until limit $1",
            limit,
            &settled_payments()
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.expired")?;
        Ok(ids.into_iter().map(OrderId).collect())
    }
}

impl PgOrders {
    /// `None` if an order turned out to be stored by somebody else meanwhile.
    async fn try_reserve(&self, batch: &[AcceptedOrder]) -> Result<Option<Vec<Reservation>>, Unavailable> {
        let mut connection = self.connection("orders.reserve").await?;
        let mut transaction = connection.begin().await.asked("orders.reserve")?;
        let ids: Vec<Uuid> = batch.iter().map(|order| order.id.0).collect();
        let mut reservations = self.told_again(&mut transaction, &ids).await?;
        let stored: HashSet<OrderId> = reservations.iter().map(|r| r.order.id).collect();
        let new: Vec<AcceptedOrder> = batch.iter().filter(|order| !stored.contains(&order.id)).cloned().collect();
        if !new.is_empty() {
            let now = self.clock.now();
            let mut goods = lock_goods(&mut transaction, &new).await?;
            let seller = (&self.settings.seller.party).into();
            let mut placed = allocate(new, &mut goods, seller, now, now + self.settings.hold);
            if !insert_orders(&mut transaction, &mut placed, self.settings.hold).await? {
                transaction.rollback().await.asked("orders.reserve")?;
                return Ok(None);
            }
            move_reserved(&mut transaction, taken_by(&placed)).await?;
            reservations.extend(self.tell_first_events(&mut transaction, placed, now).await?);
        }
        transaction.commit().await.asked("orders.reserve")?;
        self.database.bell.ring_orders(reservations.iter().map(changed).collect());
        Ok(Some(reservations))
    }

    /// The outcome of orders that were stored by an earlier delivery.
    async fn told_again(&self, connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Reservation>, Unavailable> {
        let mut reservations: Vec<Reservation> =
            load(connection, ids).await?.into_iter().map(|order| Reservation { order, events: Vec::new() }).collect();
        if reservations.is_empty() {
            return Ok(reservations);
        }
        let stored: Vec<OrderId> = reservations.iter().map(|r| r.order.id).collect();
        let mut first = self.events_where(connection, &stored, FIRST_EVENTS).await?;
        for reservation in &mut reservations {
            reservation.events = first.remove(&reservation.order.id).unwrap_or_default();
        }
        Ok(reservations)
    }

    async fn tell_first_events(
        &self,
        connection: &mut PgConnection,
        placed: Vec<NewOrder>,
        now: OffsetDateTime,
    ) -> Result<Vec<Reservation>, Unavailable> {
        let mut columns = EventColumns::default();
        let mut reservations = Vec::with_capacity(placed.len());
        for NewOrder { order, events, .. } in placed {
            let mut told = Vec::with_capacity(events.len());
            for ((name, data), sequence) in events.into_iter().zip(1..) {
                columns.push(order.id, sequence, name, data.clone());
                told.push(self.event(order.id, sequence, name, now, order.traceparent.clone(), data));
            }
            reservations.push(Reservation { order, events: told });
        }
        columns.insert_events(connection, now).await?;
        Ok(reservations)
    }
}

fn changed(reservation: &Reservation) -> Change {
    Change { order: reservation.order.id, decided: is_decided(&reservation.order) }
}

fn without_doubles(batch: Vec<AcceptedOrder>) -> Vec<AcceptedOrder> {
    let mut seen = HashSet::with_capacity(batch.len());
    batch.into_iter().filter(|order| seen.insert(order.id)).collect()
}

/// Reads the catalogue and locks the stock of every SKU the batch wants.
async fn lock_goods(connection: &mut PgConnection, batch: &[AcceptedOrder]) -> Result<Goods, Unavailable> {
    let lines = batch.iter().flat_map(|order| &order.request.lines);
    // Each as it was written, and in the spelling that the catalogue prefers if that is another.
    let mut skus: Vec<String> = lines
        .flat_map(|line| match spelt(&line.sku) {
            Cow::Borrowed(sku) => [Some(sku.to_owned()), None],
            Cow::Owned(spelt) => [Some(line.sku.clone()), Some(spelt)],
        })
        .flatten()
        .collect();
    skus.sort_unstable();
    skus.dedup();
    let mut goods = Goods::default();
    let listings = sqlx::query!(
        "-- orders.read_listings
         select sku, name, currency, price, tax_rate_bp, tax_category, tax_exemption_reason, price_includes_tax
         from products where sku = any($1)",
        &skus
    )
    .fetch_all(&mut *connection)
    .await
    .asked("orders.read_listings")?;
    for row in listings {
        let tax_rate_bp = u32::try_from(row.tax_rate_bp)
            .map_err(|_| crate::postgres::unreadable("orders.read_listings", "tax_rate_bp"))?;
        let category = row.tax_category.as_deref().map(str::parse).transpose();
        let listing = Listing {
            name: row.name,
            currency: row.currency,
            price: row.price,
            tax_rate_bp,
            tax_terms: TaxTerms {
                category: category.map_err(|_| crate::postgres::unreadable("orders.read_listings", "tax_category"))?,
                exemption_reason: row.tax_exemption_reason,
                price_includes_tax: row.price_includes_tax,
            },
        };
        goods.listings.insert(row.sku, listing);
    }
    let levels = sqlx::query!(
        r#"-- orders.lock_stock
         select sku, warehouse, free as "free!" from stock where sku = any($1)
         order by sku collate "C", warehouse collate "C" for update"#,
        &skus
    )
    .fetch_all(connection)
    .await
    .asked("orders.lock_stock")?;
    for row in levels {
        goods.stock.entry(row.sku).or_default().push(StockLevel { warehouse: row.warehouse, free: row.free });
    }
    Ok(goods)
}

fn taken_by(placed: &[NewOrder]) -> BTreeMap<(String, String), i64> {
    let mut taken = BTreeMap::new();
    for line in placed.iter().flat_map(|new| &new.order.lines) {
        if let Some(warehouse) = &line.warehouse {
            *taken.entry((line.sku.clone(), warehouse.clone())).or_default() += line.quantity;
        }
    }
    taken
}

/// Says whether all of them were new. The end of their reservations is set by the database's clock, and not by ours.
async fn insert_orders(
    connection: &mut PgConnection,
    placed: &mut [NewOrder],
    hold: Duration,
) -> Result<bool, Unavailable> {
    let rows: Vec<Value> = placed.iter().map(as_row).collect();
    let inserted = sqlx::query_file!("sql/orders/insert_orders.sql", Value::Array(rows), hold.whole_seconds())
        .fetch_all(connection)
        .await
        .asked("orders.insert_orders")?;
    let ends: HashMap<Uuid, Option<OffsetDateTime>> =
        inserted.into_iter().map(|row| (row.id, row.reserved_until)).collect();
    for NewOrder { order, .. } in placed.iter_mut() {
        if let (State::Reserved { until }, Some(Some(end))) = (&mut order.state, ends.get(&order.id.0)) {
            *until = *end;
        }
    }
    Ok(ends.len() == placed.len())
}

fn as_row(new: &NewOrder) -> Value {
    let order = &new.order;
    let (reason, detail) = match &order.state {
        State::Rejected { reason, detail } => (Some(*reason), detail.as_deref()),
        State::Reserved { .. } | State::Confirmed | State::Cancelled => (None, None),
    };
    let text = |moment: OffsetDateTime| moment.format(&time::format_description::well_known::Rfc3339).ok();
    json!({
        "id": order.id, "customer": order.customer, "status": order.state.status(), "reason": reason,
        "detail": detail, "version": order.version, "currency": order.currency,
        "net": new.net_and_tax.map(|(net, _)| net), "tax": new.net_and_tax.map(|(_, tax)| tax),
        "total": order.total, "lines": order.lines, "email": order.email,
        "shipping_address": order.shipping_address, "billing_address": order.billing_address,
        "payment_method": order.payment_method, "traceparent": order.traceparent,
        "created_at": text(order.created_at), "updated_at": text(order.updated_at),
    })
}
