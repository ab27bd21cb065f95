//! Wakes whoever waits in this process when the bell is rung in any.

use crate::waiters::Waiters;
use adapters::postgres::{
    Database,
    runtime::{
        bell::{CHANNEL, ORDER_CHANNEL},
        changes::Change,
    },
};
use sqlx::postgres::PgListener;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Who is woken by what.
#[derive(Default)]
pub struct Wakes {
    topics: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Wakes {
    /// Woken when something is put on the queue, or for [`EXECUTIONS`](adapters::postgres::runtime::bell::EXECUTIONS) when
    /// one starts. A wake that comes while nobody waits is kept for the next who does.
    pub fn topic(&self, name: &str) -> Arc<Notify> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(topics.entry(name.to_owned()).or_default())
    }

    /// A topic that nobody here waits for is none of ours: another release may say anything.
    fn wake(&self, topic: &str) {
        if let Some(notify) = self.topics.lock().unwrap_or_else(PoisonError::into_inner).get(topic) {
            notify.notify_one();
        }
    }

    /// What was said while nobody listened is not known, so everybody looks.
    fn wake_all(&self) {
        for notify in self.topics.lock().unwrap_or_else(PoisonError::into_inner).values() {
            notify.notify_one();
        }
    }

    /// Listens until the task is dropped, over every loss of the connection.
    pub(super) async fn listen(&self, database: &Database, waiting: &Waiters) {
        loop {
            if let Err(error) = self.listen_once(database, waiting).await {
                tracing::debug!(%error, "not listening to the database");
            }
            // It does not grow: one task asks, and what is missed meanwhile waits until somebody looks anyway.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn listen_once(&self, database: &Database, waiting: &Waiters) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&database.relaxed).await?;
        listener.listen_all([CHANNEL, ORDER_CHANNEL]).await?;
        self.wake_all();
        // `None` says that the connection was lost.
        while let Some(notification) = listener.try_recv().await? {
            self.hear(notification.channel(), notification.payload(), waiting);
        }
        Ok(())
    }

    /// Wakes with word of work those who wait for work, and with word of orders those who wait for these.
    fn hear(&self, channel: &str, payload: &str, waiting: &Waiters) {
        if channel == ORDER_CHANNEL {
            waiting.hear(Change::of_payload(payload));
        } else {
            self.wake(payload);
        }
    }
}
