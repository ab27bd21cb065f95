//! Servers for tests: in a temporary folder that the watchdog removes, shared by all tests of a process, with a fresh
//! database for each test, copied from one that was migrated once. Durable like the real one, because tests kill it.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

use crate::{LocalPostgres, StartError, blocking, installation::Search, paths::Paths};

/// A temporary server.
#[derive(Debug)]
pub struct EphemeralPostgres {
    server: LocalPostgres,
    template: OnceCell<()>,
    databases: AtomicU32,
}

/// Why a test got no database.
#[derive(Debug, thiserror::Error)]
pub enum EphemeralError<E: std::error::Error + 'static> {
    /// The caller's migration failed.
    #[error("the template database could not be migrated")]
    Migration(#[source] E),
    /// The server refused.
    #[error("the database could not be made")]
    Database(#[from] sqlx::Error),
}

static SHARED: OnceCell<EphemeralPostgres> = OnceCell::const_new();

/// The server that all tests of this process share; the first call starts it. It ends with the process, however that ends.
///
/// # Errors
///
/// Whatever kept the server from being ready; the next call tries again.
pub async fn ephemeral() -> Result<&'static EphemeralPostgres, StartError> {
    SHARED.get_or_try_init(EphemeralPostgres::start).await
}

impl EphemeralPostgres {
    /// Starts a server of one's own, for a test that kills it. Dropping it removes it.
    ///
    /// # Errors
    ///
    /// Whatever kept the server from being ready.
    pub async fn start() -> Result<Self, StartError> {
        Self::start_from(Search::Machine).await
    }

    pub(super) async fn start_from(search: Search) -> Result<Self, StartError> {
        let paths = blocking(Paths::temporary).await?;
        let folder = paths.temporary.clone();
        match LocalPostgres::open(paths, search, |_| {}).await {
            Ok(server) => Ok(Self { server, template: OnceCell::new(), databases: AtomicU32::new(0) }),
            Err(error) => {
                // No watchdog may have come far enough to do it.
                if let Some(Err(left)) = folder.map(std::fs::remove_dir_all) {
                    tracing::debug!(%left, "the temporary folder was already gone");
                }
                Err(error)
            }
        }
    }

    /// The server itself, for its process, its programs and its data directory.
    #[must_use]
    pub fn server(&self) -> &LocalPostgres {
        &self.server
    }

    /// The address of a new database. The first call has `migrate` fill the database that this and all later ones copy.
    ///
    /// # Errors
    ///
    /// What `migrate` or the server returned.
    pub async fn fresh_database<E: std::error::Error + 'static>(
        &self,
        migrate: impl AsyncFnOnce(String) -> Result<(), E>,
    ) -> Result<String, EphemeralError<E>> {
        self.template.get_or_try_init(|| self.make_template(migrate)).await?;
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.tell(&format!("create database {name} template template_sluice")).await?;
        Ok(self.server.url_of(&name))
    }

    /// Stops the server and waits until it and its folder are gone.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    async fn make_template<E: std::error::Error + 'static>(
        &self,
        migrate: impl AsyncFnOnce(String) -> Result<(), E>,
    ) -> Result<(), EphemeralError<E>> {
        // An earlier call may have got no further than this.
        self.tell("drop database if exists template_sluice with (force)").await?;
        self.tell("create database template_sluice").await?;
        migrate(self.server.url_of("template_sluice")).await.map_err(EphemeralError::Migration)?;
        // Only a database without sessions can be copied, and the caller's pool may close at its leisure.
        self.tell("alter database template_sluice with allow_connections false").await?;
        self.tell("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = 'template_sluice'")
            .await?;
        Ok(())
    }

    async fn tell(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.server.url_of("postgres")).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("-- ephemeral/tell\n{statement}"))).execute(&mut connection).await?;
        connection.close().await
    }
}
