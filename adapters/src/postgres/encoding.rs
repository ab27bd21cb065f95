//! Finds out whether the database can hold every name. What `initdb --locale=C` makes, if it is not told otherwise, keeps bytes
//! and no letters; others keep those of some languages only. In none of these does search find what it looks for, and an
//! order with a name of another script fails for ever.

use super::Database;
use sqlx::{Connection, PgConnection, Row, postgres::PgRow};

const ENCODING: &str = "-- encoding.of_database\nselect current_setting('server_encoding')";
const UNICODE: &str = "UTF8";

/// Why the pipeline does not start on a database.
#[derive(Debug, thiserror::Error)]
pub enum NoUnicode {
    /// It has this encoding.
    #[error(
        "the database's encoding is {0}, which cannot hold every name; make another (create database NAME template template0 \
         encoding 'UTF8'), bring over with pg_dump what there is, and name it in DATABASE_URL"
    )]
    Other(String),
    /// It could not be found out.
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
}

impl Database {
    /// Makes sure that its encoding is UTF8, before anything is made in it.
    ///
    /// # Errors
    /// If it is another, or the database does not answer.
    pub async fn require_unicode(&self) -> Result<(), NoUnicode> {
        let mut connection = PgConnection::connect_with(&self.durable.connect_options()).await?;
        let row: PgRow = sqlx::raw_sql(ENCODING).fetch_one(&mut connection).await?;
        let encoding: String = row.try_get(0)?;
        connection.close().await?;
        if encoding == UNICODE { Ok(()) } else { Err(NoUnicode::Other(encoding)) }
    }
}
