//! What earlier audits found to be as promised, and need not look at again. An order of a slice that changes later opens
//! the slice again: the database notes it by itself (`reopened_orders`), so no process can forget to.

use super::slice_ids::{after, before};
use crate::postgres::{Asked, Database};
use sqlx::{PgConnection, Postgres, Transaction};
use std::{collections::BTreeMap, num::NonZeroU32};
use time::Duration;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// How long the orders of a slice must have rested before it is remembered. An order that changes after a day of rest is
/// noted by the database; this is longer, by as much as the clocks of processes may differ.
const REST: Duration = Duration::days(2);

/// A slice that was audited before.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) last: Uuid,
    pub(super) orders: u64,
}

/// The slices that need not be audited, by their first id.
pub(super) struct Audited {
    slices: BTreeMap<Uuid, Known>,
    /// Whether anything can be remembered: not by a role that may only read, nor on a standby.
    remembers: bool,
}

impl Audited {
    /// Opens the slices again of which an order changed since, or all of them, and says which are left.
    pub(super) async fn reopen(database: &Database, all: bool) -> Result<Self, Unavailable> {
        let remembers = sqlx::query_scalar!(
            r#"-- audit.may_remember
             select not pg_is_in_recovery() and has_table_privilege('audited_slices', 'insert') as "may!""#
        )
        .fetch_one(&database.durable)
        .await
        .asked("audit.may_remember")?;
        if remembers {
            let mut transaction = locked(database).await?;
            sqlx::query_file!("sql/audit/reopen_slices.sql", all)
                .fetch_one(&mut *transaction)
                .await
                .asked("audit.reopen_slices")?;
            transaction.commit().await.asked("audit.reopen_slices")?;
        } else if all {
            return Ok(Self { slices: BTreeMap::new(), remembers });
        }
        let mut connection = database.durable.acquire().await.asked("audit.slices")?;
        let slices = slices(&mut connection).await?.into_iter().filter(|slice| !slice.is_touched);
        let known = |slice: Slice| (slice.first, Known { last: slice.last, orders: slice.orders.unsigned_abs() });
        Ok(Self { slices: slices.map(known).collect(), remembers })
    }

    /// The slice that begins there.
    pub(super) fn slice_from(&self, first: Uuid) -> Option<Known> {
        self.slices.get(&first).copied()
    }

    /// The last id of a slice that begins there and has so many orders, up to the next that is known.
    pub(super) async fn end_of_slice(
        &self,
        database: &Database,
        first: Uuid,
        orders: NonZeroU32,
    ) -> Result<Uuid, Unavailable> {
        let known = self.slices.range(first..).next().map_or(Uuid::max(), |(next, _)| before(*next));
        let beyond = sqlx::query_scalar!(
            "-- audit.end_of_slice
             select id from orders where id >= $1 order by id offset $2 limit 1",
            first,
            i64::from(orders.get())
        )
        .fetch_optional(&database.durable)
        .await
        .asked("audit.end_of_slice")?;
        Ok(beyond.map_or(known, |beyond| before(beyond).min(known)))
    }

    /// Remembers a slice, if all its orders rest. The last one never is: orders are still to come there.
    pub(super) async fn close_slice(&self, database: &Database, first: Uuid, last: Uuid) -> Result<(), Unavailable> {
        if !self.remembers || last == Uuid::max() {
            return Ok(());
        }
        let rested = rested_before(database).await?;
        let mut transaction = locked(database).await?;
        sqlx::query_file!("sql/audit/close_slice.sql", first, last, rested)
            .fetch_one(&mut *transaction)
            .await
            .asked("audit.close_slice")?;
        transaction.commit().await.asked("audit.close_slice")
    }

    /// Remembers that the numbers of a series up to this one were each found once.
    pub(super) async fn note_numbers(
        &self,
        database: &Database,
        series: &str,
        year: i32,
        until: i32,
    ) -> Result<(), Unavailable> {
        if !self.remembers {
            return Ok(());
        }
        sqlx::query!(
            "-- audit.note_numbers
             insert into audited_numbers as a (series, year, until) values ($1, $2, $3)
             on conflict (series, year) do update set until = excluded.until where a.until < excluded.until",
            series,
            year,
            until
        )
        .execute(&database.durable)
        .await
        .asked("audit.note_numbers")?;
        Ok(())
    }
}

async fn rested_before(database: &Database) -> Result<time::OffsetDateTime, Unavailable> {
    sqlx::query_scalar!(
        r#"-- audit.rested_before
         select sluice_now() - $1::bigint * interval '1 second' as "moment!""#,
        REST.whole_seconds()
    )
    .fetch_one(&database.durable)
    .await
    .asked("audit.rested_before")
}

/// A transaction that no other audit remembers anything in. Its next statement sees what was remembered until then.
async fn locked(database: &Database) -> Result<Transaction<'static, Postgres>, Unavailable> {
    let mut transaction = database.durable.begin().await.asked("audit.lock")?;
    sqlx::raw_sql("-- audit.patience\nset local statement_timeout = 0")
        .execute(&mut *transaction)
        .await
        .asked("audit.lock")?;
    sqlx::query!("-- audit.lock\nlock table audited_slices in share row exclusive mode")
        .execute(&mut *transaction)
        .await
        .asked("audit.lock")?;
    Ok(transaction)
}

struct Slice {
    first: Uuid,
    last: Uuid,
    orders: i64,
    is_touched: bool,
}

async fn slices(connection: &mut PgConnection) -> Result<Vec<Slice>, Unavailable> {
    sqlx::query_as!(
        Slice,
        r#"-- audit.slices
         select s.first, s.last, s.orders,
                exists (select from reopened_orders r where r.order_id between s.first and s.last) as "is_touched!"
         from audited_slices s order by s.first"#
    )
    .fetch_all(connection)
    .await
    .asked("audit.slices")
}

/// What no remembered slice speaks for.
#[derive(Default)]
pub(super) struct OpenRanges {
    pub(super) firsts: Vec<Uuid>,
    pub(super) lasts: Vec<Uuid>,
    /// Slices that are remembered, but have changed since: their orders are in the ranges.
    pub(super) touched: Vec<Uuid>,
}

/// The ranges of ids outside all slices that still stand in this snapshot.
pub(super) async fn open_ranges(snapshot: &mut PgConnection) -> Result<OpenRanges, Unavailable> {
    let mut open = OpenRanges::default();
    let mut next = Some(Uuid::nil());
    for slice in slices(snapshot).await? {
        if slice.is_touched {
            open.touched.push(slice.first);
            continue;
        }
        if let Some(first) = next.filter(|first| *first < slice.first) {
            open.firsts.push(first);
            open.lasts.push(before(slice.first));
        }
        next = after(slice.last);
    }
    if let Some(first) = next {
        open.firsts.push(first);
        open.lasts.push(Uuid::max());
    }
    Ok(open)
}
