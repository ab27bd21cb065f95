//! A hand in the tables of both releases: it does what a later one does there.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use uuid::Uuid;

const LATER_RELEASE: &str = include_str!("../../../schemas/golden/later_release.sql");
/// For each lock. Whoever comes to a table after who waits for it waits behind.
const SESSION: &str = "set lock_timeout = '250ms'; set client_min_messages = warning";
/// Longer than it keeps others waiting.
const PAUSE: Duration = Duration::from_millis(500);
/// A table that cannot be had for so long is one that somebody has to look at.
const PATIENCE: Duration = Duration::from_secs(60);
/// By SQLSTATE: a lock was not to be had, or whoever has it waits for one of ours.
const FOR_A_LOCK: [&str; 2] = ["55P03", "40P01"];

/// Keeps some messages of each queue, whoever sent them.
const OBSERVE: &str = "
create schema observed;
create table observed.messages (queue text not null, body jsonb not null, subject uuid);
create function observed.note() returns trigger language plpgsql as $$
begin
    if (select count(*) < 20 from observed.messages m where m.queue = new.queue) then
        insert into observed.messages values (new.queue, new.body, new.subject);
    end if;
    return null;
end $$;
create trigger observe after insert on messages for each row execute function observed.note()";
/// Delivers them once more, and what was ordered to be stored as new orders of the same customers.
const SEND_AGAIN: &str = "-- releases.send_again
with ordered as (
    select (left(body ->> 'id', 24) || substr(md5(body ->> 'id'), 1, 12))::uuid as id, body
    from observed.messages where queue = 'intake'
),
stored as (
    insert into submissions (id, customer, key, fingerprint, request, accepted_at)
    select id, body ->> 'customer', 'later-' || id, '\\x00', body -> 'request', (body ->> 'accepted_at')::timestamptz
    from ordered
    returning id
),
sent as (
    insert into messages (queue, subject, body)
    select queue, subject, body from observed.messages where queue not like '%-dlq'
    union all
    select 'intake', id, jsonb_set(body, '{id}', to_jsonb(id)) from ordered
)
select id from stored";

/// Somebody at the database.
pub(super) struct Hand(PgConnection);

impl Hand {
    pub(super) async fn at(url: &str) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect(url).await.context("cannot reach the database")?;
        sqlx::raw_sql(SESSION).execute(&mut connection).await?;
        Ok(Self(connection))
    }

    /// Begins to keep some messages of each queue.
    pub(super) async fn observe(&mut self) -> anyhow::Result<()> {
        self.once_it_has_its_lock(OBSERVE).await.context("messages cannot be observed")
    }

    /// Adds a column to every table, one at a time, beside whoever uses them; says to how many.
    pub(super) async fn widen(&mut self) -> anyhow::Result<usize> {
        let tables: Vec<String> = sqlx::query_scalar(
            "-- releases.tables
             select format('%I.%I', schemaname, tablename) from pg_tables
             where schemaname in ('public', 'sandbox') and tablename <> '_sqlx_migrations' order by 1",
        )
        .fetch_all(&mut self.0)
        .await?;
        for table in &tables {
            let add = format!("alter table {table} add column added_later text not null default 'something'");
            self.once_it_has_its_lock(&add).await.with_context(|| format!("no column can be added to {table}"))?;
        }
        Ok(tables.len())
    }

    async fn once_it_has_its_lock(&mut self, statements: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            match sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut self.0).await {
                Ok(_) => return Ok(()),
                Err(error) if is_for_a_lock(&error) && started.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends the messages that were kept once more, and gives the ids of the new orders among them.
    pub(super) async fn send_again(&mut self) -> anyhow::Result<Vec<Uuid>> {
        let ids = sqlx::query_scalar(SEND_AGAIN).fetch_all(&mut self.0).await.context("nothing can be sent again")?;
        sqlx::raw_sql("drop schema observed cascade").execute(&mut self.0).await?;
        Ok(ids)
    }

    /// Adds a member to every JSON object that is stored; in how many rows of each column.
    pub(super) async fn add_members(&mut self) -> anyhow::Result<BTreeMap<String, i64>> {
        sqlx::raw_sql(LATER_RELEASE).execute(&mut self.0).await.context("the later release cannot be played")?;
        let changed = sqlx::query_as::<_, (String, i64)>(
            "-- releases.add_members
             select place, changed from pg_temp.add_members()",
        );
        let changed = changed.fetch_all(&mut self.0).await.context("no members can be added")?;
        Ok(changed.into_iter().collect())
    }

    /// How many messages each queue has that has any.
    pub(super) async fn messages(&mut self) -> anyhow::Result<BTreeMap<String, i64>> {
        let messages = sqlx::query_as::<_, (String, i64)>(
            "-- releases.messages
             select queue, count(*) from messages group by queue",
        );
        Ok(messages.fetch_all(&mut self.0).await?.into_iter().collect())
    }

    /// How many executions have not ended.
    pub(super) async fn executions(&mut self) -> anyhow::Result<i64> {
        let running = sqlx::query_scalar(
            "-- releases.executions
             select count(*) from executions where status = 'running'",
        );
        Ok(running.fetch_one(&mut self.0).await?)
    }
}

fn is_for_a_lock(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| FOR_A_LOCK.contains(&&*code))
}
