//! The ports that the steps and the API need, together. Each runtime puts its own behind them, once, at start.
//!
//! Behind some stands the order database, which every process reaches. Of the others a process has those that it may reach; on
//! AWS that is what the template lets a function reach. Whoever works takes what it needs out of here when it is put together,
//! by the methods of this type: what is missing then keeps it from beginning, and nobody finds out in the middle of an order.

use std::sync::Arc;
use workflows::ports::{
    Catalogue, CatalogueCopy, Clock, Dispatches, Documents, EventBus, Intake, InvoiceNumbers, InvoicePrinter,
    IssuedInvoices, Ledger, OrderLists, PaymentProvider, Queue, Reservations, Retention, Search, StuckOrders,
    Warehouses, Workflows,
};

/// What the steps and the API need.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Stores accepted orders with their stock.
    pub reservations: Arc<dyn Reservations>,
    /// Carries out what happens to orders.
    pub ledger: Arc<dyn Ledger>,
    /// Orders as lists show them.
    pub order_lists: Arc<dyn OrderLists>,
    /// Numbers invoices.
    pub invoice_numbers: Arc<dyn InvoiceNumbers>,
    /// How far warehouses were told of orders.
    pub dispatches: Arc<dyn Dispatches>,
    /// Orders that nobody is at work on.
    pub stuck_orders: Arc<dyn StuckOrders>,
    /// What was issued.
    pub issued_invoices: Arc<dyn IssuedInvoices>,
    /// Products.
    pub catalogue: Arc<dyn Catalogue>,
    /// Search.
    pub search: Arc<dyn Search>,
    /// What buyers are shown of the products, where that is kept apart.
    pub catalogue_copy: Option<Arc<dyn CatalogueCopy>>,
    /// Takes orders in.
    pub intake: Option<Arc<dyn Intake>>,
    /// Where events are told.
    pub bus: Option<Arc<dyn EventBus>>,
    /// Queues to send to.
    pub queue: Option<Arc<dyn Queue>>,
    /// Documents.
    pub documents: Option<Arc<dyn Documents>>,
    /// Prints invoices.
    pub printer: Option<Arc<dyn InvoicePrinter>>,
    /// Moves the money.
    pub provider: Option<Arc<dyn PaymentProvider>>,
    /// Starts workflows.
    pub workflows: Option<Arc<dyn Workflows>>,
    /// Told what to ship.
    pub warehouses: Option<Arc<dyn Warehouses>>,
    /// What is kept for a while only.
    pub retention: Option<Arc<dyn Retention>>,
}

/// Something was to be put together that needs what this process does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it needs {port}, and nothing stands behind that port here; what a function reaches is listed in `Trigger::needs`"
)]
pub struct NotWired {
    /// The port.
    pub port: &'static str,
}

fn wired<P: ?Sized>(port: &'static str, behind: Option<&Arc<P>>) -> Result<Arc<P>, NotWired> {
    behind.cloned().ok_or(NotWired { port })
}

impl Ports {
    /// The ports that the order database stands behind, and nothing behind the others.
    pub fn on_database<O>(
        clock: Arc<dyn Clock>,
        orders: Arc<O>,
        catalogue: Arc<dyn Catalogue>,
        search: Arc<dyn Search>,
    ) -> Self
    where
        O: Reservations + Ledger + OrderLists + InvoiceNumbers + Dispatches + StuckOrders + IssuedInvoices + 'static,
    {
        Self {
            clock,
            reservations: orders.clone(),
            ledger: orders.clone(),
            order_lists: orders.clone(),
            invoice_numbers: orders.clone(),
            dispatches: orders.clone(),
            stuck_orders: orders.clone(),
            issued_invoices: orders,
            catalogue,
            search,
            catalogue_copy: None,
            intake: None,
            bus: None,
            queue: None,
            documents: None,
            printer: None,
            provider: None,
            workflows: None,
            warehouses: None,
            retention: None,
        }
    }

    /// What buyers are shown of the products.
    ///
    /// # Errors
    /// If nothing stands behind it here, as of all that follow.
    pub fn catalogue_copy(&self) -> Result<Arc<dyn CatalogueCopy>, NotWired> {
        wired("catalogue_copy", self.catalogue_copy.as_ref())
    }

    /// Takes orders in.
    ///
    /// # Errors
    /// As above.
    pub fn intake(&self) -> Result<Arc<dyn Intake>, NotWired> {
        wired("intake", self.intake.as_ref())
    }

    /// Where events are told.
    ///
    /// # Errors
    /// As above.
    pub fn bus(&self) -> Result<Arc<dyn EventBus>, NotWired> {
        wired("bus", self.bus.as_ref())
    }

    /// Queues to send to.
    ///
    /// # Errors
    /// As above.
    pub fn queue(&self) -> Result<Arc<dyn Queue>, NotWired> {
        wired("queue", self.queue.as_ref())
    }

    /// Documents.
    ///
    /// # Errors
    /// As above.
    pub fn documents(&self) -> Result<Arc<dyn Documents>, NotWired> {
        wired("documents", self.documents.as_ref())
    }

    /// Prints invoices.
    ///
    /// # Errors
    /// As above.
    pub fn printer(&self) -> Result<Arc<dyn InvoicePrinter>, NotWired> {
        wired("printer", self.printer.as_ref())
    }

    /// Moves the money.
    ///
    /// # Errors
    /// As above.
    pub fn provider(&self) -> Result<Arc<dyn PaymentProvider>, NotWired> {
        wired("provider", self.provider.as_ref())
    }

    /// Starts workflows.
    ///
    /// # Errors
    /// As above.
    pub fn workflows(&self) -> Result<Arc<dyn Workflows>, NotWired> {
        wired("workflows", self.workflows.as_ref())
    }

    /// Told what to ship.
    ///
    /// # Errors
    /// As above.
    pub fn warehouses(&self) -> Result<Arc<dyn Warehouses>, NotWired> {
        wired("warehouses", self.warehouses.as_ref())
    }

    /// What is kept for a while only.
    ///
    /// # Errors
    /// As above.
    pub fn retention(&self) -> Result<Arc<dyn Retention>, NotWired> {
        wired("retention", self.retention.as_ref())
    }
}
