//! Stored orders, behind one port for each of those who need something of them. Each port stands beside its SQL: a statement
//! bears the name of the method, or of what it does for one that takes several.

pub mod decided;
mod dispatches;
pub(crate) mod invoice_numbers;
mod issued_invoices;
mod ledger;
mod order_lists;
mod reservations;
pub(crate) mod rows;
mod stuck_orders;

use super::Database;
use std::sync::Arc;
use time::Duration;
use workflows::{billing::Seller, ports::Clock};

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
