//! The whole pipeline in one process: the API, the consumers of the queues, the workflow engine and the schedules, on
//! one database that other processes may serve as well.

mod consume;
mod decisions;
pub(crate) mod floor;
pub mod instance;
mod lanes;
mod metrics;
pub mod parts;
mod schedules;
mod unread;
pub mod wake;

use crate::{
    config::Config,
    engine::{self, Runner, Starter},
};
use adapters::{
    postgres::{Database, pooler, queue::PgQueue},
    system::{SystemClock, SystemIds},
};
use anyhow::Context;
use axum::middleware;
use consume::Consumer;
use handlers::{
    api::{self, App, Metrics},
    token::TokenKey,
};
use instance::{Holdings, Registration};
use parts::Parts;
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::task::TaskTracker;
use wake::Wakes;
use workflows::wiring::{QUEUES, Runtime, schedules_of};

/// Connections of each kind: enough that steps rarely wait for each other's, few enough that each has its statements
/// prepared and its caches warm.
const CONNECTIONS: u32 = 8;
/// How long work in hand may take to end when the process stops; what takes longer is taken up by whoever starts next.
const DRAIN: Duration = Duration::from_secs(8);
/// How long it may take then to give the rest back. A database that hangs finds out by itself.
const FAREWELL: Duration = Duration::from_secs(2);

/// A running pipeline.
pub struct Pipeline {
    /// The ports.
    pub parts: Arc<Parts>,
    /// Where the API listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    tracker: TaskTracker,
    background: Vec<JoinHandle<()>>,
    server: JoinHandle<std::io::Result<()>>,
    registration: JoinHandle<Registration>,
    leave: watch::Sender<bool>,
}

impl Pipeline {
    /// Migrates the database and starts everything on it.
    ///
    /// # Errors
    /// A sentence for whoever starts it: the database does not answer, the port is taken, the folder cannot be used.
    pub async fn start(config: &Config, database_url: &str, token_key: TokenKey) -> anyhow::Result<Self> {
        // Before anything else: a second start on the same port must not touch what the first is working on.
        let listener = listen(config.listen).await?;
        let database =
            Database::connect(database_url, CONNECTIONS).context("the database's URL cannot be understood")?;
        pooler::require_sessions(&database.durable.connect_options()).await?;
        database.migrate().await.context("the database cannot be brought up to date")?;
        let definition = Arc::new(engine::checkout()?);
        let starter = Arc::new(Starter::new(database.clone(), Arc::new(SystemClock), Arc::clone(&definition)));
        let parts =
            Arc::new(Parts::assemble(&database, starter, &config.data_dir.join("documents"), config.orders.clone())?);
        let (lease, holdings) = (config.lease, Holdings::default());
        let (instance, registration) =
            instance::register(&database, lease, holdings.clone()).await.context("the database does not answer")?;
        let wakes = Arc::new(Wakes::default());
        let (stop, stopping) = watch::channel(false);
        let (leave, leaving) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let counts = metrics::MessageCounts::register(&metrics);
        let queue = PgQueue::new(database.clone());
        let tracker = TaskTracker::new();
        let mut background = Vec::new();
        let mut beside = |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| background.push(tokio::spawn(work));

        for spec in QUEUES {
            let consumer = Consumer {
                spec: *spec,
                queue: queue.clone(),
                ports: parts.ports.clone(),
                instance: instance.clone(),
                lease,
                in_hand: holdings.messages.clone(),
                counts: counts.clone(),
            };
            let (wakes, stopping, tracker) = (Arc::clone(&wakes), stopping.clone(), tracker.clone());
            beside(Box::pin(async move { consumer.run(&wakes, stopping, &tracker).await }));
        }
        let runner = Runner::new(Arc::clone(&parts), definition, instance, lease, holdings.executions);
        let (to_wake, stop_seen, tracked) = (Arc::clone(&wakes), stopping.clone(), tracker.clone());
        beside(Box::pin(async move { runner.run(&to_wake, stop_seen, &tracked).await }));
        for schedule in schedules_of(Runtime::Embedded) {
            let (ports, stopping) = (parts.ports.clone(), stopping.clone());
            beside(Box::pin(unless(stopping, async move { schedules::keep(*schedule, &ports).await })));
        }
        let (listening, listened) = (Arc::clone(&wakes), database.clone());
        beside(Box::pin(unless(stopping.clone(), async move { listening.listen(&listened).await })));
        let measured = Arc::clone(&metrics);
        beside(Box::pin(unless(stopping.clone(), async move { metrics::measure_queues(queue, &measured).await })));

        let address = listener.local_addr()?;
        let app = app(&parts, &wakes, token_key, metrics);
        let server = tokio::spawn(serve(listener, app, stopping));
        let registration = tokio::spawn(keep_registered(registration, leaving));
        Ok(Self { parts, address, stop, tracker, background, server, registration, leave })
    }

    /// Stops taking work, ends what is in hand, and leaves the rest where others find it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.tracker.close();
        let drained = async {
            for task in self.background {
                report(task.await.map_err(anyhow::Error::from));
            }
            self.tracker.wait().await;
            report(self.server.await.map_err(anyhow::Error::from).and_then(|served| Ok(served?)));
        };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::info!("some work takes longer; it goes on at the next start");
        }
        self.leave.send_replace(true);
        let left = async {
            match self.registration.await {
                Ok(registration) => report(registration.leave().await.map_err(anyhow::Error::from)),
                Err(error) => report(Err(error.into())),
            }
            self.parts.database.close().await;
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

/// Takes an address.
///
/// # Errors
/// One sentence on what to do.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; if something else does already, set SLUICE_LISTEN to another address")
    })
}

async fn serve(listener: TcpListener, app: App, stopping: watch::Receiver<bool>) -> std::io::Result<()> {
    let mut stopped = stopping;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Answers are small and must not wait for more to come.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    axum::serve(listener, api::router(app).layer(middleware::from_fn(unread::read_to_the_end)))
        .with_graceful_shutdown(async move {
            drop(stopped.wait_for(|stop| *stop).await);
        })
        .await
}

fn app(parts: &Parts, wakes: &Arc<Wakes>, token_key: TokenKey, metrics: Arc<Metrics>) -> App {
    let ports = parts.ports.clone();
    App {
        intake: ports.intake,
        orders: ports.orders,
        catalogue: ports.catalogue,
        search: ports.search,
        documents: ports.documents,
        queue: ports.queue,
        clock: ports.clock,
        ids: Arc::new(SystemIds),
        decisions: Arc::new(decisions::ListeningDecisions(Arc::clone(wakes))),
        readiness: Arc::new(parts.database.clone()),
        token_key: Some(Arc::new(token_key)),
        edge_key: None,
        metrics,
    }
}
