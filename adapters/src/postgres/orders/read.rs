//! Finding orders: lists for their buyers, and those that something has to be done about, with the notes that this leaves.

use super::{PgOrders, rows::load_readable};
use crate::postgres::{Asked, milliseconds, moments::Moment, passed_over::PassedOver};
use schemas::{
    api::order::{self as api, Status},
    event::Event,
    ids::OrderId,
};
use serde_json::value::RawValue;
use sqlx::{PgConnection, types::Json};
use std::collections::{BTreeMap, HashMap};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::Stuck,
    order::StoredOrder,
    ports::{OrderList, Sweep, Unavailable},
    steps::sweep::LONGEST,
    wiring::QueueName,
};

/// The most orders that are looked at for a page of one status: there is no index for that, since it would be written at
/// every change of every order. A page may then be short, or empty, and another follow all the same.
const LOOKED_AT: i64 = 1_000;
/// The most that the lines of a page take where they are stored; an order that takes more is a page of its own.
const PAGE_BYTES: i64 = 512 * 1024;

/// A row of the lists.
struct ListedRow {
    id: Uuid,
    bytes: i32,
    stored: bool,
    matches: bool,
    last: bool,
}

/// The rows of a page, and what the next one's are older than.
fn page_of(rows: Vec<ListedRow>, limit: usize) -> (Vec<ListedRow>, Option<OrderId>) {
    let (mut page, mut bytes, mut next) = (Vec::with_capacity(limit), 0_i64, None);
    for row in rows {
        let (id, last) = (OrderId(row.id), row.last);
        if row.matches {
            bytes += i64::from(row.bytes);
            if page.len() == limit || (bytes > PAGE_BYTES && !page.is_empty()) {
                return (page, next);
            }
            next = Some(id);
            page.push(row);
        }
        if last {
            return (page, Some(id));
        }
    }
    (page, None)
}

/// Orders as they were accepted. One that cannot be read is left out, and does not keep the others back.
async fn accepted(
    connection: &mut PgConnection,
    ids: &[Uuid],
    passed_over: &PassedOver,
) -> Result<Vec<(Uuid, api::Order)>, Unavailable> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"-- orders.list_accepted
         select id, request as "request: Json<Box<RawValue>>", accepted_at as "accepted_at: Moment"
         from submissions where id = any($1)"#,
        ids
    )
    .fetch_all(connection)
    .await
    .asked("orders.list")?;
    let orders =
        rows.into_iter().filter_map(|row| match (serde_json::from_str(row.request.get()), row.accepted_at.0) {
            (Ok(request), Some(at)) => Some((row.id, workflows::order::submitted(OrderId(row.id), &request, at))),
            (Err(_), _) => {
                passed_over.note("accepted order", &row.id.to_string(), "request");
                None
            }
            (Ok(_), None) => {
                passed_over.note("accepted order", &row.id.to_string(), "accepted_at");
                None
            }
        });
    Ok(orders.collect())
}

/// How long a sweep is remembered after the order was to be looked at again.
const FORGET_SWEEPS: Duration = Duration::days(1);
/// How many closed orders a sweep looks at: more than close between two, so that it catches up.
const CLOSINGS: i64 = 20_000;

/// Closed orders that are not settled, and since when, as `unnest` takes them.
#[derive(Default)]
struct Closings {
    ids: Vec<Uuid>,
    since: Vec<OffsetDateTime>,
}

impl PgOrders {
    pub(super) async fn list_orders(
        &self,
        customer: &str,
        status: Option<Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable> {
        let mut connection = self.connection("orders.list").await?;
        let before = before.map_or(Uuid::max(), |id| id.0);
        // One more than the page has tells whether another follows.
        let one_more = limit.saturating_add(1);
        let rows = match status {
            None => {
                sqlx::query_file_as!(ListedRow, "sql/orders/list.sql", customer, before, one_more)
                    .fetch_all(&mut *connection)
                    .await
            }
            Some(Status::Submitted) => {
                sqlx::query_file_as!(ListedRow, "sql/orders/list_submitted.sql", customer, before, one_more, LOOKED_AT)
                    .fetch_all(&mut *connection)
                    .await
            }
            Some(status) => {
                let status = status.as_str();
                sqlx::query_file_as!(
                    ListedRow,
                    "sql/orders/list_stored.sql",
                    customer,
                    before,
                    one_more,
                    status,
                    LOOKED_AT
                )
                .fetch_all(&mut *connection)
                .await
            }
        };
        let (page, next) = page_of(rows.asked("orders.list")?, usize::try_from(limit).unwrap_or_default());
        let ids_of = |stored| page.iter().filter(|row| row.stored == stored).map(|row| row.id).collect::<Vec<Uuid>>();
        let passed_over = &self.database.passed_over;
        let mut found: HashMap<Uuid, api::Order> = load_readable(&mut connection, &ids_of(true), passed_over)
            .await?
            .into_iter()
            .map(|order| (order.id.0, order.view()))
            .collect();
        found.extend(accepted(&mut connection, &ids_of(false), passed_over).await?);
        let orders = page.iter().filter_map(|row| found.remove(&row.id)).collect();
        Ok(OrderList { orders, next })
    }

    pub(super) async fn readable_orders(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        let mut connection = self.connection("orders.load_readable").await?;
        load_readable(&mut connection, &super::rows::uuids(ids), &self.database.passed_over).await
    }

    pub(super) async fn expired_reservations(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let ids = sqlx::query_scalar!(
            "-- orders.expired: whether they expire the lifecycle says; those for which money may be held would be in the way of others
             select id from orders o
             where status in ('reserved', 'in_review') and reserved_until <= sluice_now()
               and not exists (select from payments p where p.order_id = o.id and p.state in ('pending', 'authorized'))
             order by reserved_until limit $1",
            limit
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.expired")?;
        Ok(ids.into_iter().map(OrderId).collect())
    }

    pub(super) async fn stuck_orders(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        let patience = milliseconds(patience.unsigned_abs());
        let (unvoided, untold) = self.look_at_closings(patience).await?;
        let rows = sqlx::query_file!(
            "sql/orders/stuck.sql",
            patience,
            limit,
            milliseconds(LONGEST.unsigned_abs()),
            &unvoided.ids,
            &unvoided.since,
            &untold.ids,
            &untold.since,
            &QueueName::Cancel.places(),
            &QueueName::Invoice.places(),
            &QueueName::Void.places(),
            &QueueName::Index.places()
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.stuck")?;
        let stuck = rows.into_iter().map(|row| {
            let id = OrderId(row.id);
            let stuck = match row.what.as_str() {
                "unattended" => Stuck::Unattended(id),
                "cancel_forgotten" => Stuck::CancelForgotten(id),
                "uninvoiced" => Stuck::Uninvoiced(id),
                "unvoided" => Stuck::Unvoided(id),
                "untold" => Stuck::Untold(id),
                _ => return Err(crate::postgres::unreadable("orders.stuck", "what")),
            };
            Ok((stuck, row.times))
        });
        stuck.collect()
    }

    /// The closed orders, of those that are due to be looked at, that hold money or are shown as open. What becomes of
    /// them is committed relaxed: what a crash takes back is looked at again.
    async fn look_at_closings(&self, patience: i64) -> Result<(Closings, Closings), Unavailable> {
        let rows = sqlx::query_file!("sql/orders/look_at_closings.sql", patience, CLOSINGS)
            .fetch_all(&self.database.relaxed)
            .await
            .asked("orders.look_at_closings")?;
        let (mut unvoided, mut untold) = (Closings::default(), Closings::default());
        for row in rows {
            for (group, belongs) in [(&mut unvoided, row.unvoided), (&mut untold, row.untold)] {
                if belongs {
                    group.ids.push(row.id);
                    group.since.push(row.since);
                }
            }
        }
        Ok((unvoided, untold))
    }

    /// As relaxed as what most orders are set going by, and after it: a crash that takes back the one takes back the
    /// other.
    pub(super) async fn note_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        // Each once, and in one order, so that two processes wait for each other in one direction only.
        let swept: BTreeMap<(Uuid, &str), &Sweep> = swept.iter().map(|sweep| (columns(sweep.stuck), sweep)).collect();
        let (mut ids, mut whats, mut times, mut pauses) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ((id, what), sweep) in swept {
            ids.push(id);
            whats.push(what.to_owned());
            times.push(sweep.times);
            pauses.push(milliseconds(sweep.pause.unsigned_abs()));
        }
        sqlx::query!(
            "-- orders.forget_sweeps: what is still stuck is swept every hour, so these are not
             delete from sweeps where next_at < sluice_now() - $1::bigint * interval '1 millisecond'",
            milliseconds(FORGET_SWEEPS.unsigned_abs())
        )
        .execute(&self.database.relaxed)
        .await
        .asked("orders.forget_sweeps")?;
        sqlx::query_file!("sql/orders/mark_swept.sql", &ids, &whats, &times, &pauses)
            .execute(&self.database.relaxed)
            .await
            .asked("orders.mark_swept")?;
        Ok(())
    }

    pub(super) async fn events_of(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        let mut connection = self.connection("orders.events").await?;
        let mut found = self.events_where(&mut connection, &[id], i32::MAX).await?;
        Ok(found.remove(&id).unwrap_or_default())
    }
}

/// An order and what it is stuck for, as they are stored.
fn columns(stuck: Stuck) -> (Uuid, &'static str) {
    match stuck {
        Stuck::Unattended(id) => (id.0, "unattended"),
        Stuck::CancelForgotten(id) => (id.0, "cancel_forgotten"),
        Stuck::Uninvoiced(id) => (id.0, "uninvoiced"),
        Stuck::Unvoided(id) => (id.0, "unvoided"),
        Stuck::Untold(id) => (id.0, "untold"),
    }
}
