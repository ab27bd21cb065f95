//! Forgetting what is kept for a while only. Ids of orders are by time, so what is old is found by its key, from the oldest
//! on, and a chunk costs the same however much is kept. How old it is, the database's clock judges.

use crate::postgres::{Asked, Database, milliseconds};
use async_trait::async_trait;
use schemas::ids::OrderId;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::statuses_without_workflow,
    ports::{ForgottenChunk, Retained, Retention, RetentionPeriods, Unavailable},
};

/// What `forgotten` calls executions.
pub(crate) const EXECUTIONS: &str = "executions";

/// What the order database and the queues beside it keep for a while.
pub struct PgRetention {
    database: Database,
    periods: RetentionPeriods,
}

impl PgRetention {
    /// In that database, for those periods.
    pub fn new(database: Database, periods: RetentionPeriods) -> Self {
        Self { database, periods }
    }

    /// What is from before then has been kept for its term, by the database's clock: that of a process may be wrong by
    /// days. Asked once for each chunk, so that nothing younger is deleted than was noted.
    async fn over_before(&self, term: Duration) -> Result<OffsetDateTime, Unavailable> {
        sqlx::query_scalar!(
            r#"-- retention.over_before
             select sluice_now() - $1::bigint * interval '1 millisecond' as "before!""#,
            milliseconds(term.unsigned_abs())
        )
        .fetch_one(&self.database.relaxed)
        .await
        .asked("retention.over_before")
    }

    /// Before anything is deleted: who misses it afterwards finds that its time was over.
    async fn note(&self, what: &str, before: OffsetDateTime) -> Result<(), Unavailable> {
        sqlx::query!(
            "-- retention.note
             insert into forgotten (what, before) values ($1, $2)
             on conflict (what) do update set before = excluded.before where forgotten.before < excluded.before",
            what,
            before
        )
        .execute(&self.database.durable)
        .await
        .asked("retention.note")?;
        Ok(())
    }
}

/// The lowest id that an order of that moment can have: a UUIDv7 begins with the milliseconds since 1970.
fn first_id_at(moment: OffsetDateTime) -> Uuid {
    let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

#[async_trait]
impl Retention for PgRetention {
    fn periods(&self) -> RetentionPeriods {
        self.periods
    }

    async fn forget(
        &self,
        retained: Retained,
        term: Duration,
        after: OrderId,
        limit: i64,
    ) -> Result<ForgottenChunk, Unavailable> {
        let before = self.over_before(term).await?;
        let until = first_id_at(before);
        let (forgotten, last) = match retained {
            Retained::Keys => {
                let chunk = sqlx::query_file!("sql/runtime/retention/forget_keys.sql", after.0, until, limit, before)
                    .fetch_one(&self.database.relaxed)
                    .await
                    .asked("retention.forget_keys")?;
                (chunk.gone, chunk.last)
            }
            Retained::Executions => {
                self.note(EXECUTIONS, before).await?;
                let chunk = sqlx::query_file!(
                    "sql/runtime/retention/forget_executions.sql",
                    after.0,
                    until,
                    limit,
                    before,
                    &statuses_without_workflow()
                )
                .fetch_one(&self.database.relaxed)
                .await
                .asked("retention.forget_executions")?;
                (chunk.gone, chunk.last)
            }
        };
        Ok(ForgottenChunk { forgotten: forgotten.unsigned_abs(), last: last.map(OrderId) })
    }
}
