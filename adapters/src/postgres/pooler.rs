//! Finds out whether a pooler stands before the server that gives each transaction another session. Locks, notifications and
//! settings belong to a session, so with such a pooler a living process would be taken for dead, and nobody would be woken.

use sqlx::{
    ConnectOptions, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};

const MARK: &str = "-- pooler.mark\nselect set_config('sluice.session', gen_random_uuid()::text, false)";
const MARKED: &str = "-- pooler.marked\nselect coalesce(current_setting('sluice.session', true), '')";

/// Why the pipeline does not start on a database.
#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    /// There is such a pooler.
    #[error(
        "DATABASE_URL leads through a pooler that gives each transaction another session, such as PgBouncer with pool_mode = \
         transaction; name the server itself, or have the pooler keep sessions (pool_mode = session)"
    )]
    Pooled,
    /// It could not be found out.
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
}

/// Makes sure that a connection is a session, by a setting that must be there in each transaction of its own connection and
/// in none of another.
///
/// # Errors
/// If it is none, or the database does not answer.
pub async fn require_sessions(options: &PgConnectOptions) -> Result<(), NoSession> {
    let (mut one, mut two) = (options.connect().await?, options.connect().await?);
    let first = ask(&mut one, MARK).await?;
    sqlx::raw_sql("begin").execute(&mut two).await?;
    if ask(&mut two, MARKED).await? == first {
        return Err(NoSession::Pooled);
    }
    // While the other is in a transaction, a pooler has to give this one something else; later it may give them in turn.
    let mut kept = ask(&mut one, MARKED).await? == first;
    let second = ask(&mut two, MARK).await?;
    sqlx::raw_sql("commit").execute(&mut two).await?;
    for _ in 0..3 {
        kept = kept && ask(&mut one, MARKED).await? == first;
    }
    if kept && ask(&mut two, MARKED).await? == second { Ok(()) } else { Err(NoSession::Pooled) }
}

/// By a simple query: a pooler may refuse prepared statements before it can be found out.
async fn ask(connection: &mut PgConnection, question: &'static str) -> Result<String, sqlx::Error> {
    let row: PgRow = sqlx::raw_sql(question).fetch_one(connection).await?;
    row.try_get(0)
}
