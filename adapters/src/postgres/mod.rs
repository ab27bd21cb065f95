//! The ports that PostgreSQL stands behind, on both runtimes: orders, stock, money, invoices, search; and, for the
//! embedded one, what AWS has services for: accepted orders, queues, events.

mod address;
pub mod answer;
pub mod catalogue;
mod credentials;
pub mod encoding;
mod failures;
pub mod folding;
pub mod installation;
mod migrating;
pub mod orders;
pub mod passed_over;
pub mod pooler;
pub mod reach;
#[cfg(feature = "aws")]
pub mod roles;
pub mod runtime;
pub mod schema;
pub mod search;
mod timestamps;
pub mod warehouses;

pub use failures::Asked;
pub(crate) use failures::unreadable;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use passed_over::PassedOver;
use runtime::bell::Bell;
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io, time::Duration};
use workflows::ports::{Readiness, Unavailable};

/// The schema, as a list of changes that are made once each. Those of a later release are no error.
pub static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../schemas/migrations") };

/// What a server does for sessions whose client is gone or fell silent: a host without power is missed within ten seconds,
/// and nobody waits longer for the locks of a transaction that nobody goes on with. A statement that takes a minute has
/// outlived whoever asked.
const SESSION: &str = "set tcp_keepalives_idle = 4; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
     set tcp_user_timeout = '10s'; set idle_in_transaction_session_timeout = '10s'; set statement_timeout = '60s'";
/// Statements take their batches as arrays, so the plan that fits one call fits all: planning each call's own costs more
/// than it can win.
///
/// A plan is made when a table may be empty and is kept when it is not: nothing may be read whole only because it was small
/// at that moment. Forbidding that looks costly to the planner, which must not start to compile for it (`jit`), nor
/// start workers: it takes queues that it does not know yet for long ones.
const DURABLE: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_mergejoin = off;
    set jit = off; set max_parallel_workers_per_gather = 0";
/// Nor is an index read by way of a bitmap where it is looked up what is in hand: that never marks the entries of rows that
/// are gone, of which there are thousands more each second, and reads them all again each time.
const RELAXED: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_mergejoin = off;
    set enable_bitmapscan = off; set jit = off; set max_parallel_workers_per_gather = 0; set synchronous_commit = off";
/// For the session by which a process shows that it lives and looks for those that do not.
const REGISTERED: &str =
    "set enable_seqscan = off; set enable_mergejoin = off; set enable_bitmapscan = off; set jit = off";
/// All that acceptance asks is a look along an index. A plan that was made while the tables were small must not read them
/// whole once they are large.
const ACCEPTANCE: &str = "set plan_cache_mode = force_generic_plan; set statement_timeout = '5s';
    set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off";
/// What a caller asks ends within two seconds, whatever it is and whether or not the caller still waits for it.
const READING: &str = "set plan_cache_mode = force_generic_plan; set statement_timeout = '2s';
    set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off";

/// Orders are accepted in batches, one after the other, and so are the barcodes among their SKUs looked up; the third
/// connection is for whoever asks whether that works.
const ACCEPTANCE_CONNECTIONS: u32 = 3;
/// As many as keep two cores busy with reading while others work.
const READING_CONNECTIONS: u32 = 4;
/// How long a step waits for a connection, and how long a caller who reads.
const STEP_WAITS: Duration = Duration::from_secs(5);
const READER_WAITS: Duration = Duration::from_secs(1);

/// Connections to the database: in the two ways the pipeline commits, and apart from these for the acceptance of orders
/// and for whatever else callers ask. So neither a flood of readers nor a pipeline at its limit keeps an order waiting.
#[derive(Clone, Debug)]
pub struct Database {
    /// Commits are on disk when they return: for every promise given to somebody outside.
    pub durable: PgPool,
    /// Commits reach the disk a moment later: for receiving and deleting messages. What a crash takes back is
    /// delivered again, and every step is ready for that.
    pub relaxed: PgPool,
    /// For the acceptance of orders alone. Commits are on disk.
    pub acceptance: PgPool,
    /// For what callers read: few connections, a short wait for one, and statements that end soon.
    pub reading: PgPool,
    /// Wakes whoever waits for what was committed.
    pub bell: Bell,
    /// What lists went on without.
    pub passed_over: PassedOver,
}

impl Database {
    /// Connects; no connection is made before it is needed. To be called within the async runtime.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect(url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        let options = options(url)?;
        let connect = |most: u32, wait: Duration, settings: &'static str| {
            let pool = pool(&options, connections.min(most), wait);
            pool.after_connect(move |connection, _| set(connection, settings)).connect_lazy_with(options.clone())
        };
        let relaxed = connect(connections, STEP_WAITS, RELAXED);
        Ok(Self {
            durable: connect(connections, STEP_WAITS, DURABLE),
            bell: Bell::new(relaxed.clone()),
            relaxed,
            acceptance: connect(ACCEPTANCE_CONNECTIONS, STEP_WAITS, ACCEPTANCE),
            reading: connect(READING_CONNECTIONS, READER_WAITS, READING),
            passed_over: PassedOver::default(),
        })
    }

    /// Connects by one connection for everything, for a function: it does one thing at a time, there may be many of it,
    /// and what it would wake others for is told by services. It sets nothing, so that RDS Proxy, which is between, may
    /// give each transaction another connection; what holds for its sessions is set on its user (`roles`), and one that
    /// has no such user ends its statements with the function's own time.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect_once(url: &str) -> Result<Self, sqlx::Error> {
        let options = options(url)?;
        let one = pool(&options, 1, STEP_WAITS).connect_lazy_with(options);
        Ok(Self {
            durable: one.clone(),
            relaxed: one.clone(),
            acceptance: one.clone(),
            reading: one,
            bell: Bell::silent(),
            passed_over: PassedOver::default(),
        })
    }

    /// The same database as callers may use it: whatever is asked goes over the connections for reading. Orders are
    /// accepted over those of acceptance all the same.
    #[must_use]
    pub fn for_callers(&self) -> Self {
        Self { durable: self.reading.clone(), relaxed: self.reading.clone(), ..self.clone() }
    }

    /// Waits for work in flight and closes every connection.
    pub async fn close(&self) {
        for pool in self.pools() {
            pool.close().await;
        }
    }

    /// A session of its own, beside the pools, for a process to register by.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn session(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.durable.connect_options()).await?;
        set(&mut connection, REGISTERED).await?;
        Ok(connection)
    }

    /// Every pool: what concerns connections concerns those of all.
    fn pools(&self) -> [&PgPool; 4] {
        let Self { durable, relaxed, acceptance, reading, bell: _, passed_over: _ } = self;
        [acceptance, reading, durable, relaxed]
    }
}

fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    // Statements are not logged one by one: what fails is logged where it is handled, and what is slow shows in metrics.
    Ok(address::options(url)?.application_name("sluice").disable_statement_logging())
}

fn pool(options: &PgConnectOptions, connections: u32, wait: Duration) -> PgPoolOptions {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(wait);
    if options.get_socket().is_some() {
        pool
    } else {
        pool.after_release(|connection, _| Box::pin(answers(connection)))
    }
}

/// Settings of a session are made by statements: RDS Proxy refuses them at a session's start.
fn set<'a>(connection: &'a mut PgConnection, settings: &'static str) -> BoxFuture<'a, Result<(), sqlx::Error>> {
    Box::pin(async move {
        sqlx::raw_sql(SESSION).execute(&mut *connection).await?;
        sqlx::raw_sql(settings).execute(connection).await.map(|_| ())
    })
}

/// A connection whose server fell silent would keep its place in the pool until the kernel gives up, a quarter of an hour
/// later: the pool itself asks without a limit whether it is well, once a statement was given up in the middle.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let silent = |_| sqlx::Error::Io(io::ErrorKind::TimedOut.into());
    tokio::time::timeout(PATIENCE, connection.ping()).await.map_err(silent)?.map(|()| true)
}

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl Readiness for Database {
    async fn check(&self) -> Result<(), Unavailable> {
        let ask = sqlx::query("select 1").execute(&self.acceptance);
        match tokio::time::timeout(PATIENCE, ask).await {
            Ok(answer) => answer.map(|_| ()).asked("database"),
            Err(elapsed) => Err(Unavailable::because("database", elapsed)),
        }
    }
}

/// A span of time as statements take it.
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
