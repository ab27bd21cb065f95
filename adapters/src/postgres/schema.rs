//! Whether a database has the tables that this release knows: a command that only looks must not change them.

use super::{Asked, Database, MIGRATIONS};
use std::collections::BTreeSet;
use workflows::ports::Unavailable;

/// What a database is to this release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// It has all that this release knows.
    Current,
    /// It has nothing of Sluice.
    Absent,
    /// Changes of this release are missing, the first of them named.
    Older(String),
    /// A later release has changed it, the last of its changes named; nothing that this release knows is missing.
    Newer(String),
}

impl Database {
    /// Looks what the database has, and changes nothing.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn schema(&self) -> Result<Schema, Unavailable> {
        let is_there = sqlx::query_scalar!(
            r#"-- schema.is_there
             select to_regclass('_sqlx_migrations') is not null as "is_there!""#
        )
        .fetch_one(&self.durable)
        .await
        .asked("schema.is_there")?;
        if !is_there {
            return Ok(Schema::Absent);
        }
        // Not checked when it is compiled: the table is no part of the schema that statements are checked against.
        let applied: Vec<(i64, String)> = sqlx::query_as(
            "-- schema.applied
             select version, description from _sqlx_migrations where success order by version",
        )
        .fetch_all(&self.durable)
        .await
        .asked("schema.applied")?;
        let versions: BTreeSet<i64> = applied.iter().map(|(version, _)| *version).collect();
        let named = |version: i64, description: &str| format!("{version} ({description})");
        if let Some(missing) = MIGRATIONS.iter().find(|known| !versions.contains(&known.version)) {
            return Ok(Schema::Older(named(missing.version, &missing.description)));
        }
        let unknown = applied.iter().rfind(|(version, _)| !MIGRATIONS.iter().any(|known| known.version == *version));
        Ok(unknown.map_or(Schema::Current, |(version, description)| Schema::Newer(named(*version, description))))
    }
}
