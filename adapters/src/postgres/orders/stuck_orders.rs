//! Orders that nobody is at work on: found by index and by what messages and executions stand for, with the notes of how often
//! each was set going. Whether there is anything to do is judged by the lifecycle.

use super::PgOrders;
use crate::postgres::{Asked, milliseconds, unreadable};
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::SweptFor, words::UnknownWord};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::{Closing, Stuck},
    ports::{LONGEST_PAUSE, StuckOrders, Sweep, Unavailable},
    wiring::QueueName,
};

/// How long a sweep is remembered after the order was to be looked at again.
const FORGET_SWEEPS: Duration = Duration::days(1);
/// How many closed orders a sweep looks at: more than close between two, so that it catches up.
const CLOSINGS: i64 = 20_000;
/// The longest until one is looked at again.
const LONGEST_LOOK: Duration = Duration::days(1);

/// Closed orders that are not settled, and since when, as `unnest` takes them.
#[derive(Default)]
struct Closings {
    ids: Vec<Uuid>,
    since: Vec<OffsetDateTime>,
}

#[async_trait]
impl StuckOrders for PgOrders {
    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        let patience = milliseconds(patience.unsigned_abs());
        let (unvoided, untold) = self.look_at_closings(patience).await?;
        let rows = sqlx::query_file!(
            "sql/orders/stuck.sql",
            patience,
            limit,
            milliseconds(LONGEST_PAUSE.unsigned_abs()),
            &unvoided.ids,
            &unvoided.since,
            &untold.ids,
            &untold.since,
            &QueueName::Cancel.names(),
            &QueueName::Invoice.names(),
            &QueueName::Void.names(),
            &QueueName::Index.names()
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.stuck")?;
        let stuck = rows.into_iter().map(|row| {
            let id = OrderId(row.id);
            let stuck = match row.what.parse() {
                Ok(SweptFor::Unattended) => Stuck::Unattended(id),
                Ok(SweptFor::CancelForgotten) => Stuck::CancelForgotten(id),
                Ok(SweptFor::Uninvoiced) => Stuck::Uninvoiced(id),
                Ok(SweptFor::Unvoided) => Stuck::Unvoided(id),
                Ok(SweptFor::Untold) => Stuck::Untold(id),
                Ok(SweptFor::Unmended) | Err(UnknownWord) => return Err(unreadable("orders.stuck", "what")),
            };
            Ok((stuck, row.times))
        });
        stuck.collect()
    }

    /// As relaxed as what most orders are set going by, and after it: a crash that takes back the one takes back the
    /// other.
    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        // Each once, and in one order, so that two processes wait for each other in one direction only.
        let swept: BTreeMap<(Uuid, &str), &Sweep> = swept.iter().map(|sweep| (columns(sweep.stuck), sweep)).collect();
        let (mut ids, mut whats, mut times, mut pauses) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ((id, what), sweep) in swept {
            ids.push(id);
            whats.push(what.to_owned());
            times.push(sweep.times);
            pauses.push(milliseconds(sweep.pause.unsigned_abs()));
        }
        sqlx::query!(
            "-- orders.forget_sweeps: what is still stuck is swept every hour, so these are not
             delete from sweeps where next_at < sluice_now() - $1::bigint * interval '1 millisecond'",
            milliseconds(FORGET_SWEEPS.unsigned_abs())
        )
        .execute(&self.database.relaxed)
        .await
        .asked("orders.forget_sweeps")?;
        sqlx::query_file!("sql/orders/mark_swept.sql", &ids, &whats, &times, &pauses)
            .execute(&self.database.relaxed)
            .await
            .asked("orders.mark_swept")?;
        Ok(())
    }
}

impl PgOrders {
    /// The closed orders, of those that are due to be looked at, that may hold money or are shown otherwise: they come again,
    /// behind all that wait. Those that are settled are done with. Committed relaxed: what a crash takes back is looked at
    /// again.
    async fn look_at_closings(&self, patience: i64) -> Result<(Closings, Closings), Unavailable> {
        let (mut unvoided, mut untold) = (Closings::default(), Closings::default());
        let (mut settled, mut waiting) = (Vec::new(), Vec::new());
        let mut transaction = self.database.relaxed.begin().await.asked("orders.look_at_closings")?;
        let put_off = milliseconds(LONGEST_LOOK.unsigned_abs());
        let rows = sqlx::query_file!("sql/orders/look_at_closings.sql", patience, CLOSINGS, put_off)
            .fetch_all(&mut *transaction)
            .await
            .asked("orders.look_at_closings")?;
        for row in rows {
            let closing = Closing { status: &row.status, payment: row.payment.as_deref(), shown: row.shown.as_deref() };
            for (group, belongs) in [(&mut unvoided, closing.is_unvoided()), (&mut untold, closing.is_untold())] {
                if belongs {
                    group.ids.push(row.id);
                    group.since.push(row.since);
                }
            }
            let then = if closing.is_settled() { &mut settled } else { &mut waiting };
            then.push(row.id);
        }
        if !settled.is_empty() {
            sqlx::query!(
                "-- orders.forget_closings
                 delete from closings where order_id = any($1)",
                &settled
            )
            .execute(&mut *transaction)
            .await
            .asked("orders.forget_closings")?;
        }
        if !waiting.is_empty() {
            sqlx::query!(
                "-- orders.put_off_closings
                 update closings set look_at = sluice_now() where order_id = any($1)",
                &waiting
            )
            .execute(&mut *transaction)
            .await
            .asked("orders.put_off_closings")?;
        }
        transaction.commit().await.asked("orders.look_at_closings")?;
        Ok((unvoided, untold))
    }
}

/// An order and what it is stuck for, as they are stored.
fn columns(stuck: Stuck) -> (Uuid, &'static str) {
    let what = match stuck {
        Stuck::Unattended(_) => SweptFor::Unattended,
        Stuck::CancelForgotten(_) => SweptFor::CancelForgotten,
        Stuck::Uninvoiced(_) => SweptFor::Uninvoiced,
        Stuck::Unvoided(_) => SweptFor::Unvoided,
        Stuck::Untold(_) => SweptFor::Untold,
    };
    (stuck.order().0, what.as_str())
}
