//! The ports of the embedded runtime, put together once at start.

use crate::engine::Starter;
use adapters::{
    coalesced::{CoalescedBus, CoalescedIntake, CoalescedOrders},
    documents::StoredDocuments,
    postgres::{
        Database,
        catalogue::PgCatalogue,
        event_bus::PgEventBus,
        intake::PgIntake,
        orders::{OrderSettings, PgOrders},
        queue::PgQueue,
        search::PgSearch,
    },
    printer::PdfPrinter,
    sandbox::Sandbox,
    system::SystemClock,
};
use anyhow::Context;
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};
use workflows::{
    ports::{
        Catalogue, Clock, Documents, EventBus, Intake, InvoicePrinter, Orders, PaymentProvider, Queue, Search,
        Workflows,
    },
    wiring,
};

/// What the steps and the API need.
pub struct Parts {
    /// The database itself, for what is embedded only.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Takes orders in.
    pub intake: Arc<dyn Intake>,
    /// Orders, stock, money, events.
    pub orders: Arc<dyn Orders>,
    /// Products.
    pub catalogue: Arc<dyn Catalogue>,
    /// Search.
    pub search: Arc<dyn Search>,
    /// Where events are told.
    pub bus: Arc<dyn EventBus>,
    /// Queues to send to.
    pub queue: Arc<dyn Queue>,
    /// Documents.
    pub documents: Arc<dyn Documents>,
    /// Prints invoices.
    pub printer: Arc<dyn InvoicePrinter>,
    /// Moves the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// Takes the provider down while it is true, for whoever tries what happens then.
    pub outage: Arc<AtomicBool>,
    /// Starts workflows.
    pub workflows: Arc<dyn Workflows>,
}

impl Parts {
    /// Puts them together. Documents go into `documents`.
    ///
    /// # Errors
    /// If the folder cannot be used or a rule cannot be run.
    pub fn assemble(
        database: &Database,
        starter: Arc<Starter>,
        documents: &Path,
        settings: OrderSettings,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sandbox = Sandbox::new(database.clone());
        let folder = || format!("the folder for documents, {}, cannot be used", documents.display());
        Ok(Self {
            intake: Arc::new(CoalescedIntake::new(Arc::new(PgIntake::new(database.clone())))),
            orders: Arc::new(CoalescedOrders::new(Arc::new(PgOrders::new(
                database.clone(),
                Arc::clone(&clock),
                settings,
            )))),
            catalogue: Arc::new(PgCatalogue::new(database.clone(), Arc::clone(&clock))),
            search: Arc::new(PgSearch::new(database.clone())),
            bus: Arc::new(CoalescedBus::new(Arc::new(PgEventBus::new(database.clone(), &wiring::rules())?))),
            queue: Arc::new(PgQueue::new(database.clone())),
            documents: Arc::new(StoredDocuments::in_folder(documents).with_context(folder)?),
            printer: Arc::new(PdfPrinter),
            outage: sandbox.outage(),
            provider: Arc::new(sandbox),
            workflows: starter,
            database: database.clone(),
            clock,
        })
    }
}
