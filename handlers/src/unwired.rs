//! What stands behind a port that a function has no use for. A function reaches only what its template lets it reach; a
//! call to anything else is a fault of the wiring, and says so.

use async_trait::async_trait;
use schemas::{
    api::{
        order as api,
        product::{Product, ProductPage},
    },
    event::Event,
    ids::OrderId,
    kept::AcceptedOrder,
};
use std::collections::HashSet;
use time::Duration;
use workflows::{
    billing::{Bill, Edition, InvoiceDocument},
    issued::{Fingerprint, Issued, IssuedInvoices, Place, PrintRecord, Printed, ReadBack},
    lifecycle::{Command, Stuck},
    order::StoredOrder,
    ports::{
        Acceptance, Applied, Authorization, AuthorizationRequest, Bite, BookEntry, Catalogue, CatalogueCopy, Dispatch,
        Documents, EventBus, Filed, Intake, InvoicePrinter, InvoiceReader, Kept, Notice, Numbered, OrderList, Orders,
        OutgoingMessage, PaymentProvider, ProviderError, Queue, Rebuilt, Reservation, Retention, Search, Submission,
        Sweep, Unavailable, Warehouses, Workflows,
    },
    steps::forget::Terms,
    wiring::QueueName,
};

const WHY: &str = "nothing stands behind this port here";

/// Nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwired;

/// Waiting does not help, so it is not told as somebody being away.
fn unwired<T>(what: &'static str) -> Result<T, Unavailable> {
    Err(Unavailable::refused(what, WHY))
}

#[async_trait]
impl Intake for Unwired {
    async fn accept(&self, _: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        unwired("intake.accept")
    }

    async fn find(&self, _: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        unwired("intake.find")
    }
}

#[async_trait]
impl Retention for Unwired {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    async fn forget(&self, _: Kept, _: Duration, _: OrderId, _: i64) -> Result<Bite, Unavailable> {
        unwired("retention.forget")
    }
}

#[async_trait]
impl Orders for Unwired {
    async fn reserve(&self, _: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        unwired("orders.reserve")
    }

    async fn apply(&self, _: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        unwired("orders.apply")
    }

    async fn load(&self, _: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        unwired("orders.load")
    }

    async fn list(
        &self,
        _: &str,
        _: Option<api::Status>,
        _: Option<OrderId>,
        _: i64,
    ) -> Result<OrderList, Unavailable> {
        unwired("orders.list")
    }

    async fn expired(&self, _: i64) -> Result<Vec<OrderId>, Unavailable> {
        unwired("orders.expired")
    }

    async fn stuck(&self, _: Duration, _: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        unwired("orders.stuck")
    }

    async fn mark_swept(&self, _: &[Sweep]) -> Result<(), Unavailable> {
        unwired("orders.mark_swept")
    }

    async fn events(&self, _: OrderId) -> Result<Vec<Event>, Unavailable> {
        unwired("orders.events")
    }

    async fn number_invoices(&self, _: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        unwired("orders.number_invoices")
    }

    async fn dispatches(&self, _: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        unwired("orders.dispatches")
    }

    async fn mark_told(&self, _: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        unwired("orders.mark_told")
    }
}

#[async_trait]
impl Catalogue for Unwired {
    async fn product(&self, _: &str) -> Result<Option<Product>, Unavailable> {
        unwired("catalogue.product")
    }

    async fn known(&self, _: &[String]) -> Result<HashSet<String>, Unavailable> {
        unwired("catalogue.known")
    }

    async fn products(&self, _: Option<&str>, _: i64) -> Result<ProductPage, Unavailable> {
        unwired("catalogue.products")
    }
}

#[async_trait]
impl CatalogueCopy for Unwired {
    async fn put(&self, _: &[Product]) -> Result<(), Unavailable> {
        unwired("catalogue.put")
    }

    async fn remove(&self, _: &[String]) -> Result<(), Unavailable> {
        unwired("catalogue.remove")
    }
}

#[async_trait]
impl Search for Unwired {
    async fn index_orders(&self, _: &[OrderId]) -> Result<(), Unavailable> {
        unwired("search.index_orders")
    }

    async fn rebuild(&self, _: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable> {
        unwired("search.rebuild")
    }

    async fn products(&self, _: &str, _: i64) -> Result<Vec<Product>, Unavailable> {
        unwired("search.products")
    }

    async fn orders(&self, _: &str, _: i64) -> Result<Vec<OrderId>, Unavailable> {
        unwired("search.orders")
    }
}

#[async_trait]
impl EventBus for Unwired {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        // Nothing to tell needs nobody to tell it to.
        if events.is_empty() { Ok(()) } else { unwired("event_bus.publish") }
    }
}

#[async_trait]
impl Queue for Unwired {
    async fn send(&self, _: QueueName, _: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        unwired("queue.send")
    }
}

#[async_trait]
impl Documents for Unwired {
    async fn file(&self, _: &str, _: Vec<u8>) -> Result<Filed, Unavailable> {
        unwired("documents.file")
    }

    async fn put(&self, _: &str, _: Vec<u8>) -> Result<Option<String>, Unavailable> {
        unwired("documents.put")
    }

    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        unwired("documents.get")
    }
}

#[async_trait]
impl InvoicePrinter for Unwired {
    async fn print(&self, _: InvoiceDocument) -> Result<Printed, Unavailable> {
        unwired("invoice_printer.print")
    }
}

impl InvoiceReader for Unwired {
    fn read_back(&self, _: &[u8]) -> Option<ReadBack> {
        None
    }
}

#[async_trait]
impl IssuedInvoices for Unwired {
    async fn record(&self, _: &[(OrderId, PrintRecord)]) -> Result<HashSet<OrderId>, Unavailable> {
        unwired("issued_invoices.record")
    }

    async fn adopt(&self, _: &[(OrderId, Fingerprint)]) -> Result<(), Unavailable> {
        unwired("issued_invoices.adopt")
    }

    async fn of(&self, _: &[OrderId]) -> Result<Vec<Issued>, Unavailable> {
        unwired("issued_invoices.of")
    }

    async fn behind(&self, _: Place, _: i64) -> Result<Vec<Issued>, Unavailable> {
        unwired("issued_invoices.behind")
    }

    async fn bill(&self, _: OrderId, _: Option<Edition>) -> Result<Option<Bill>, Unavailable> {
        unwired("issued_invoices.bill")
    }

    async fn checked(&self) -> Result<Place, Unavailable> {
        unwired("issued_invoices.checked")
    }

    async fn mark_checked(&self, _: Place) -> Result<(), Unavailable> {
        unwired("issued_invoices.mark_checked")
    }

    async fn unasked(&self, _: &[OrderId]) -> Result<Vec<OrderId>, Unavailable> {
        unwired("issued_invoices.unasked")
    }

    async fn mark_unmended(&self, _: OrderId) -> Result<(), Unavailable> {
        unwired("issued_invoices.mark_unmended")
    }

    async fn mark_mended(&self, _: OrderId) -> Result<(), Unavailable> {
        unwired("issued_invoices.mark_mended")
    }
}

#[async_trait]
impl PaymentProvider for Unwired {
    async fn authorize(&self, _: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        Err(ProviderError::Unavailable(WHY.to_owned()))
    }

    async fn find(&self, _: &str) -> Result<Option<Authorization>, ProviderError> {
        Err(ProviderError::Unavailable(WHY.to_owned()))
    }

    async fn void(&self, _: &str) -> Result<(), ProviderError> {
        Err(ProviderError::Unavailable(WHY.to_owned()))
    }

    async fn books(&self, _: OrderId, _: OrderId, _: i64) -> Result<Vec<BookEntry>, ProviderError> {
        Err(ProviderError::Unavailable(WHY.to_owned()))
    }
}

#[async_trait]
impl Workflows for Unwired {
    async fn start_checkout(&self, _: &[OrderId]) -> Result<(), Unavailable> {
        unwired("workflows.start_checkout")
    }
}

#[async_trait]
impl Warehouses for Unwired {
    async fn tell(&self, _: &[Notice]) -> Result<(), Unavailable> {
        unwired("warehouses.tell")
    }
}
