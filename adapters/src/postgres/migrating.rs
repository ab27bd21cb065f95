//! Brings the schema up to date beside a shop that is open. A change that waits for a table has everybody wait who comes to
//! that table after it, however little they want of it; so it steps back soon, and comes again.

use super::{Database, MIGRATIONS};
use sqlx::{Connection, PgConnection, migrate::MigrateError};
use std::time::Duration;

/// One that migrates at a time, the others behind it for as long as it takes; and then only a moment for each lock. What a
/// change does once it has its locks takes its time.
const TURN: &str = "-- migrating.turn
select pg_advisory_lock(hashtextextended('migrating', 0)); set lock_timeout = '1s'";
/// Longer than it keeps others waiting.
const PAUSE: Duration = Duration::from_secs(2);
/// Ten minutes: what is locked for longer, somebody has to look at.
const TRIES: u32 = 200;
/// By SQLSTATE: a lock was not to be had, or whoever has it waits for one of ours.
const FOR_A_LOCK: [&str; 2] = ["55P03", "40P01"];

impl Database {
    /// Brings the schema up to date. Safe to call from several processes at once, and while others serve. A schema of a later
    /// release stays as it is: every change leaves the release before it working, so that a deployment can be rolled back.
    ///
    /// # Errors
    /// If the database does not answer, or somebody keeps a lock that a change needs for minutes.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        for _ in 1..TRIES {
            match self.try_migrating().await {
                Err(error) if is_for_a_lock(&error) => {
                    tracing::warn!(error = error.to_string(), "a change of the schema waits for its moment");
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
        self.try_migrating().await
    }

    /// In a session of its own, without the limits of the others. A change that is not made is rolled back whole.
    async fn try_migrating(&self) -> Result<(), MigrateError> {
        let mut connection = PgConnection::connect_with(&self.durable.connect_options()).await?;
        sqlx::raw_sql(TURN).execute(&mut connection).await?;
        MIGRATIONS.run(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

fn is_for_a_lock(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else { return false };
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| FOR_A_LOCK.contains(&&*code))
}
