//! The ports that PostgreSQL stands behind, on both runtimes: orders, stock, money, invoices, search; and, for the
//! embedded one, what AWS has services for: accepted orders, queues, events.

pub mod bell;
pub mod catalogue;
pub mod event_bus;
pub mod intake;
pub mod invoices;
pub mod order_rows;
pub mod orders;
pub mod orders_apply;
pub mod orders_read;
pub mod orders_reserve;
pub mod queue;
pub mod search;
pub mod trigrams;
pub mod warehouses;

use async_trait::async_trait;
use bell::Bell;
use sqlx::{
    ConnectOptions, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr, time::Duration};
use workflows::ports::{Readiness, Unavailable};

/// The schema, as a list of changes that are made once each.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../schemas/migrations");

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
        // Statements take their batches as arrays, so the plan that fits one call fits all: planning each call's own costs
        // more than it can win.
        let options = options(url)?.options([("plan_cache_mode", "force_generic_plan")]);
        let durable = pool(options.clone(), connections);
        let relaxed = pool(options.options([("synchronous_commit", "off")]), connections);
        let bell = Bell::new(relaxed.clone());
        Ok(Self { durable, relaxed, bell })
    }

    /// Connects by one connection for everything, for a function: it does one thing at a time, there may be many of it,
    /// and what it would wake others for is told by services. RDS Proxy, which is between, takes no settings at the start
    /// of a session, so none are made.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn connect_once(url: &str) -> Result<Self, sqlx::Error> {
        let durable = pool(options(url)?, 1);
        Ok(Self { relaxed: durable.clone(), durable, bell: Bell::silent() })
    }

    /// Brings the schema up to date. Safe to call from several processes at once.
    ///
    /// # Errors
    /// If the database does not answer or holds a schema of a later release.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        MIGRATIONS.run(&self.durable).await
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

fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(5)).connect_lazy_with(options)
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

/// A stored value that the code cannot read: a bug, or a hand in the tables.
pub(crate) fn unreadable(what: &'static str, column: &str) -> Unavailable {
    Unavailable::refused(what, format!("column {column} holds something unknown"))
}
