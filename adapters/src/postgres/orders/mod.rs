//! The orders port. Its methods stand in files of their own: reserving, applying commands, reading, numbering
//! invoices, telling warehouses.

mod apply;
pub mod decided;
pub(crate) mod invoices;
mod issued;
mod read;
mod reserve;
pub(crate) mod rows;

use super::Database;
use async_trait::async_trait;
use schemas::{api::order as api, event::Event, ids::OrderId, kept::AcceptedOrder};
use std::sync::Arc;
use time::Duration;
use workflows::{
    billing::Seller,
    lifecycle::{Command, Stuck},
    ports::{Applied, Clock, Dispatch, Numbered, OrderList, Orders, Reservation, Sweep, Unavailable},
};

/// Orders in PostgreSQL.
pub struct PgOrders {
    pub(super) database: Database,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: OrderSettings,
}

/// What an installation decides about its orders.
#[derive(Clone, Debug)]
pub struct OrderSettings {
    /// The installation's name in the `source` of events, as in `sluice/<stage>`.
    pub stage: String,
    /// How long stock is held for an order that is not paid yet.
    pub hold: Duration,
    /// Who sells.
    pub seller: Seller,
}

impl PgOrders {
    /// Orders in that database.
    pub fn new(database: Database, clock: Arc<dyn Clock>, settings: OrderSettings) -> Self {
        Self { database, clock, settings }
    }
}

#[async_trait]
impl Orders for PgOrders {
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        self.reserve_batch(batch).await
    }

    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.apply_batch(batch).await
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<workflows::order::StoredOrder>, Unavailable> {
        let mut connection = self.connection("orders.load").await?;
        rows::load(&mut connection, &rows::uuids(ids)).await
    }

    async fn load_readable(&self, ids: &[OrderId]) -> Result<Vec<workflows::order::StoredOrder>, Unavailable> {
        self.readable_orders(ids).await
    }

    async fn list(
        &self,
        customer: &str,
        status: Option<api::Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable> {
        self.list_orders(customer, status, before, limit).await
    }

    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        self.expired_reservations(limit).await
    }

    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        self.stuck_orders(patience, limit).await
    }

    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        self.note_swept(swept).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        self.events_of(id).await
    }

    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        self.number_batch(ids).await
    }

    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        self.dispatches_of(ids).await
    }

    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        self.note_told(told).await
    }
}
