//! The ports of a function, put together once: what its settings name stands behind them, and nothing else.

use super::settings::{DatabaseSettings, Provider, Settings};
use crate::{api::EdgeKey, ports::Ports, token::TokenKey};
use adapters::{
    aws::{
        Clients,
        catalogue::DynamoCatalogue,
        event_bus::EventBridgeBus,
        intake::DynamoIntake,
        payload::Payloads,
        queue::SqsQueues,
        secrets::{self, Place},
        warehouses::SnsWarehouses,
        workflows::StepFunctions,
    },
    documents::StoredDocuments,
    postgres::{
        Database,
        catalogue::PgCatalogue,
        orders::{OrderSettings, PgOrders},
        search::PgSearch,
        warehouses::PgWarehouses,
    },
    sandbox::Sandbox,
    system::SystemClock,
};
use anyhow::Context;
use std::sync::Arc;
use workflows::ports::Clock;

/// What a function has before it has asked anybody for anything.
pub(super) struct Reach {
    settings: Settings,
    clients: Clients,
    /// Where bodies lie that are too large for a queue.
    pub(super) payloads: Option<Payloads>,
    /// The queues that it sends to.
    pub(super) queues: SqsQueues,
}

/// What a function works with.
pub(super) struct Wired {
    /// What the steps and the API need.
    pub(super) ports: Ports,
    /// The order database itself.
    pub(super) database: Database,
    /// Verifies bearer tokens.
    pub(super) token_key: Option<TokenKey>,
    /// What every request must show.
    pub(super) edge_key: Option<EdgeKey>,
}

impl Reach {
    pub(super) async fn of(settings: Settings) -> anyhow::Result<Self> {
        let clients = Clients::load().await;
        let payloads = match &settings.payloads {
            Some(bucket) => Some(Payloads::new(Arc::new(in_bucket(bucket)?))),
            None => None,
        };
        let queues = SqsQueues::new(clients.sqs.clone(), settings.queues.clone(), payloads.clone());
        Ok(Self { settings, clients, payloads, queues })
    }

    /// Reads the secrets and puts everything together.
    ///
    /// # Errors
    /// An [`Unavailable`](workflows::ports::Unavailable) if a secret could not be read.
    pub(super) async fn wire(&self) -> anyhow::Result<Wired> {
        let Self { settings, clients, payloads, queues } = self;
        let database = connect(clients, &settings.database).await?;
        let token_key = match &settings.token_key {
            Some(secret) => Some(TokenKey::from_bytes(&secrets::token_key(&clients.secrets, secret).await?)?),
            None => None,
        };
        let edge_key = match &settings.edge_key {
            Some(secret) => Some(EdgeKey::from_bytes(&secrets::edge_key(&clients.secrets, secret).await?)),
            None => None,
        };
        let mut ports = Ports { queue: Arc::new(queues.clone()), ..on_database(&database, settings) };
        on_aws(&mut ports, clients, &database, payloads.clone(), settings.clone())?;
        Ok(Wired { ports, database, token_key, edge_key })
    }
}

async fn connect(clients: &Clients, place: &DatabaseSettings) -> anyhow::Result<Database> {
    let besides = Place { host: place.host.as_deref(), dbname: &place.name, sslmode: &place.sslmode };
    let url = secrets::database_url(&clients.secrets, &place.secret, besides).await?;
    Database::connect_once(&url).context("the database's address cannot be understood")
}

fn in_bucket(bucket: &str) -> anyhow::Result<StoredDocuments> {
    StoredDocuments::in_bucket(bucket).with_context(|| format!("bucket {bucket} cannot be used"))
}

/// The ports that the order database stands behind on both runtimes. The printer of invoices is put there by the one program
/// that prints: whatever is named here is in all of them, and its fonts weigh 2.8 MB zipped.
fn on_database(database: &Database, settings: &Settings) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rules = OrderSettings { stage: settings.stage.clone(), hold: settings.hold, seller: settings.seller.clone() };
    let orders = Arc::new(PgOrders::new(database.clone(), Arc::clone(&clock), rules));
    Ports {
        orders: orders.clone(),
        issued: orders,
        catalogue: Arc::new(PgCatalogue::new(database.clone(), Arc::clone(&clock))),
        search: Arc::new(PgSearch::new(database.clone())),
        ..Ports::unwired(clock)
    }
}

/// The ports that services of AWS stand behind, as far as the function reaches them.
fn on_aws(
    ports: &mut Ports,
    clients: &Clients,
    database: &Database,
    payloads: Option<Payloads>,
    settings: Settings,
) -> anyhow::Result<()> {
    if let (Some(table), Some(payloads)) = (settings.submissions, payloads) {
        let intake = DynamoIntake::new(clients.dynamo_db.clone(), table, Arc::clone(&ports.queue), payloads);
        ports.intake = Arc::new(intake);
    }
    let products = |table: String| Arc::new(DynamoCatalogue::new(clients.dynamo_db.clone(), table));
    if let Some(table) = settings.catalogue {
        ports.catalogue = products(table);
    }
    if let Some(table) = settings.catalogue_copy {
        ports.catalogue_copy = products(table);
    }
    if let Some(bus) = settings.bus {
        ports.bus = Arc::new(EventBridgeBus::new(clients.event_bridge.clone(), bus));
    }
    if let Some(checkout) = settings.checkout {
        ports.workflows = Arc::new(StepFunctions::new(clients.step_functions.clone(), checkout));
    }
    if let Some(bucket) = settings.documents {
        ports.documents = Arc::new(in_bucket(&bucket)?);
    }
    if let Some(topic) = settings.warehouses {
        let topic = SnsWarehouses::new(clients.sns.clone(), topic);
        ports.warehouses = Arc::new(PgWarehouses::new(database.clone()).and_push(Arc::new(topic)));
    }
    match settings.provider {
        Some(Provider::Sandbox) => ports.provider = Arc::new(Sandbox::new(database.clone())),
        None => (),
    }
    Ok(())
}
