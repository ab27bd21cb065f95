//! The database that a command works on: the one of DATABASE_URL, or the own PostgreSQL of the data folder, which
//! another process may be running already.

use crate::{config::Config, remark};
use adapters::postgres::{Database, schema::Schema};
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use local_postgres::LocalPostgres;
use std::{path, pin::pin, time::Duration};

/// How long a start that is called off may take to come to where it can be stopped in order. What takes longer is dropped,
/// and ends with this process.
const HALF_WAY: Duration = Duration::from_secs(4);

/// The database, for as long as this lives.
pub struct Store {
    local: Option<LocalPostgres>,
    url: String,
}

/// What a command makes of the tables that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// It leaves them as they are: it only looks or mends.
    AsTheyAre,
    /// It brings them up to date first.
    UpToDate,
}

impl Store {
    /// Opens it for whoever begins a shop, starting a PostgreSQL if none was named and none runs, and making its files if
    /// there are none. Nothing if it was asked to stop meanwhile; then what was begun is stopped.
    ///
    /// # Errors
    /// One sentence on what to do.
    pub async fn open(config: &Config, stop: &mut (impl Future<Output = ()> + Unpin)) -> anyhow::Result<Option<Self>> {
        let mut opening = pin!(Self::begun(config));
        tokio::select! {
            opened = &mut opening => opened.map(Some),
            () = stop => {
                if let Ok(Ok(store)) = tokio::time::timeout(HALF_WAY, opening).await {
                    store.close().await;
                }
                Ok(None)
            }
        }
    }

    /// Opens the one that is there, has a command work on it for as long as it answers, and closes it.
    ///
    /// # Errors
    /// One sentence on what to do: if there is none, if it has tables that this release cannot work with, if it does not
    /// answer any more; or the error of the command.
    pub async fn work_on<T>(
        config: &Config,
        tables: Tables,
        work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        Self::require(config).await?;
        let store = Self::begun(config).await?;
        let database = store.connect()?;
        let worked = async {
            database.reach().await?;
            match tables {
                Tables::AsTheyAre => accept_as_it_is(&database).await?,
                Tables::UpToDate => bring_up_to_date(&database).await?,
            }
            let done = work(&database).await;
            database.close().await;
            done
        };
        let done = tokio::select! {
            done = worked => done,
            () = database.falls_silent() => bail!(
                "the database answers no more, so this was given up; what was not committed is undone. See whether it, or \
                 what is before it, hangs, and run the command again"
            ),
        };
        store.close_after_others().await;
        done
    }

    /// Makes sure that there is one, for whoever begins none.
    ///
    /// # Errors
    /// If there is none, with where to go.
    pub async fn require(config: &Config) -> anyhow::Result<()> {
        if config.database_url.is_none() && !LocalPostgres::is_there(&config.data_dir).await? {
            let folder = path::absolute(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone());
            bail!(
                "there is no shop in {}: run this where `sluice serve` was started, or name its folder with SLUICE_DATA_DIR, \
                 or its database with DATABASE_URL; `sluice serve` begins a new one",
                folder.display()
            );
        }
        Ok(())
    }

    async fn begun(config: &Config) -> anyhow::Result<Self> {
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

    /// Whether another process runs the own PostgreSQL of the data folder.
    pub fn is_joined(&self) -> bool {
        self.local.as_ref().is_some_and(|local| local.programs().is_none())
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
        let database = self.connect()?;
        database.reach().await?;
        bring_up_to_date(&database).await?;
        Ok(database)
    }

    /// Connects and leaves the schema as it is.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn database_as_it_is(&self) -> anyhow::Result<Database> {
        let database = self.connect()?;
        database.reach().await?;
        Ok(database)
    }

    fn connect(&self) -> anyhow::Result<Database> {
        Database::connect(&self.url, 4).context("DATABASE_URL cannot be understood")
    }

    /// Says that from here on this process goes on by itself when the database is away for a moment: commands that end then
    /// need not wait for it before they stop the PostgreSQL that they started.
    pub fn bear_interruptions(&mut self) {
        if let Some(local) = &mut self.local {
            local.bear_interruptions();
        }
    }

    /// Stops what `open` started.
    pub async fn close(self) {
        if let Some(local) = self.local {
            local.stop().await;
        }
    }

    /// Stops what was started here, once no other command is at work on it.
    pub async fn close_after_others(self) {
        if let Some(local) = self.local {
            let waiting =
                || remark!("waiting for other commands that use the PostgreSQL started here (Ctrl-C cuts them short)");
            local.stop_after_others(waiting).await;
        }
    }
}

async fn bring_up_to_date(database: &Database) -> anyhow::Result<()> {
    database.require_unicode().await?;
    database.migrate().await.context("the database cannot be brought up to date")
}

async fn accept_as_it_is(database: &Database) -> anyhow::Result<()> {
    match database.schema().await.context("the database does not answer as it should")? {
        Schema::Current => Ok(()),
        Schema::Absent => bail!("the database has nothing of Sluice yet; `sluice serve` sets it up"),
        Schema::Older(missing) => bail!(
            "the database is of an earlier release: change {missing} is missing. This command changes no tables; \
             use that release's, or bring the database up to date by starting this one's `sluice serve`"
        ),
        // A later release leaves this one working, or it could not be rolled back.
        Schema::Newer(change) => {
            tracing::warn!(change, "the database is of a later release; what that added is not looked at");
            Ok(())
        }
    }
}
