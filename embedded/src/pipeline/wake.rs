//! Wakes whoever waits in this process when the bell is rung in any.

use adapters::postgres::{
    Database,
    bell::{CHANNEL, ORDERS},
};
use sqlx::postgres::PgListener;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, watch};

/// Who is woken by what.
#[derive(Default)]
pub struct Wakes {
    topics: Mutex<HashMap<String, Arc<Notify>>>,
    orders: watch::Sender<u64>,
}

impl Wakes {
    /// Woken when something is put on the queue, or for [`EXECUTIONS`](adapters::postgres::bell::EXECUTIONS) when one starts. A wake that comes while nobody
    /// waits is kept for the next who does.
    pub fn topic(&self, name: &str) -> Arc<Notify> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(topics.entry(name.to_owned()).or_default())
    }

    /// Changes whenever some order may have changed.
    pub fn orders(&self) -> watch::Receiver<u64> {
        self.orders.subscribe()
    }

    fn wake(&self, payload: &str) {
        if payload == ORDERS {
            self.orders.send_modify(|count| *count = count.wrapping_add(1));
        } else {
            self.topic(payload).notify_one();
        }
    }

    /// What was said while nobody listened is not known, so everybody looks.
    fn wake_all(&self) {
        self.wake(ORDERS);
        for notify in self.topics.lock().unwrap_or_else(PoisonError::into_inner).values() {
            notify.notify_one();
        }
    }

    /// Listens until the task is dropped, over every loss of the connection.
    pub async fn listen(&self, database: &Database) {
        loop {
            if let Err(error) = self.listen_once(database).await {
                tracing::debug!(%error, "not listening to the database");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn listen_once(&self, database: &Database) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&database.relaxed).await?;
        listener.listen(CHANNEL).await?;
        self.wake_all();
        // `None` says that the connection was lost.
        while let Some(notification) = listener.try_recv().await? {
            self.wake(notification.payload());
        }
        Ok(())
    }
}
