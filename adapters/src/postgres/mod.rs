//! The ports that PostgreSQL stands behind, on both runtimes: orders, stock, money, invoices, search; and, for the
//! embedded one, what AWS has services for: accepted orders, queues, events.

pub mod answer;
pub mod bell;
pub mod catalogue;
pub mod event_bus;
pub mod intake;
pub mod invoices;
pub mod lease;
pub mod order_rows;
pub mod orders;
pub mod orders_apply;
pub mod orders_read;
pub mod orders_reserve;
pub mod pooler;
pub mod queue;
pub mod search;
pub mod trigrams;
pub mod warehouses;

use async_trait::async_trait;
use bell::Bell;
use futures_util::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io, str::FromStr, time::Duration};
use workflows::ports::{Readiness, Unavailable};

/// The schema, as a list of changes that are made once each. Those of a later release are no error.
pub static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../schemas/migrations") };

/// What a server does for sessions whose client is gone or fell silent: a host without power is missed within ten seconds,
/// and nobody waits longer for the locks of a transaction that nobody goes on with. A statement that takes a minute has
/// outlived whoever asked.
pub const SESSION: &str = "set tcp_keepalives_idle = 4; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
     set tcp_user_timeout = '10s'; set idle_in_transaction_session_timeout = '10s'; set statement_timeout = '60s'";
/// Statements take their batches as arrays, so the plan that fits one call fits all: planning each call's own costs more
/// than it can win.
///
/// A plan is made when a table may be empty and is kept when it is not: nothing may be read whole only because it was small
/// at that moment. Forbidding that looks costly to the planner, which must not start to compile for it (`jit`).
const DURABLE: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_mergejoin = off;
    set jit = off";
const RELAXED: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_mergejoin = off;
    set jit = off; set synchronous_commit = off";

/// Connections to the database, in the two ways the pipeline commits.
#[derive(Clone, Debug)]
pub struct Database {
    /// Commits are on disk when they return: for every promise given to somebody outside.
    pub durable: PgPool,
    /// Commits reach the disk a moment later: for receiving and deleting messages. What a crash takes back is
    /// delivered again, and every step is ready for that.
    pub relaxed: PgPool,
    /// Wakes whoever waits for what was committed.
    pub bell: Bell,
}

impl Database {
    /// Connects; no connection is made before it is needed. To be called within the async runtime.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect(url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        let options = options(url)?;
        let durable = pool(&options, connections).after_connect(|connection, _| set(connection, DURABLE));
        let relaxed = pool(&options, connections).after_connect(|connection, _| set(connection, RELAXED));
        let durable = durable.connect_lazy_with(options.clone());
        let relaxed = relaxed.connect_lazy_with(options);
        let bell = Bell::new(relaxed.clone());
        Ok(Self { durable, relaxed, bell })
    }

    /// Connects by one connection for everything, for a function: it does one thing at a time, there may be many of it,
    /// and what it would wake others for is told by services. It sets nothing, so that RDS Proxy, which is between, may
    /// give each transaction another connection.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect_once(url: &str) -> Result<Self, sqlx::Error> {
        let options = options(url)?;
        let durable = pool(&options, 1).connect_lazy_with(options);
        Ok(Self { relaxed: durable.clone(), durable, bell: Bell::silent() })
    }

    /// Brings the schema up to date. Safe to call from several processes at once. A schema of a later release stays as it
    /// is: every change leaves the release before it working, so that a deployment can be rolled back.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        // A session of its own, without limits: what a change does to a large table takes its time.
        let mut connection = PgConnection::connect_with(&self.durable.connect_options()).await?;
        MIGRATIONS.run(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Waits for work in flight and closes every connection.
    pub async fn close(&self) {
        self.durable.close().await;
        self.relaxed.close().await;
    }
}

fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    // Statements are not logged one by one: what fails is logged where it is handled, and what is slow shows in metrics.
    Ok(PgConnectOptions::from_str(url)?.application_name("sluice").disable_statement_logging())
}

fn pool(options: &PgConnectOptions, connections: u32) -> PgPoolOptions {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(5));
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
        let ask = sqlx::query("select 1").execute(&self.durable);
        match tokio::time::timeout(PATIENCE, ask).await {
            Ok(answer) => answer.map(|_| ()).asked("database"),
            Err(elapsed) => Err(Unavailable::because("database", elapsed)),
        }
    }
}

/// Names what was asked when the database does not answer as it should.
pub trait Asked<T> {
    /// Turns a database error into one that says what was asked.
    ///
    /// # Errors
    /// The same error, and whether the request or the server is at fault.
    fn asked(self, what: &'static str) -> Result<T, Unavailable>;
}

impl<T> Asked<T> for Result<T, sqlx::Error> {
    fn asked(self, what: &'static str) -> Result<T, Unavailable> {
        self.map_err(|error| {
            if is_request_at_fault(&error) {
                Unavailable::refused(what, error)
            } else {
                Unavailable::because(what, error)
            }
        })
    }
}

/// By SQLSTATE class: rows that clash (21), data that does not fit (22), a violated constraint (23), a statement that is wrong (42). The rest
/// are faults of the server, the connection or the moment.
fn is_request_at_fault(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["21", "22", "23", "42"].iter().any(|class| code.starts_with(class)))
}

/// A span of time as statements take it.
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A stored value that the code cannot read: a bug, or a hand in the tables.
pub(crate) fn unreadable(what: &'static str, column: &str) -> Unavailable {
    Unavailable::refused(what, format!("column {column} holds something unknown"))
}
