//! Tells every process on the database that there is something to do, so that nobody has to poll at intervals a person
//! would feel.
//!
//! Apart from the transaction that made the work, and after it: PostgreSQL lets one transaction at a time commit a
//! NOTIFY, in the whole server and with its wait for the disk, so a NOTIFY in busy transactions has all of them queue up
//! behind each other. A process that dies in between rings nobody; who waits looks now and then anyway.

use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::mpsc;

/// The channel that is listened to. What is said there is the name of a queue, or one of the two below.
pub const CHANNEL: &str = "sluice";
/// Executions of workflows wait to be taken in hand.
pub const EXECUTIONS: &str = "#executions";
/// Orders have changed.
pub const ORDERS: &str = "#orders";

/// While one ring is fresh, the next are gathered.
const PAUSE: Duration = Duration::from_millis(5);

/// Rings for whoever waits.
#[derive(Clone, Debug)]
pub struct Bell {
    topics: mpsc::UnboundedSender<String>,
}

impl Bell {
    /// A bell that is heard by everybody who listens to that database.
    pub(super) fn new(pool: PgPool) -> Self {
        let (topics, mut rung) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while rung.recv_many(&mut batch, 1_000).await > 0 {
                batch.sort_unstable();
                batch.dedup();
                if let Err(error) = notify(&pool, &batch).await {
                    tracing::debug!(%error, "nobody was woken");
                }
                batch.clear();
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { topics }
    }

    /// A bell that nobody hears.
    pub(super) fn silent() -> Self {
        let (topics, _) = mpsc::unbounded_channel();
        Self { topics }
    }

    /// Wakes whoever waits for the topic, in whichever process, a moment from now. To be called after the commit.
    pub fn ring(&self, topic: impl Into<String>) {
        // It fails if nobody listens, and while the process ends.
        drop(self.topics.send(topic.into()));
    }
}

async fn notify(pool: &PgPool, topics: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "-- bell.notify
         select pg_notify($1, topic) from unnest($2::text[]) as t (topic)",
        CHANNEL,
        topics
    )
    .execute(pool)
    .await?;
    Ok(())
}
