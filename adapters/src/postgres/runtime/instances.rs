//! Who is at work on the database, by numbers; and what becomes of the work of those that died.
//!
//! Each holds an advisory lock of its number in a session of its own. PostgreSQL frees the lock the moment the process or its
//! connection is gone, and whoever sees that first releases its messages and executions, so that a death that shows waits for
//! no lease.

use crate::postgres::Database;
use sqlx::{Connection, PgConnection};

/// Sets the locks of instances apart from other advisory locks.
const LOCK_CLASS: i32 = 7_517;

/// Registers under a new number, held by the session that comes with it.
///
/// # Errors
/// If the database does not answer.
pub async fn register(database: &Database) -> Result<(PgConnection, i64), sqlx::Error> {
    let mut connection = database.session().await?;
    // The lock is taken in the transaction that shows the number, so nobody can take it for dead in between.
    let mut transaction = connection.begin().await?;
    let number: i64 = sqlx::query_scalar!(
        "-- instances.register
         insert into instances default values returning id"
    )
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query!(
        "-- instances.lock
         select pg_advisory_lock($1, $2::bigint::integer)",
        LOCK_CLASS,
        number
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok((connection, number))
}

/// Releases what is in the hand of those that are gone.
///
/// # Errors
/// If the database does not answer.
pub async fn release_dead(connection: &mut PgConnection, own: i64) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // A statement of a process that was slow to notice its death may take something in hand after its number was
    // forgotten: that is nobody's, and is released as well.
    let dead = sqlx::query_scalar!(
        r#"-- instances.find_dead: whose number is too large for a lock cannot hold one
         select id as "id!" from instances
         where id <> $1 and case when id <= 2147483647 then pg_try_advisory_xact_lock($2, id::integer) else true end
         union
         select instance from (
             select instance from executions where status = 'running' and instance is not null
             union
             select instance from messages where instance is not null
         ) as in_hand
         where not exists (select from instances i where i.id = instance)"#,
        own,
        LOCK_CLASS
    )
    .fetch_all(&mut *transaction)
    .await?;
    if !dead.is_empty() {
        tracing::info!(instances = ?dead, "taking up the work of processes that are gone");
        release(&mut transaction, &dead, true).await?;
    }
    transaction.commit().await
}

/// Releases what this number has in hand, and forgets it.
///
/// # Errors
/// If the database does not answer.
pub async fn leave(mut connection: PgConnection, own: i64) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    release(&mut transaction, &[own], false).await?;
    transaction.commit().await?;
    connection.close().await
}

/// What they had in hand is due at once. A delivery that nobody finished is not held against the message.
async fn release(connection: &mut PgConnection, instances: &[i64], died: bool) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "-- instances.release_messages: no number or name that a column can hold makes it fail, for nobody who failed here would
         -- keep a number of its own. A notice has room for 8,000 bytes, and no queue that is read has so long a name.
         with released as (
             update messages
             set visible_at = sluice_now(), instance = null, receive_count = greatest(receive_count, 1) - 1,
                 abandoned = least(abandoned, 2147483646) + $2::boolean::integer
             where instance = any($1) returning queue
         )
         select pg_notify('sluice', left(queue, 100)) from (select distinct queue from released) as queues",
        instances,
        died
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "-- instances.release_executions
         update executions set instance = null, leased_until = null, wake_at = sluice_now()
         where instance = any($1) and status = 'running'",
        instances
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "-- instances.forget
         delete from instances where id = any($1)",
        instances
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("-- instances.wake_engines\nselect pg_notify('sluice', '#executions')").execute(connection).await?;
    Ok(())
}
