//! The ports of the embedded runtime, put together once at start.

use crate::{readiness, waiters::Waiters};
use adapters::{
    batching::ports::{BatchingCatalogue, BatchingEventBus, BatchingIntake, BatchingLedger},
    documents::StoredDocuments,
    invoice_printer::BlockingPrinter,
    postgres::{
        Database,
        catalogue::PgCatalogue,
        orders::{OrderSettings, PgOrders},
        runtime::{event_bus::PgEventBus, intake::PgIntake, queue::PgQueue, retention::PgRetention},
        search::PgSearch,
        warehouses::PgWarehouses,
    },
    sandbox::Sandbox,
    system::{SystemClock, SystemIds},
};
use handlers::{
    api::{Acceptances, App, Metrics, Reads},
    ports::{NotWired, Ports},
    token::Tokens,
};
use printing::PdfReader;
use std::sync::{Arc, atomic::AtomicBool};
use workflows::{
    ports::{Clock, Documents, Intake, RetentionPeriods, Workflows},
    wiring,
};

/// How much one caller may read at once, and all together: half of the connections for reading, and all of them, so that
/// nobody who has a place waits for a connection.
const READS_OF_EACH: u16 = 2;
const READS_IN_ALL: u16 = 4;

/// What the pipeline works with.
pub struct Wired {
    /// The database itself, for what is embedded only.
    pub database: Database,
    /// What the steps need.
    pub ports: Ports,
    /// Those that the API needs: what callers ask goes over connections apart from those of the steps.
    pub callers: Ports,
    /// Takes the payment provider down while it is true, for whoever tries what happens then.
    pub outage: Arc<AtomicBool>,
}

impl Wired {
    /// Puts them together. Where money is real, the sandbox takes no test token.
    ///
    /// # Errors
    /// If a rule cannot be run.
    pub fn assemble(
        database: &Database,
        starter: Arc<dyn Workflows>,
        documents: StoredDocuments,
        settings: OrderSettings,
        periods: RetentionPeriods,
        money_is_real: bool,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sandbox = Sandbox::new(database.clone());
        let sandbox = if money_is_real { sandbox.where_money_is_real() } else { sandbox };
        let outage = sandbox.outage();
        let orders_in =
            |database: &Database| Arc::new(PgOrders::new(database.clone(), Arc::clone(&clock), settings.clone()));
        let catalogue_in = |database: &Database| Arc::new(PgCatalogue::new(database.clone(), Arc::clone(&clock)));
        let search_in = |database: &Database| Arc::new(PgSearch::new(database.clone()));
        let orders = orders_in(database);
        let ledger = Arc::new(BatchingLedger::new(orders.clone()));
        let intake: Arc<dyn Intake> = Arc::new(BatchingIntake::new(Arc::new(PgIntake::new(database.clone()))));
        let documents: Arc<dyn Documents> = Arc::new(documents);
        let bus = BatchingEventBus::new(Arc::new(PgEventBus::new(database.clone(), &wiring::rules())?));
        let ports = Ports {
            ledger,
            bus: Some(Arc::new(bus)),
            queue: Some(Arc::new(PgQueue::new(database.clone()))),
            documents: Some(Arc::clone(&documents)),
            printer: Some(Arc::new(BlockingPrinter { print: printing::print, reader: PdfReader })),
            workflows: Some(starter),
            provider: Some(Arc::new(sandbox)),
            warehouses: Some(Arc::new(PgWarehouses::new(database.clone()))),
            retention: Some(Arc::new(PgRetention::new(database.clone(), periods))),
            ..Ports::on_database(Arc::clone(&clock), orders, catalogue_in(database), search_in(database))
        };
        let theirs = database.for_callers();
        let catalogue = Arc::new(BatchingCatalogue::new(catalogue_in(&theirs)));
        let callers = Ports {
            intake: Some(intake),
            documents: Some(documents),
            queue: Some(Arc::new(PgQueue::new(theirs.clone()))),
            ..Ports::on_database(Arc::clone(&clock), orders_in(&theirs), catalogue, search_in(&theirs))
        };
        Ok(Self { database: database.clone(), ports, callers, outage })
    }

    /// What the API works with.
    ///
    /// # Errors
    /// If it needs what is not reached here.
    pub(crate) fn app(
        &self,
        waiting: Waiters,
        tokens: Arc<dyn Tokens>,
        metrics: Arc<Metrics>,
    ) -> Result<App, NotWired> {
        Ok(App {
            intake: self.callers.intake()?,
            ports: Arc::new(self.callers.clone()),
            reader: Arc::new(PdfReader),
            ids: Arc::new(SystemIds),
            decision_notifier: Arc::new(waiting),
            acceptances: Acceptances::default(),
            reads: Reads::new(READS_OF_EACH, READS_IN_ALL),
            readiness: Arc::new(readiness::Remembered::new(Arc::new(self.database.clone()))),
            tokens: Some(tokens),
            edge_key: None,
            metrics,
        })
    }
}
