//! Somebody else's transaction that stays open, as a backup's or a forgotten console's does: while it sees the past,
//! PostgreSQL may not clean up what was deleted since.

use crate::server::Server;
use anyhow::Context;
use local_postgres::LocalPostgres;
use sqlx::{Connection, PgConnection};

/// A transaction that is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct LongTransaction {
    _connection: PgConnection,
}

impl LongTransaction {
    /// Opens one on the server's database, or on the one that it was given.
    pub(crate) async fn begin(server: &Server, database_url: Option<&str>) -> anyhow::Result<Self> {
        let url = match database_url {
            Some(url) => url.to_owned(),
            // Joins the server that runs on the folder.
            None => LocalPostgres::start(&server.folder().join("data"), |_| {}).await?.url().to_owned(),
        };
        let mut connection = PgConnection::connect(&url).await.context("cannot connect to the pipeline's database")?;
        sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut connection).await?;
        // The first statement decides what it sees.
        sqlx::raw_sql("select count(*) from messages").execute(&mut connection).await?;
        Ok(Self { _connection: connection })
    }
}
