//! The ports that the steps need, together. Each runtime puts its own behind them, once, at start.

use crate::unwired::Unwired;
use std::sync::Arc;
use workflows::issued::IssuedInvoices;
use workflows::ports::{
    Catalogue, CatalogueCopy, Clock, Documents, EventBus, Intake, InvoicePrinter, Orders, PaymentProvider, Queue,
    Retention, Search, Warehouses, Workflows,
};

/// What the steps and the API need.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Takes orders in.
    pub intake: Arc<dyn Intake>,
    /// Orders, stock, money, events.
    pub orders: Arc<dyn Orders>,
    /// Products.
    pub catalogue: Arc<dyn Catalogue>,
    /// What buyers are shown of them, where that is kept apart.
    pub catalogue_copy: Arc<dyn CatalogueCopy>,
    /// Search.
    pub search: Arc<dyn Search>,
    /// Where events are told.
    pub bus: Arc<dyn EventBus>,
    /// Queues to send to.
    pub queue: Arc<dyn Queue>,
    /// Documents.
    pub documents: Arc<dyn Documents>,
    /// What was issued.
    pub issued: Arc<dyn IssuedInvoices>,
    /// Prints invoices.
    pub printer: Arc<dyn InvoicePrinter>,
    /// Moves the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// Starts workflows.
    pub workflows: Arc<dyn Workflows>,
    /// Ship the goods.
    pub warehouses: Arc<dyn Warehouses>,
    /// What is kept for a while only.
    pub retention: Arc<dyn Retention>,
}

impl Ports {
    /// The time, and nothing behind the other ports: for whoever needs a few of them only.
    pub fn unwired(clock: Arc<dyn Clock>) -> Self {
        let nothing = Arc::new(Unwired);
        Self {
            clock,
            intake: nothing.clone(),
            orders: nothing.clone(),
            catalogue: nothing.clone(),
            catalogue_copy: nothing.clone(),
            search: nothing.clone(),
            bus: nothing.clone(),
            queue: nothing.clone(),
            documents: nothing.clone(),
            issued: nothing.clone(),
            printer: nothing.clone(),
            provider: nothing.clone(),
            workflows: nothing.clone(),
            warehouses: nothing.clone(),
            retention: nothing,
        }
    }
}
