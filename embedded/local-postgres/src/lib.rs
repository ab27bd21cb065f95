//! A PostgreSQL of our own, for people and tests that bring none. It is found or fetched, made, started, watched and stopped
//! with this process, however the process ends, so that `cargo run` needs no set-up and leaves nothing behind.

mod account;
mod cluster;
mod ephemeral;
mod error;
mod fetch;
mod installation;
mod owner;
mod paths;
mod postmaster;
mod programs;
mod supervisor;
#[cfg(test)]
mod tests;
mod watchdog;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{Connection, PgConnection};

pub use account::own_uid;
use cluster::Started;
pub use ephemeral::{EphemeralError, EphemeralPostgres, ephemeral};
pub use error::StartError;
use installation::{Choice, Installation, Search};
use paths::{ExclusiveLock, Lock, Paths, SharedLock};
use programs::MINIMUM_MAJOR;
use supervisor::Supervisor;

const POLL: Duration = Duration::from_millis(30);
/// Recovery after a crash replays up to 2 GB of log before the first connection.
const READY_WITHIN: Duration = Duration::from_secs(300);
/// The other process may be fetching PostgreSQL, or recovering.
const OWNER_READY_WITHIN: Duration = Duration::from_secs(300);
/// Longer than any command has work; one that hangs keeps the one that runs the server no longer.
const OTHERS_END_WITHIN: Duration = Duration::from_secs(3_600);
/// One attempt to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// What PostgreSQL says when it finds them.
const LINGERING: &str = "pre-existing shared memory block";
/// How often a start is tried again while the processes of a killed server still end.
const STARTS: u32 = 20;
const BETWEEN_STARTS: Duration = Duration::from_secs(1);

/// A running local server.
///
/// One process a data folder runs it and starts it again when it dies; others that start on the same folder connect to it,
/// and take over when that process is gone. One that somebody started by hand is joined in the same way, if it listens where
/// ours would, and never stopped. Dropping the value tells the server to stop; [`stop`](Self::stop) also waits.
#[derive(Debug)]
pub struct LocalPostgres {
    paths: Paths,
    url: String,
    bin: Option<PathBuf>,
    share: Option<SharedLock>,
    supervisor: Supervisor,
}

impl LocalPostgres {
    /// Starts the server of a data folder, making folder and database if they are not there yet, or joins the process that
    /// already runs it. `progress` is told what takes its time, in a few words each.
    ///
    /// # Errors
    ///
    /// Whatever keeps the server from being ready, as a sentence to show to the user.
    pub async fn start(data_dir: &Path, progress: impl Fn(&str)) -> Result<Self, StartError> {
        let data_dir = data_dir.to_path_buf();
        let paths = blocking(move || Paths::of(&data_dir)).await?;
        Self::open(paths, Search::Machine, progress).await
    }

    /// Whether the data folder has a database, or another process is just making one. Nothing is made by looking.
    ///
    /// # Errors
    ///
    /// If the runtime is shut down meanwhile.
    pub async fn is_there(data_dir: &Path) -> Result<bool, StartError> {
        let data_dir = data_dir.to_path_buf();
        blocking(move || Ok(paths::is_taken(&data_dir))).await
    }

    /// The address of the database `sluice` of a data folder whose server a process runs at this moment; none if no process does.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be one of a server.
    pub async fn running_at(data_dir: &Path) -> Result<Option<String>, StartError> {
        let data_dir = data_dir.to_path_buf();
        blocking(move || {
            if !paths::is_taken(&data_dir) {
                return Ok(None);
            }
            let paths = Paths::of(&data_dir)?;
            let nobody = paths.try_lock()?.is_some();
            Ok((!nobody).then(|| paths.url("sluice")))
        })
        .await
    }

    async fn open(paths: Paths, search: Search, progress: impl Fn(&str)) -> Result<Self, StartError> {
        let url = paths.url("sluice");
        let (share, lock) = lock_or_join(&paths, &progress).await?;
        let share = Some(share);
        let Some(lock) = lock else {
            let supervisor = Supervisor::stand_by(paths.clone(), search)?;
            return Ok(Self { paths, url, bin: None, share, supervisor });
        };
        let installation = installation_for(&paths, search.clone(), &progress).await?;
        let started = match run(&paths, &installation, &progress).await {
            Err(refusal @ StartError::ServerOfAnother { .. }) => {
                // Where it answers as ours would, it is as good; whoever started it stops it.
                progress("joining a PostgreSQL that somebody else started");
                drop(connect(&url).await.map_err(|_| refusal)?);
                drop(lock);
                let supervisor = Supervisor::stand_by(paths.clone(), search)?;
                return Ok(Self { paths, url, bin: None, share, supervisor });
            }
            started => started?,
        };
        let bin = Some(installation.bin.clone());
        let supervisor = Supervisor::own(paths.clone(), lock, installation, started)?;
        Ok(Self { paths, url, bin, share, supervisor })
    }

    /// The address of the database `sluice`; it stays the same over restarts.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of another database of this server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        self.paths.url(database)
    }

    /// The server's first process, if it runs at this moment.
    #[cfg(test)]
    fn postmaster_pid(&self) -> Option<u32> {
        postmaster::Postmaster::of(&self.paths.cluster).map(|server| server.pid)
    }

    /// PostgreSQL's data directory, as `pg_ctl -D` wants it: for tests of what stands on a server that is stopped or spoiled
    /// by hand.
    #[must_use]
    pub fn data_directory(&self) -> &Path {
        &self.paths.cluster
    }

    /// The folder of PostgreSQL's programs; none when another process runs the server.
    #[must_use]
    pub fn programs(&self) -> Option<&Path> {
        self.bin.as_deref()
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.paths.log
    }

    /// A command for one of PostgreSQL's programs, such as `pg_ctl`, as the user that the server runs as.
    /// None when another process runs the server.
    #[must_use]
    pub fn command(&self, program: &str) -> Option<std::process::Command> {
        self.bin.as_deref().map(|bin| self.paths.account.command(bin.join(program)))
    }

    /// Says that this process bears it from here on when the server is stopped under it, and takes over then: whoever runs
    /// the server does not wait for it.
    pub fn bear_interruptions(&mut self) {
        self.share = None;
    }

    /// Stops the server as [`stop`](Self::stop) does, once no other process needs it any more; after an hour all the same.
    /// `waiting` is called if there is anybody to wait for.
    pub async fn stop_after_others(mut self, waiting: impl FnOnce()) {
        self.share = None;
        // Held until the server is gone: whoever comes meanwhile waits for that, and starts it again.
        let alone = if self.supervisor.runs() { self.alone(waiting).await } else { None };
        self.stop().await;
        drop(alone);
    }

    async fn alone(&self, waiting: impl FnOnce()) -> Option<ExclusiveLock> {
        let wait = async {
            let mut waiting = Some(waiting);
            loop {
                match self.paths.try_be_alone() {
                    Ok(Some(alone)) => return Some(alone),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "it cannot be seen whether others use PostgreSQL");
                        return None;
                    }
                }
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(OTHERS_END_WITHIN, wait).await.unwrap_or(None)
    }

    /// Stops the server in order and waits until it is gone; one that hangs is killed within seconds, and loses nothing that
    /// was committed. One that another process runs is left alone.
    pub async fn stop(self) {
        let Self { supervisor, share, .. } = self;
        drop(share);
        if let Err(error) = blocking(move || {
            supervisor.stop();
            Ok(())
        })
        .await
        {
            tracing::error!(%error, "PostgreSQL could not be waited for");
        }
    }
}

/// Takes the lock; or waits until the server of the process that has it answers, and takes none. Either way that process, or
/// the next, sees from then on that this one uses the server.
async fn lock_or_join(paths: &Paths, progress: &impl Fn(&str)) -> Result<(SharedLock, Option<Lock>), StartError> {
    let wait = async {
        let (mut share, mut is_told) = (None, false);
        loop {
            if share.is_none() {
                share = paths.try_share()?;
            }
            // Only then is it looked whether a server answers: one that is about to be stopped is shared with nobody.
            if let Some(shared) = share.take() {
                if let Some(lock) = paths.try_lock()? {
                    return Ok((shared, Some(lock)));
                }
                if !is_told {
                    progress("joining the PostgreSQL of another sluice process");
                    is_told = true;
                }
                if connect(&paths.url("sluice")).await.is_ok() {
                    return Ok((shared, None));
                }
                share = Some(shared);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(OWNER_READY_WITHIN, wait).await.unwrap_or_else(|_| {
        Err(StartError::OwnerSilent {
            owner: paths.owner(),
            path: paths.cluster.clone(),
            seconds: OWNER_READY_WITHIN.as_secs(),
        })
    })
}

/// Finds the programs that suit the data folder, or fetches them.
async fn installation_for(paths: &Paths, search: Search, progress: &impl Fn(&str)) -> Result<Installation, StartError> {
    let look = |search: Search| {
        let paths = paths.clone();
        blocking(move || {
            let made_by = paths.made_by()?;
            installation::choose(&search.installed(paths.account), made_by, &paths.cluster)
        })
    };
    match look(search.clone()).await? {
        Choice::Use(installation) => return Ok(installation),
        Choice::Fetch => progress("fetching PostgreSQL (25 MB, once)"),
    }
    let account = paths.account;
    blocking(move || fetch::fetch(account)).await?;
    match look(search).await? {
        Choice::Use(installation) => Ok(installation),
        Choice::Fetch => Err(StartError::NothingInstalled { minimum: MINIMUM_MAJOR }),
    }
}

/// Brings the server to the point where the database `sluice` accepts connections.
async fn run(paths: &Paths, installation: &Installation, progress: &impl Fn(&str)) -> Result<Started, StartError> {
    let given = (paths.clone(), installation.clone());
    if paths.made_by()?.is_none() {
        progress("creating the database");
        let (paths, installation) = given.clone();
        blocking(move || cluster::create(&paths, &installation)).await?;
    }
    progress("starting PostgreSQL");
    let mut tries = 1;
    loop {
        let (paths, installation) = given.clone();
        let started = blocking(move || {
            postmaster::clear_the_way(&paths, &installation)?;
            cluster::start(&paths, &installation)
        });
        match ready(&given.0, started.await?).await {
            // The first process of a server was killed, and the others have not noticed yet.
            Err(StartError::Ended { reason, .. }) if reason.contains(LINGERING) && tries < STARTS => {
                tries += 1;
                tokio::time::sleep(BETWEEN_STARTS).await;
            }
            settled => return settled,
        }
    }
}

/// Waits until the server accepts connections, and makes the database `sluice` if it is not there.
async fn ready(paths: &Paths, mut started: Started) -> Result<Started, StartError> {
    let url = paths.url("postgres");
    let wait = async {
        loop {
            if !matches!(started.guarded.child.try_wait(), Ok(None)) {
                let reason = started.last_words();
                return Err(if error::says_disk_full(&reason) {
                    StartError::DiskFull { path: paths.cluster.clone() }
                } else {
                    StartError::Ended { log: paths.log.clone(), reason }
                });
            }
            if let Ok(connection) = connect(&url).await {
                return Ok(connection);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let connection = match tokio::time::timeout(READY_WITHIN, wait).await {
        Ok(settled) => settled?,
        Err(_) => {
            let (seconds, reason) = (READY_WITHIN.as_secs(), started.last_words());
            return Err(StartError::NotReady { seconds, log: paths.log.clone(), reason });
        }
    };
    make_database(connection).await.map_err(|source| StartError::Refused { log: paths.log.clone(), source })?;
    Ok(started)
}

async fn make_database(mut connection: PgConnection) -> Result<(), sqlx::Error> {
    let known = "-- local_postgres/known\nselect exists (select from pg_database where datname = 'sluice')";
    if !sqlx::query_scalar::<_, bool>(known).fetch_one(&mut connection).await? {
        sqlx::raw_sql("-- local_postgres/create\ncreate database sluice").execute(&mut connection).await?;
    }
    connection.close().await
}

async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    match tokio::time::timeout(CONNECT_WITHIN, PgConnection::connect(url)).await {
        Ok(connected) => connected,
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// Runs what blocks away from the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StartError::Interrupted),
        },
    }
}
