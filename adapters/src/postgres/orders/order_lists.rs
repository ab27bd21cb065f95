//! Orders as lists show them: page by page for their buyers, and those that somebody named by their ids.

use super::{
    PgOrders,
    rows::{load_readable, uuids},
};
use crate::postgres::{Asked, passed_over::PassedOver, timestamps::Timestamp};
use async_trait::async_trait;
use schemas::{
    api::order::{self as api, Status},
    ids::OrderId,
};
use serde_json::value::RawValue;
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;
use uuid::Uuid;
use workflows::{
    order::StoredOrder,
    ports::{OrderList, OrderLists, Unavailable},
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
async fn list_accepted(
    connection: &mut PgConnection,
    ids: &[Uuid],
    passed_over: &PassedOver,
) -> Result<Vec<(Uuid, api::Order)>, Unavailable> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"-- orders.list_accepted
         select id, request as "request: Json<Box<RawValue>>", accepted_at as "accepted_at: Timestamp"
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

#[async_trait]
impl OrderLists for PgOrders {
    async fn list(
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
        found.extend(list_accepted(&mut connection, &ids_of(false), passed_over).await?);
        let orders = page.iter().filter_map(|row| found.remove(&row.id)).collect();
        Ok(OrderList { orders, next })
    }

    async fn load_readable(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        let mut connection = self.connection("orders.load_readable").await?;
        load_readable(&mut connection, &uuids(ids), &self.database.passed_over).await
    }
}
