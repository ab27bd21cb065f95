//! A database of its own for a unit test, with the schema of today, on the server that all tests share.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapters::postgres::Database;
use local_postgres::ephemeral;

/// Connects to one that nobody else uses, by so many connections.
pub(crate) async fn fresh_database(connections: u32) -> Database {
    let migrated = async |url: String| {
        let database = Database::connect(&url, 1).unwrap();
        database.migrate().await?;
        database.close().await;
        Ok::<_, sqlx::migrate::MigrateError>(())
    };
    let url = ephemeral().await.unwrap().fresh_database(migrated).await.unwrap();
    Database::connect(&url, connections).unwrap()
}
