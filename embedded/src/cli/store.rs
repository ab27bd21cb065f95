//! The database that a command works on: the one of DATABASE_URL, or the own PostgreSQL of the data folder, which
//! another process may be running already.

use crate::config::Config;
use adapters::{
    local_postgres::LocalPostgres,
    postgres::{Database, schema::Schema},
};
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use std::time::Duration;

/// The database, for as long as this lives.
pub struct Store {
    local: Option<LocalPostgres>,
    url: String,
}

impl Store {
    /// Opens it, starting a PostgreSQL if none was named and none runs.
    ///
    /// # Errors
    /// One sentence on what to do.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self { local: None, url: url.clone() });
        }
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(100));
        let local = LocalPostgres::start(&config.data_dir, |what| spinner.set_message(what.to_owned())).await?;
        spinner.finish_and_clear();
        let url = local.url().to_owned();
        Ok(Self { local: Some(local), url })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn database(&self) -> anyhow::Result<Database> {
        let database = Database::connect(&self.url, 4).context("DATABASE_URL cannot be understood")?;
        database.migrate().await.context("the database does not answer or cannot be brought up to date")?;
        Ok(database)
    }

    /// Connects for a command that only looks or mends, and leaves the schema as it is.
    ///
    /// # Errors
    /// If the database does not answer, or has a schema that this release cannot work with; with what to do.
    pub async fn as_it_is(&self) -> anyhow::Result<Database> {
        let database = Database::connect(&self.url, 4).context("DATABASE_URL cannot be understood")?;
        match database.schema().await.context("the database does not answer")? {
            Schema::Current => Ok(database),
            Schema::Absent => bail!("the database has nothing of Sluice yet; `sluice serve` sets it up"),
            Schema::Older(missing) => bail!(
                "the database is of an earlier release: change {missing} is missing. This command changes no tables; \
                 use that release's, or bring the database up to date by starting this one's `sluice serve`"
            ),
            // A later release leaves this one working, or it could not be rolled back.
            Schema::Newer(change) => {
                tracing::warn!(change, "the database is of a later release; what that added is not looked at");
                Ok(database)
            }
        }
    }

    /// Stops what `open` started.
    pub async fn close(self) {
        if let Some(local) = self.local {
            local.stop().await;
        }
    }
}
