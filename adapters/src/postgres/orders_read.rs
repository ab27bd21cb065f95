//! Finding orders: lists for their buyers, and those that something has to be done about.

use super::{Asked, order_rows::load, orders::PgOrders};
use schemas::{
    event::Event,
    ids::OrderId,
    order::{self as api, Status},
};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::{CancelRequest, Stuck, Unavailable};

impl PgOrders {
    pub(super) async fn list_orders(
        &self,
        customer: &str,
        status: Option<Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<api::Order>, Unavailable> {
        let mut connection = self.connection("orders.list").await?;
        let rows = sqlx::query_file!(
            "sql/orders/list.sql",
            customer,
            status.map(|status| status.as_str()),
            before.map_or(Uuid::max(), |id| id.0),
            limit
        )
        .fetch_all(&mut *connection)
        .await
        .asked("orders.list")?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut stored: HashMap<Uuid, api::Order> =
            load(&mut connection, &ids).await?.into_iter().map(|order| (order.id.0, order.view())).collect();
        let mut orders = Vec::with_capacity(rows.len());
        for row in rows {
            match (stored.remove(&row.id), row.request) {
                (Some(order), _) => orders.push(order),
                (None, Some(request)) => {
                    let request =
                        serde_json::from_value(request).map_err(|error| Unavailable::because("orders.list", error))?;
                    orders.push(workflows::order::submitted(OrderId(row.id), &request, row.accepted_at));
                }
                (None, None) => {}
            }
        }
        Ok(orders)
    }

    pub(super) async fn note_cancel(&self, id: OrderId) -> Result<CancelRequest, Unavailable> {
        let found = sqlx::query!(
            r#"-- orders.note_cancel: locked first, because whoever held the order meanwhile may have closed it
             with found as (
                 select id, status from orders where id = $1 for update
             ),
             noted as (
                 update orders o set cancel_requested_at = coalesce(o.cancel_requested_at, $2), updated_at = $2
                 from found where o.id = found.id and found.status in ('reserved', 'in_review', 'confirmed')
             )
             select status as "status!" from found"#,
            id.0,
            self.clock.now()
        )
        .fetch_optional(&self.database.durable)
        .await
        .asked("orders.note_cancel")?;
        let Some(status) = found.map(|row| row.status) else { return Ok(CancelRequest::Missing) };
        let status: Status = status.parse().map_err(|_| super::unreadable("orders.note_cancel", "status"))?;
        Ok(match status {
            Status::Submitted | Status::Reserved | Status::InReview | Status::Confirmed => CancelRequest::Noted,
            Status::Cancelled => CancelRequest::Already,
            Status::Shipped | Status::Rejected | Status::Refunded => CancelRequest::TooLate(status),
        })
    }

    pub(super) async fn expired_reservations(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let ids = sqlx::query_scalar!(
            "-- orders.expired
             select id from orders
             where status in ('reserved', 'in_review') and reserved_until <= $1
             order by reserved_until limit $2",
            self.clock.now(),
            limit
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.expired")?;
        Ok(ids.into_iter().map(OrderId).collect())
    }

    pub(super) async fn stuck_orders(&self, older_than: OffsetDateTime, limit: i64) -> Result<Vec<Stuck>, Unavailable> {
        let rows = sqlx::query_file!("sql/orders/stuck.sql", older_than, limit)
            .fetch_all(&self.database.durable)
            .await
            .asked("orders.stuck")?;
        let stuck = rows.into_iter().filter_map(|row| {
            let id = OrderId(row.id?);
            match row.what.as_deref() {
                Some("unattended") => Some(Stuck::Unattended(id)),
                Some("cancel_forgotten") => Some(Stuck::CancelForgotten(id)),
                Some("uninvoiced") => Some(Stuck::Uninvoiced(id)),
                Some("unvoided") => Some(Stuck::Unvoided(id)),
                Some("untold") => Some(Stuck::Untold(id)),
                Some(_) | None => None,
            }
        });
        Ok(stuck.collect())
    }

    pub(super) async fn events_of(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        let mut connection = self.connection("orders.events").await?;
        let mut found = self.events_where(&mut connection, &[id], i32::MAX).await?;
        Ok(found.remove(&id).unwrap_or_default())
    }
}
