//! The whole pipeline in one process: the API, the consumers of the queues, the workflow engine and the schedules, on
//! one database that other processes may serve as well.

use crate::{
    config::Config,
    consumers::{Consumer, LongWaits},
    engine::{self, Runner, Starter},
    http::{self, Limits},
    instance::{self, Holdings, Registration},
    metrics, schedules,
    waiters::Waiters,
    wake::Wakes,
    wired::Wired,
};
use adapters::{
    documents::{StoredDocuments, installation},
    postgres::{Database, pooler, runtime::queue::PgQueue},
    system::{SystemChance, SystemClock},
};
use anyhow::{Context, bail};
use handlers::{
    api::{self, Metrics},
    run::{queue, schedule},
    token::Tokens,
};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::task::TaskTracker;
use workflows::{
    billing::Seller,
    wiring::{QUEUES, Runtime, schedules_of},
};

/// Connections of each kind: enough that steps rarely wait for each other's, few enough that each has its statements
/// prepared and its caches warm.
const CONNECTIONS: u32 = 8;
/// How long work in hand may take to end when the process stops; what takes longer is taken up by whoever starts next.
const DRAIN: Duration = Duration::from_secs(8);
/// The same where an own PostgreSQL is stopped after it, which may take half of the ten seconds that all has.
const DRAIN_BEFORE_DATABASE: Duration = Duration::from_secs(4);
/// How long it may take then to give the rest back. A database that hangs finds out by itself.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running pipeline.
pub struct Pipeline {
    /// The ports.
    pub wired: Arc<Wired>,
    /// Where the API listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    tracker: TaskTracker,
    background: Vec<JoinHandle<()>>,
    server: JoinHandle<()>,
    waiting: Waiters,
    registration: JoinHandle<Registration>,
    leave: watch::Sender<bool>,
    drain: Duration,
}

impl Pipeline {
    /// Migrates the database and starts everything on it.
    ///
    /// # Errors
    /// A sentence for whoever starts it: the database does not answer, the port is taken, the folder cannot be used.
    pub async fn start(config: &Config, database_url: &str, tokens: Arc<dyn Tokens>) -> anyhow::Result<Self> {
        // Before anything else: a second start on the same port must not touch what the first is working on.
        let listener = listen(config.listen).await?;
        let database = Database::connect(database_url, CONNECTIONS)
            .context("DATABASE_URL cannot be understood; write it like postgres://USER@HOST/DATABASE")?;
        database.reach().await?;
        pooler::require_sessions(&database.durable.connect_options()).await?;
        database.require_unicode().await?;
        database.migrate().await.context("the database cannot be brought up to date")?;
        has_its_seller(&database, &config.orders.seller).await?;
        let definition = Arc::new(engine::checkout()?);
        let starter = Arc::new(Starter::new(
            database.clone(),
            Arc::new(SystemClock),
            Arc::new(SystemChance),
            Arc::clone(&definition),
        ));
        let folder = config.data_dir.join("documents");
        let installation = installation::claim(&database, &folder).await?;
        let documents = StoredDocuments::in_folder_of(installation, &folder)
            .with_context(|| format!("the folder for documents, {}, cannot be used", folder.display()))?;
        let wired = Wired::assemble(
            &database,
            starter,
            documents,
            config.orders.clone(),
            config.retention,
            config.money_is_real,
        )?;
        let wired = Arc::new(wired);
        let (lease, holdings) = (config.lease, Holdings::default());
        let (instance, registration) =
            instance::register(&database, lease, holdings.clone()).await.context("the database does not answer")?;
        let wakes = Arc::new(Wakes::default());
        let (stop, stopping) = watch::channel(false);
        let (leave, leaving) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let counts = metrics::MessageCounts::register(&metrics);
        let messages = PgQueue::new(database.clone());
        let tracker = TaskTracker::new();
        let mut background = Vec::new();
        let mut beside = |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| background.push(tokio::spawn(work));

        for spec in QUEUES {
            let consumer = Consumer {
                spec: *spec,
                queue: messages.clone(),
                handler: queue::Handler::of(spec.step, &wired.ports)?,
                clock: Arc::clone(&wired.ports.clock),
                chance: Arc::new(SystemChance),
                instance: instance.clone(),
                lease,
                in_hand: holdings.messages.clone(),
                on_their_way: holdings.executions.clone(),
                counts: counts.clone(),
                long_waits: LongWaits::default(),
            };
            let (wakes, stopping, tracker) = (Arc::clone(&wakes), stopping.clone(), tracker.clone());
            beside(Box::pin(async move { consumer.run(&wakes, stopping, &tracker).await }));
        }
        let runner = Runner::new(&wired, Arc::new(SystemChance), definition, instance, lease, holdings.executions)?;
        let (to_wake, stop_seen, tracked) = (Arc::clone(&wakes), stopping.clone(), tracker.clone());
        beside(Box::pin(async move { runner.run(&to_wake, stop_seen, &tracked).await }));
        let runs = schedules::Runs::register(&metrics);
        for schedule in schedules_of(Runtime::Embedded) {
            let (stopping, runs) = (stopping.clone(), runs.clone());
            let handler = schedule::Handler::of(schedule.job, &wired.ports)?;
            beside(Box::pin(unless(stopping, async move { schedules::keep(*schedule, &handler, &runs).await })));
        }
        let limits = Limits { in_all: http::raise_limit(config.connections.in_all), ..config.connections };
        // Half of the connections: whoever waits never takes the last place of who does not.
        let waiting = Waiters::new(limits.in_all / 2);
        let (hearing, heard) = (waiting.clone(), database.clone());
        beside(Box::pin(unless(stopping.clone(), async move { wakes.listen(&heard, &hearing).await })));
        let (looking, looked_at) = (waiting.clone(), database.clone());
        beside(Box::pin(unless(stopping.clone(), async move { looking.look_anyway(&looked_at).await })));
        let (measured, passed_over) = (Arc::clone(&metrics), database.passed_over.clone());
        let measuring = async move { metrics::measure(messages, passed_over, &measured).await };
        beside(Box::pin(unless(stopping.clone(), measuring)));

        let address = listener.local_addr()?;
        let app = wired.app(waiting.clone(), tokens, metrics)?;
        let server = tokio::spawn(http::serve(listener, api::router(app)?, limits, stopping));
        let registration = tokio::spawn(keep_registered(registration, leaving));
        let drain = if config.database_url.is_some() { DRAIN } else { DRAIN_BEFORE_DATABASE };
        Ok(Self { wired, address, stop, tracker, background, server, waiting, registration, leave, drain })
    }

    /// Stops taking work, ends what is in hand, and leaves the rest where others find it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.waiting.close();
        self.tracker.close();
        let drained = async {
            for task in self.background {
                report(task.await.map_err(anyhow::Error::from));
            }
            self.tracker.wait().await;
            report(self.server.await.map_err(anyhow::Error::from));
        };
        if tokio::time::timeout(self.drain, drained).await.is_err() {
            tracing::info!("some work takes longer; it goes on at the next start");
        }
        self.leave.send_replace(true);
        let left = async {
            match self.registration.await {
                Ok(registration) => report(registration.leave().await.map_err(anyhow::Error::from)),
                Err(error) => report(Err(error.into())),
            }
            self.wired.database.close().await;
        };
        report(tokio::time::timeout(FAREWELL, left).await.map_err(anyhow::Error::from));
    }
}

fn report(result: anyhow::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(error = format!("{error:#}"), "while stopping");
    }
}

/// Ends work that has no end of its own.
async fn unless(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        () = work => {}
    }
}

async fn keep_registered(mut registration: Registration, mut leaving: watch::Receiver<bool>) -> Registration {
    tokio::select! {
        _ = leaving.wait_for(|leave| *leave) => {}
        () = registration.keep() => {}
    }
    registration
}

/// Makes sure that a shop which has issued invoices does not go on with specimens under their numbers, because a setting was
/// lost. Release 0.1.0 knew no specimens, and issued those of the example as if they were none.
async fn has_its_seller(database: &Database, seller: &Seller) -> anyhow::Result<()> {
    match database.last_seller().await? {
        Some(name) if seller.specimen && name != seller.party.name => bail!(
            "SLUICE_SELLER is not set, and this shop has issued invoices of {name:?}: the next numbers would be specimens. Set \
             it as it was, or set SLUICE_DATA_DIR (or DATABASE_URL) to another shop's"
        ),
        Some(_) | None => Ok(()),
    }
}

/// Takes an address.
///
/// # Errors
/// One sentence on what to do.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; if something else does already, set SLUICE_LISTEN to another address")
    })
}
