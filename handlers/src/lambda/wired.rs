//! The ports of a function, put together once: what its settings name stands behind them, and nothing else.

use super::{
    renewal::Renewal,
    settings::{DatabaseSettings, Provider, Settings, WarehouseTopics},
    waiting_room::SharedRoom,
};
use crate::{
    api::{Acceptances, App, EdgeKey, Metrics, PollingNotifier, Reads},
    functions::DatabaseUser,
    ports::{NotWired, Ports},
    token::{SHORTEST_KEY, TokenKey, Tokens},
};
use adapters::{
    aws::{
        Clients,
        catalogue::DynamoCatalogue,
        event_bus::EventBridgeBus,
        intake::DynamoIntake,
        payload::Payloads,
        places::Places,
        queue::SqsQueues,
        secrets::{self, DatabaseEndpoint},
        warehouses::SnsWarehouses,
        workflows::StepFunctions,
    },
    documents::StoredDocuments,
    postgres::{
        Database,
        catalogue::PgCatalogue,
        orders::{OrderSettings, PgOrders},
        roles::DatabaseRole,
        search::PgSearch,
        warehouses::PgWarehouses,
    },
    sandbox::Sandbox,
    system::{SystemChance, SystemClock, SystemIds},
};
use anyhow::Context;
use futures_util::future::BoxFuture;
use printing::PdfReader;
use std::sync::{Arc, OnceLock};
use workflows::ports::{Chance, Clock, Unavailable};

/// What a function has before it has asked anybody for anything.
pub(super) struct Reach {
    settings: Settings,
    clients: Clients,
    chance: Arc<dyn Chance>,
    /// Where bodies lie that are too large for a queue.
    pub(super) payloads: Option<Payloads>,
    /// The queues that it sends to.
    pub(super) queues: SqsQueues,
    /// When its secrets are read again.
    pub(super) renewal: Arc<Renewal>,
    /// The order database, once it was put together.
    database: OnceLock<Database>,
}

/// What a function works with.
pub(super) struct Wired {
    /// What the steps and the API need.
    pub(super) ports: Ports,
    /// The order database itself.
    pub(super) database: Database,
}

impl Wired {
    /// What the API works with.
    ///
    /// # Errors
    /// If it needs what is not reached here.
    pub(super) fn app(self, keys: Keys) -> Result<App, NotWired> {
        Ok(App {
            intake: self.ports.intake()?,
            ports: Arc::new(self.ports),
            reader: Arc::new(PdfReader),
            // Nobody tells a function of changes.
            decision_notifier: Arc::new(PollingNotifier),
            ids: Arc::new(SystemIds),
            // A function answers one request at a time and knows of no other instance, so places of a caller mean nothing here:
            // how many read at once is bounded by the concurrency of the function, for all callers together.
            acceptances: Acceptances::default(),
            reads: Reads::new(1, 1),
            readiness: Arc::new(self.database),
            tokens: tokens(keys.token),
            edge_key: keys.edge,
            metrics: Arc::new(Metrics::default()),
        })
    }
}

/// What a request must show.
pub(super) struct Keys {
    /// Verifies bearer tokens.
    pub(super) token: Option<TokenKey>,
    /// What whoever stands in front shows.
    pub(super) edge: Option<EdgeKey>,
}

impl Keys {
    /// The same with these keys.
    pub(super) fn in_place_of_those_of(self, app: App) -> App {
        App { tokens: tokens(self.token), edge_key: self.edge, ..app }
    }
}

fn tokens(key: Option<TokenKey>) -> Option<Arc<dyn Tokens>> {
    key.map(|key| -> Arc<dyn Tokens> { Arc::new(key) })
}

impl Reach {
    pub(super) async fn of(settings: Settings) -> anyhow::Result<Self> {
        let clients = Clients::load().await;
        let payloads = match &settings.payloads {
            Some(bucket) => Some(Payloads::new(Arc::new(in_bucket(bucket)?))),
            None => None,
        };
        let chance: Arc<dyn Chance> = Arc::new(SystemChance);
        let (sqs, urls) = (clients.sqs.clone(), settings.queues.clone());
        let queues = SqsQueues::new(sqs, urls, payloads.clone(), Arc::clone(&chance));
        Ok(Self { settings, clients, chance, payloads, queues, renewal: Arc::default(), database: OnceLock::new() })
    }

    /// Reads the secrets and puts everything together.
    ///
    /// # Errors
    /// An [`Unavailable`](workflows::ports::Unavailable) if a secret could not be read.
    pub(super) async fn wire(&self) -> anyhow::Result<Wired> {
        let url = database_url(&self.clients, &self.settings.database).await?;
        let database = Database::connect_once(&url).context(NO_ADDRESS)?;
        let database = self.database.get_or_init(|| database).clone();
        let queue = Arc::new(self.queues.clone());
        let mut ports = Ports { queue: Some(queue), ..on_database(&database, &self.settings) };
        on_aws(&mut ports, self, &database)?;
        Ok(Wired { ports, database })
    }

    /// Reads the keys of requests, each with the one before it.
    ///
    /// # Errors
    /// If a secret could not be read, or is no key.
    pub(super) async fn keys(&self) -> anyhow::Result<Keys> {
        let Self { settings, clients, .. } = self;
        let mut keys = Keys { token: None, edge: None };
        if let Some(secret) = &settings.token_key {
            for bytes in secrets::token_keys(&clients.secrets, secret, SHORTEST_KEY).await? {
                let key = TokenKey::from_bytes(&bytes)?;
                keys.token = Some(match keys.token {
                    Some(newer) => newer.after(key),
                    None => key,
                });
            }
        }
        if let Some(secret) = &settings.edge_key {
            for bytes in secrets::edge_keys(&clients.secrets, secret, SHORTEST_KEY).await? {
                let key = EdgeKey::from_bytes(&bytes);
                keys.edge = Some(match keys.edge {
                    Some(newer) => newer.after(key),
                    None => key,
                });
            }
        }
        Ok(keys)
    }

    /// Reads the database's secret again if its time has come; while it cannot be read, what was read before holds.
    pub(super) async fn renew_if_due(&self) {
        if self.renewal.is_due() {
            self.renew().await;
        }
    }

    /// Reads the database's secret again.
    pub(super) fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let Some(database) = self.database.get() else { return };
            let renewed = match database_url(&self.clients, &self.settings.database).await {
                Ok(url) => database.connect_from_now_on_by(&url).context(NO_ADDRESS),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = renewed {
                tracing::warn!(error = format!("{error:#}"), "the database's secret cannot be read again");
            }
        })
    }

    /// The database's users to be made: what each may do, its name and its password.
    ///
    /// # Errors
    /// If a secret could not be read, or is no user's.
    pub(super) async fn database_users(&self) -> Result<Vec<(DatabaseRole, String, String)>, Unavailable> {
        let mut users = Vec::new();
        for (user, secret) in &self.settings.database_users {
            let role = match user {
                DatabaseUser::Api => DatabaseRole::Api,
                DatabaseUser::Worker => DatabaseRole::Worker,
                DatabaseUser::Payments => DatabaseRole::Payments,
                DatabaseUser::Owner => continue,
            };
            let (name, password) = secrets::credentials(&self.clients.secrets, secret).await?;
            users.push((role, name, password));
        }
        Ok(users)
    }

    /// The places of that name, in which buyers wait.
    pub(super) fn room(&self, places: &'static str, clock: Arc<dyn Clock>) -> Option<SharedRoom> {
        let table = self.settings.submissions.clone()?;
        let (client, chance) = (self.clients.dynamo_db.clone(), Arc::clone(&self.chance));
        Some(SharedRoom { places: Places::new(client, table, places, self.settings.most_waiting, chance), clock })
    }
}

const NO_ADDRESS: &str = "the database's address cannot be understood";

async fn database_url(clients: &Clients, settings: &DatabaseSettings) -> Result<String, Unavailable> {
    let besides =
        DatabaseEndpoint { host: settings.host.as_deref(), dbname: &settings.name, sslmode: &settings.sslmode };
    secrets::database_url(&clients.secrets, &settings.secret, besides).await
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
    let catalogue = Arc::new(PgCatalogue::new(database.clone(), Arc::clone(&clock)));
    Ports::on_database(clock, orders, catalogue, Arc::new(PgSearch::new(database.clone())))
}

/// The ports that services of AWS stand behind, as far as the function reaches them.
fn on_aws(ports: &mut Ports, reach: &Reach, database: &Database) -> anyhow::Result<()> {
    let Reach { clients, queues, chance, .. } = reach;
    let settings = reach.settings.clone();
    if let (Some(table), Some(payloads)) = (settings.submissions, reach.payloads.clone()) {
        let intake = DynamoIntake::new(clients.dynamo_db.clone(), table, queues.clone(), payloads);
        ports.intake = Some(Arc::new(intake));
    }
    let products = |table: String| DynamoCatalogue::new(clients.dynamo_db.clone(), table, Arc::clone(chance));
    if let Some(table) = settings.catalogue {
        let original = Arc::clone(&ports.catalogue);
        ports.catalogue = Arc::new(products(table).and_ask(original));
    }
    if let Some(table) = settings.catalogue_copy {
        ports.catalogue_copy = Some(Arc::new(products(table)));
    }
    if let Some(bus) = settings.bus {
        ports.bus = Some(Arc::new(EventBridgeBus::new(clients.event_bridge.clone(), bus, Arc::clone(chance))));
    }
    if let Some(checkout) = settings.checkout {
        ports.workflows = Some(Arc::new(StepFunctions::new(clients.step_functions.clone(), checkout)));
    }
    if let Some(bucket) = settings.documents {
        ports.documents = Some(Arc::new(in_bucket(&bucket)?));
    }
    if let Some(WarehouseTopics { prefix, shared }) = settings.warehouses {
        let topics = SnsWarehouses::new(clients.sns.clone(), prefix, Arc::clone(chance)).and_shared(shared);
        ports.warehouses = Some(Arc::new(PgWarehouses::new(database.clone()).and_push(Arc::new(topics))));
    }
    if let Some(Provider::Sandbox { money_is_real }) = settings.provider {
        let sandbox = Sandbox::new(database.clone());
        ports.provider = Some(Arc::new(if money_is_real { sandbox.where_money_is_real() } else { sandbox }));
    }
    Ok(())
}
