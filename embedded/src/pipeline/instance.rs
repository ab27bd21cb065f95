//! Who this process is to others that serve the same database, and what happens to the work of those that died.
//!
//! What a process takes in hand it has under a lease, which it renews while it carries it. A lease that lapses has the work
//! taken up by anybody: that is the truth, whatever a connection looks like. Each process also holds an advisory lock of
//! its number on a connection of its own. PostgreSQL frees the lock the moment the process or its connection is gone, and
//! whoever sees that first puts its messages and executions back, so that a death that shows waits for no lease. A process
//! that merely lost its connection takes a new number: its old work is then done twice, which every step is ready for.

use crate::engine;
use adapters::postgres::{
    Database,
    lease::{self, InHand, Lease},
    queue::{PgQueue, Receipt},
    reach,
};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;
use workflows::{ports::Unavailable, wiring::queue_names};

/// Sets the locks of instances apart from other advisory locks.
const LOCK_CLASS: i32 = 7_517;
/// How often the dead are looked for.
const ROUND: Duration = Duration::from_secs(1);

/// The number of this process, which changes when its connection is lost.
#[derive(Clone, Debug)]
pub struct Instance(watch::Receiver<i64>);

/// What this process carries.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// Messages.
    pub messages: InHand<Receipt>,
    /// Executions.
    pub executions: InHand<Uuid>,
}

/// Holds the number and renews the leases; runs beside the pipeline.
pub struct Registration {
    database: Database,
    lease: Lease,
    holdings: Holdings,
    number: watch::Sender<i64>,
    connection: Option<PgConnection>,
}

impl Instance {
    /// The number now.
    pub fn number(&self) -> i64 {
        *self.0.borrow()
    }
}

/// Registers this process.
///
/// # Errors
/// If the database does not answer.
pub async fn register(
    database: &Database,
    lease: Lease,
    holdings: Holdings,
) -> Result<(Instance, Registration), sqlx::Error> {
    let (connection, number) = connect(database).await?;
    let (sender, receiver) = watch::channel(number);
    let (database, connection) = (database.clone(), Some(connection));
    Ok((Instance(receiver), Registration { database, lease, holdings, number: sender, connection }))
}

async fn connect(database: &Database) -> Result<(PgConnection, i64), sqlx::Error> {
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

impl Registration {
    /// Keeps the number and the leases and cares for the work of the dead and the silent, until dropped.
    pub async fn keep(&mut self) {
        let renewal = Renewal {
            queue: PgQueue::new(self.database.clone()),
            queues: queue_names(),
            database: self.database.clone(),
            lease: self.lease,
            holdings: self.holdings.clone(),
            number: self.number.subscribe(),
        };
        tokio::join!(self.keep_number(), renewal.keep());
    }

    async fn keep_number(&mut self) {
        let mut told: Option<String> = None;
        loop {
            tokio::time::sleep(ROUND).await;
            // A server that fell silent is as good as gone.
            let cause = match tokio::time::timeout(self.lease.patience(), self.round()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(reach::why(&error, &self.database.durable.connect_options())),
                Err(elapsed) => Some(format!("no answer ({elapsed})")),
            };
            if cause.is_some() {
                self.connection = None;
            }
            // Others wait in vain for a connection and know no more than that; here the cause is seen, and told once.
            match &cause {
                Some(cause) if told.as_ref() != Some(cause) => tracing::warn!(cause, "the database is away"),
                None if told.is_some() => tracing::warn!("the database is back"),
                Some(_) | None => {}
            }
            told = cause;
        }
    }

    async fn round(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let (connection, number) = connect(&self.database).await?;
                self.number.send_replace(number);
                connection
            }
        };
        let own = *self.number.borrow();
        release_dead(&mut connection, own).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Gives back whatever is still in hand, and leaves.
    ///
    /// # Errors
    /// If the database does not answer; then others find this process dead.
    pub async fn leave(mut self) -> Result<(), sqlx::Error> {
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        let mut transaction = connection.begin().await?;
        let own = *self.number.borrow();
        release(&mut transaction, &[own], false).await?;
        transaction.commit().await?;
        connection.close().await
    }
}

/// Renews what is carried, finds what ought to be and is not, and hastens what no clock that is right would have put off.
struct Renewal {
    database: Database,
    queue: PgQueue,
    queues: Vec<String>,
    lease: Lease,
    holdings: Holdings,
    number: watch::Receiver<i64>,
}

impl Renewal {
    async fn keep(&self) {
        loop {
            tokio::time::sleep(lease::ROUND).await;
            if let Err(error) = self.round().await {
                tracing::debug!(error = error.chain(), "leases are not renewed");
            }
        }
    }

    async fn round(&self) -> Result<(), Unavailable> {
        let number = *self.number.borrow();
        let executions = self.holdings.executions.keys();
        let let_go = engine::renew_leases(&self.database, number, self.lease, &executions).await?;
        let let_go = let_go + self.queue.renew_leases(number, self.lease, &self.holdings.messages.keys()).await?;
        if let_go > 0 {
            tracing::info!(let_go, "let go of what was taken in hand and never carried");
        }
        let lapsed = engine::release_lapsed(&self.database, self.lease).await?;
        if lapsed > 0 {
            tracing::info!(lapsed, "taking up executions whose lease has ended");
        }
        let messages = self.queue.hasten(&self.queues).await?;
        let executions = engine::hasten(&self.database, self.lease).await?;
        if messages > 0 || executions > 0 {
            tracing::warn!(messages, executions, "the database's clock was put back; what it had put off is due now");
        }
        Ok(())
    }
}

async fn release_dead(connection: &mut PgConnection, own: i64) -> Result<(), sqlx::Error> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::fresh_database::fresh_database;

    #[tokio::test]
    async fn what_a_dead_process_had_in_hand_is_released_whatever_numbers_and_names_it_has() {
        let database = fresh_database(2).await;
        let odd = "insert into messages (queue, body, instance, receive_count, abandoned)
                   select queue, '{}', 999999999999, number, number
                   from unnest(array['index', repeat('x', 9000)]) as queue,
                        unnest(array[1, 2147483647, -2147483648]) as number";
        // A name that repeats itself has room in the index of queues; another one of that length has not.
        sqlx::raw_sql(odd).execute(&database.durable).await.unwrap();
        let beyond_any_lock = "insert into instances (id) overriding system value values (99999999999)";
        sqlx::raw_sql(beyond_any_lock).execute(&database.durable).await.unwrap();
        let mut session = database.session().await.unwrap();
        release_dead(&mut session, 1).await.unwrap();
        let left = sqlx::query_scalar::<_, i64>("select count(*) from messages where instance is not null");
        assert_eq!(left.fetch_one(&database.durable).await.unwrap(), 0);
        let listed = sqlx::query_scalar::<_, i64>("select count(*) from instances");
        assert_eq!(listed.fetch_one(&database.durable).await.unwrap(), 0);
    }
}
