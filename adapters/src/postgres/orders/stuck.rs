//! Orders that nobody is at work on: found by index and by what messages and executions stand for, with the notes of how often
//! each was set going. Whether there is anything to do is judged by the lifecycle.

use super::PgOrders;
use crate::postgres::{Asked, milliseconds, unreadable};
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::{Stuck, settled_payments},
    ports::{StuckOrders, Sweep, Unavailable},
    steps::sweep::LONGEST,
    wiring::QueueName,
};

/// How long a sweep is remembered after the order was to be looked at again.
const FORGET_SWEEPS: Duration = Duration::days(1);
/// How many closed orders a sweep looks at: more than close between two, so that it catches up.
const CLOSINGS: i64 = 20_000;

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
            milliseconds(LONGEST.unsigned_abs()),
            &unvoided.ids,
            &unvoided.since,
            &untold.ids,
            &untold.since,
            &QueueName::Cancel.places(),
            &QueueName::Invoice.places(),
            &QueueName::Void.places(),
            &QueueName::Index.places()
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("orders.stuck")?;
        let stuck = rows.into_iter().map(|row| {
            let id = OrderId(row.id);
            let stuck = match row.what.as_str() {
                "unattended" => Stuck::Unattended(id),
                "cancel_forgotten" => Stuck::CancelForgotten(id),
                "uninvoiced" => Stuck::Uninvoiced(id),
                "unvoided" => Stuck::Unvoided(id),
                "untold" => Stuck::Untold(id),
                _ => return Err(unreadable("orders.stuck", "what")),
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
    /// The closed orders, of those that are due to be looked at, that hold money or are shown as open. What becomes of
    /// them is committed relaxed: what a crash takes back is looked at again.
    async fn look_at_closings(&self, patience: i64) -> Result<(Closings, Closings), Unavailable> {
        let rows = sqlx::query_file!("sql/orders/look_at_closings.sql", patience, CLOSINGS, &settled_payments())
            .fetch_all(&self.database.relaxed)
            .await
            .asked("orders.look_at_closings")?;
        let (mut unvoided, mut untold) = (Closings::default(), Closings::default());
        for row in rows {
            for (group, belongs) in [(&mut unvoided, row.unvoided), (&mut untold, row.untold)] {
                if belongs {
                    group.ids.push(row.id);
                    group.since.push(row.since);
                }
            }
        }
        Ok((unvoided, untold))
    }
}

/// An order and what it is stuck for, as they are stored.
fn columns(stuck: Stuck) -> (Uuid, &'static str) {
    match stuck {
        Stuck::Unattended(id) => (id.0, "unattended"),
        Stuck::CancelForgotten(id) => (id.0, "cancel_forgotten"),
        Stuck::Uninvoiced(id) => (id.0, "uninvoiced"),
        Stuck::Unvoided(id) => (id.0, "unvoided"),
        Stuck::Untold(id) => (id.0, "untold"),
    }
}
