//! The ports of the embedded runtime, put together once at start.

use crate::engine::Starter;
use adapters::{
    batching::coalesced::{CoalescedBus, CoalescedCatalogue, CoalescedIntake, CoalescedLedger},
    documents::StoredDocuments,
    postgres::{
        Database,
        catalogue::PgCatalogue,
        orders::{OrderSettings, PgOrders},
        runtime::{event_bus::PgEventBus, intake::PgIntake, queue::PgQueue, retention::PgRetention},
        search::PgSearch,
        warehouses::PgWarehouses,
    },
    sandbox::Sandbox,
    system::SystemClock,
};
use handlers::ports::Ports;
use printing::PdfPrinter;
use std::sync::{Arc, atomic::AtomicBool};
use workflows::{ports::Clock, steps::forget::Terms, wiring};

/// What the pipeline works with.
pub struct Parts {
    /// The database itself, for what is embedded only.
    pub database: Database,
    /// What the steps need.
    pub ports: Ports,
    /// The same for the API: what callers ask goes over connections apart from those of the steps.
    pub callers: Ports,
    /// Takes the payment provider down while it is true, for whoever tries what happens then.
    pub outage: Arc<AtomicBool>,
}

impl Parts {
    /// Puts them together. Where money is real, the sandbox takes no test token.
    ///
    /// # Errors
    /// If a rule cannot be run.
    pub fn assemble(
        database: &Database,
        starter: Arc<Starter>,
        documents: StoredDocuments,
        settings: OrderSettings,
        terms: Terms,
        money_is_real: bool,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sandbox = Sandbox::new(database.clone());
        let sandbox = if money_is_real { sandbox.where_money_is_real() } else { sandbox };
        let outage = sandbox.outage();
        let orders = Arc::new(PgOrders::new(database.clone(), Arc::clone(&clock), settings.clone()));
        let theirs = database.for_callers();
        let callers_orders = Arc::new(PgOrders::new(theirs.clone(), Arc::clone(&clock), settings));
        let callers_catalogue = PgCatalogue::new(theirs.clone(), Arc::clone(&clock));
        let ports = Ports {
            intake: Arc::new(CoalescedIntake::new(Arc::new(PgIntake::new(database.clone())))),
            orders: Arc::new(CoalescedLedger::new(orders.clone())),
            catalogue: Arc::new(PgCatalogue::new(database.clone(), Arc::clone(&clock))),
            search: Arc::new(PgSearch::new(database.clone())),
            bus: Arc::new(CoalescedBus::new(Arc::new(PgEventBus::new(database.clone(), &wiring::rules())?))),
            queue: Arc::new(PgQueue::new(database.clone())),
            documents: Arc::new(documents),
            issued: orders,
            printer: Arc::new(PdfPrinter),
            workflows: starter,
            provider: Arc::new(sandbox),
            warehouses: Arc::new(PgWarehouses::new(database.clone())),
            retention: Arc::new(PgRetention::new(database.clone(), terms)),
            ..Ports::unwired(clock)
        };
        let callers = Ports {
            orders: callers_orders.clone(),
            issued: callers_orders,
            catalogue: Arc::new(CoalescedCatalogue::new(Arc::new(callers_catalogue))),
            search: Arc::new(PgSearch::new(theirs.clone())),
            queue: Arc::new(PgQueue::new(theirs)),
            ..ports.clone()
        };
        Ok(Self { database: database.clone(), ports, callers, outage })
    }
}
