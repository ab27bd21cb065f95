//! The users by which functions connect, each with what its functions need and no more: who finds a way into the API finds
//! no way to change the schema, another's order or the sandbox's books.
//!
//! Users belong to the whole server, and whoever migrates may not be allowed to make any, so this is no migration: the
//! function that migrates does it, where it is told of users. It is safe to repeat, and says again what stands.

use super::Database;
use postgres_protocol::password::scram_sha_256;
use sqlx::{AssertSqlSafe, PgConnection};

/// A group of functions that connect as one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatabaseRole {
    /// What answers requests: reads, and notes on an order that it is to be cancelled.
    Api,
    /// What carries orders on: reads and writes rows.
    Worker,
    /// What asks the payment provider besides, which is in the database where it is the sandbox.
    Payments,
}

impl DatabaseRole {
    /// What it may do, as statements in which `%1$I` is the user; on tables that a later release makes, once that was
    /// migrated.
    fn grants(self) -> &'static [&'static str] {
        const WRITES: &str = "grant select, insert, update, delete on all tables in schema public to %1$I";
        const COUNTS: &str = "grant usage on all sequences in schema public to %1$I";
        match self {
            Self::Api => &["grant select on all tables in schema public to %1$I", "grant update on orders to %1$I"],
            Self::Worker => &[WRITES, COUNTS],
            Self::Payments => &[
                WRITES,
                COUNTS,
                "grant usage on schema sandbox to %1$I",
                "grant select, insert, update on all tables in schema sandbox to %1$I",
            ],
        }
    }

    /// When its statements end: whoever called the API is answered by then, and nobody waits for a worker's any longer.
    fn ends(self) -> &'static str {
        match self {
            Self::Api => "alter role %1$I set statement_timeout = '5s'",
            Self::Worker | Self::Payments => "alter role %1$I set statement_timeout = '60s'",
        }
    }
}

impl Database {
    /// Makes the user, if it is not there, with that password, what its role may do and what holds for its sessions. That of
    /// whoever is connected is left alone: an owner has every right anyway, and a migration takes its time.
    ///
    /// # Errors
    /// If the database does not answer, or whoever is connected may not do that.
    pub async fn make_user(&self, role: DatabaseRole, user: &str, password: &str) -> Result<(), sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        let own: bool = sqlx::query_scalar("-- roles.own\nselect current_user = $1")
            .bind(user)
            .fetch_one(&mut *transaction)
            .await?;
        if own {
            return Ok(());
        }
        // Granting and taking back is done in a moment, or somebody is at work on the same.
        sqlx::query("-- roles.limit\nset local lock_timeout = '5s'").execute(&mut *transaction).await?;
        // Two at once would both find it missing.
        sqlx::query("-- roles.lock\nselect pg_advisory_xact_lock(hashtextextended('roles', 0))")
            .execute(&mut *transaction)
            .await?;
        let known: bool = sqlx::query_scalar("-- roles.known\nselect exists (select from pg_roles where rolname = $1)")
            .bind(user)
            .fetch_one(&mut *transaction)
            .await?;
        if !known {
            tell(&mut transaction, "create role %1$I login", user, "").await?;
        }
        // Its hash, as the server itself would keep it: statements that change the schema are logged, and this is one.
        let hash = scram_sha_256(password.as_bytes());
        tell(&mut transaction, "alter role %1$I with login password %2$L", user, &hash).await?;
        for statement in TAKES_BACK.iter().chain(role.grants()).chain(KEEPS_BACK).chain(SETTINGS) {
            tell(&mut transaction, statement, user, "").await?;
        }
        tell(&mut transaction, role.ends(), user, "").await?;
        transaction.commit().await
    }
}

/// What was granted by an earlier release goes first.
const TAKES_BACK: &[&str] = &[
    "revoke all on all tables in schema public from %1$I",
    "revoke all on all sequences in schema public from %1$I",
    "revoke all on all tables in schema sandbox from %1$I",
    "revoke all on schema sandbox from %1$I",
];
/// Which migrations were made is the business of who makes them.
const KEEPS_BACK: &[&str] = &["revoke all on _sqlx_migrations from %1$I"];
/// What holds for every session of a user from its start, and for none that is open already: functions set nothing
/// themselves (`Database::connect_once`).
const SETTINGS: &[&str] = &[
    "alter role %1$I set idle_in_transaction_session_timeout = '10s'",
    "alter role %1$I set enable_seqscan = off",
    "alter role %1$I set enable_mergejoin = off",
    "alter role %1$I set jit = off",
];

/// Has the server put names and texts into a statement, which it quotes as it reads them, and carries that out.
async fn tell(connection: &mut PgConnection, statement: &str, user: &str, text: &str) -> Result<(), sqlx::Error> {
    let written: String = sqlx::query_scalar("-- roles.write\nselect format($1, $2, $3)")
        .bind(statement)
        .bind(user)
        .bind(text)
        .fetch_one(&mut *connection)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(format!("-- roles.tell\n{written}"))).execute(connection).await.map(|_| ())
}
