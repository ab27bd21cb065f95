//! Tells every process on the database that there is something to do, so that nobody has to poll at intervals a person
//! would feel.
//!
//! Apart from the transaction that made the work, and after it: PostgreSQL lets one transaction at a time commit a
//! NOTIFY, in the whole server and with its wait for the disk, so a NOTIFY in busy transactions has all of them queue up
//! behind each other. A process that dies in between rings nobody; who waits looks now and then anyway.

use super::changes::{Change, payloads};
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::mpsc;

/// The channel that is listened to for work. What is said there is the name of a queue, or one of the two below.
pub const CHANNEL: &str = "sluice";
/// Executions of workflows wait to be taken in hand.
pub const EXECUTIONS: &str = "#executions";
/// Orders have changed. Release 0.1.0 listens for this, and to no other channel.
const SOME_ORDERS: &str = "#orders";
/// The channel that is listened to for orders. What is said there is which ones changed.
pub const ORDER_CHANNEL: &str = "sluice_orders";

/// While one ring is fresh, the next are gathered.
const PAUSE: Duration = Duration::from_millis(5);
/// Rings that are gathered at most, and that wait at most: a database that hangs must not fill the memory. What is not
/// rung is found by whoever looks anyway.
const GATHERED: usize = 1_000;
const WAITING: usize = 10_000;

#[derive(Debug)]
enum Ring {
    Topic(String),
    Orders(Vec<Change>),
}

/// Rings for whoever waits.
#[derive(Clone, Debug)]
pub struct Bell {
    rings: mpsc::Sender<Ring>,
}

impl Bell {
    /// A bell that is heard by everybody who listens to that database.
    pub(in crate::postgres) fn new(pool: PgPool) -> Self {
        let (rings, mut rung) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while rung.recv_many(&mut batch, GATHERED).await > 0 {
                if let Err(error) = notify(&pool, said(batch.drain(..))).await {
                    tracing::debug!(%error, "nobody was woken");
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { rings }
    }

    /// A bell that nobody hears.
    pub(in crate::postgres) fn silent() -> Self {
        let (rings, _) = mpsc::channel(1);
        Self { rings }
    }

    /// Wakes whoever waits for the topic, in whichever process, a moment from now. To be called after the commit.
    pub fn ring(&self, topic: impl Into<String>) {
        // It fails if nobody listens, while the process ends, and if more waits than can be said.
        drop(self.rings.try_send(Ring::Topic(topic.into())));
    }

    /// Wakes whoever waits for one of these orders. To be called after the commit.
    pub(crate) fn ring_orders(&self, changes: Vec<Change>) {
        if !changes.is_empty() {
            drop(self.rings.try_send(Ring::Orders(changes)));
        }
    }
}

/// What is said on which channel.
fn said(batch: impl Iterator<Item = Ring>) -> (Vec<String>, Vec<String>) {
    let (mut topics, mut changes) = (Vec::new(), Vec::new());
    for ring in batch {
        match ring {
            Ring::Topic(topic) => topics.push(topic),
            Ring::Orders(some) => changes.extend(some),
        }
    }
    if !changes.is_empty() {
        topics.push(SOME_ORDERS.to_owned());
    }
    topics.sort_unstable();
    topics.dedup();
    let mut channels = vec![CHANNEL.to_owned(); topics.len()];
    topics.extend(payloads(&changes));
    channels.resize(topics.len(), ORDER_CHANNEL.to_owned());
    (channels, topics)
}

async fn notify(pool: &PgPool, (channels, payloads): (Vec<String>, Vec<String>)) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "-- bell.notify
         select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as s (channel, payload)",
        &channels,
        &payloads
    )
    .execute(pool)
    .await?;
    Ok(())
}
