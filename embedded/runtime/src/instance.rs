//! Who this process is to others that serve the same database, and what happens to the work of those that died.
//!
//! What a process takes in hand it has under a lease, which it renews while it carries it. A lease that lapses has the work
//! taken up by anybody: that is the truth, whatever a connection looks like. Each process also holds an advisory lock of
//! its number on a connection of its own. PostgreSQL frees the lock the moment the process or its connection is gone, and
//! whoever sees that first releases its messages and executions, so that a death that shows waits for no lease. A process
//! that merely lost its connection takes a new number: its old work is then done twice, which every step is ready for.

use adapters::postgres::{
    Database, reach,
    runtime::{
        executions, instances,
        lease::{self, InHand, Lease},
        queue::{PgQueue, Receipt},
    },
};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;
use workflows::{ports::Unavailable, wiring::queue_names};

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
    let (connection, number) = instances::register(database).await?;
    let (sender, receiver) = watch::channel(number);
    let (database, connection) = (database.clone(), Some(connection));
    Ok((Instance(receiver), Registration { database, lease, holdings, number: sender, connection }))
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
                let (connection, number) = instances::register(&self.database).await?;
                self.number.send_replace(number);
                connection
            }
        };
        let own = *self.number.borrow();
        instances::release_dead(&mut connection, own).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Gives back whatever is still in hand, and leaves.
    ///
    /// # Errors
    /// If the database does not answer; then others find this process dead.
    pub async fn leave(mut self) -> Result<(), sqlx::Error> {
        let Some(connection) = self.connection.take() else { return Ok(()) };
        let own = *self.number.borrow();
        instances::leave(connection, own).await
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
        let let_go = executions::renew_leases(&self.database, number, self.lease, &executions).await?;
        let let_go = let_go + self.queue.renew_leases(number, self.lease, &self.holdings.messages.keys()).await?;
        if let_go > 0 {
            tracing::info!(let_go, "let go of what was taken in hand and never carried");
        }
        let lapsed = executions::release_lapsed(&self.database, self.lease).await?;
        if lapsed > 0 {
            tracing::info!(lapsed, "taking up executions whose lease has ended");
        }
        let messages = self.queue.hasten(&self.queues).await?;
        let executions = executions::hasten(&self.database, self.lease).await?;
        if messages > 0 || executions > 0 {
            tracing::warn!(messages, executions, "the database's clock was set back; what it had put off is due now");
        }
        Ok(())
    }
}
