//! Each loss, seen from both ends: what the client is told, and what the database has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use local_postgres::ephemeral;
use pg_proxy::{Loss, Proxy};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;

/// A database with one table, reached directly and by way of a proxy.
struct Table {
    proxy: Proxy,
    direct: PgConnection,
}

const INSERT: &str = "-- table.insert: one row\ninsert into rows values ($1)";

impl Table {
    async fn open() -> Self {
        let made = async |url: String| {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::raw_sql("create table rows (n bigint)").execute(&mut connection).await?;
            connection.close().await
        };
        let url = ephemeral().await.unwrap().fresh_database(made).await.unwrap();
        let direct = PgConnection::connect(&url).await.unwrap();
        Self { proxy: Proxy::start(&url).await.unwrap(), direct }
    }

    async fn client(&self) -> PgConnection {
        PgConnection::connect(&self.proxy.url()).await.unwrap()
    }

    /// Waits for the server to notice that a client has gone.
    async fn rows(&mut self) -> i64 {
        let others = "select count(*) from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'";
        while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut self.direct).await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
        sqlx::query_scalar("select count(*) from rows").fetch_one(&mut self.direct).await.unwrap()
    }
}

async fn insert(connection: &mut PgConnection, number: i64) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT).bind(number).execute(connection).await.map(|_| ())
}

async fn insert_in_transaction(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    insert(&mut transaction, 1).await?;
    insert(&mut transaction, 2).await?;
    transaction.commit().await
}

#[tokio::test]
async fn a_lost_reply_is_one_of_a_statement_that_was_committed() {
    let mut table = Table::open().await;
    let armed = table.proxy.arm("table.insert", Loss::Reply);
    insert(&mut table.client().await, 1).await.unwrap_err();
    assert!(armed.has_struck());
    assert_eq!(table.rows().await, 1);
    // Once, and no other connection.
    insert(&mut table.client().await, 2).await.unwrap();
    assert_eq!(table.rows().await, 2);
}

#[tokio::test]
async fn a_lost_request_was_never_made() {
    let mut table = Table::open().await;
    let armed = table.proxy.arm("table.insert", Loss::Request);
    insert(&mut table.client().await, 1).await.unwrap_err();
    assert!(armed.has_struck());
    assert_eq!(table.rows().await, 0);
}

#[tokio::test]
async fn of_a_transaction_the_reply_to_its_commit_is_lost() {
    let mut table = Table::open().await;
    let armed = table.proxy.arm("table.insert", Loss::Commit);
    insert(&mut table.client().await, 7).await.unwrap();
    assert!(!armed.has_struck(), "it was no transaction");
    insert_in_transaction(&mut table.client().await).await.unwrap_err();
    armed.struck().await;
    assert_eq!(table.rows().await, 3);
}

#[tokio::test]
async fn a_reply_lost_within_a_transaction_has_it_rolled_back() {
    let mut table = Table::open().await;
    let _armed = table.proxy.arm("table.insert", Loss::Reply);
    insert_in_transaction(&mut table.client().await).await.unwrap_err();
    assert_eq!(table.rows().await, 0);
}

#[tokio::test]
async fn a_statement_that_fails_by_itself_is_not_what_was_waited_for() {
    let table = Table::open().await;
    let armed = table.proxy.arm("table.divide", Loss::Reply);
    let mut client = table.client().await;
    let divide = async |client: &mut PgConnection, by: i64| {
        sqlx::query("-- table.divide\nselect 1 / $1").bind(by).execute(client).await.map(|_| ())
    };
    let error = divide(&mut client, 0).await.unwrap_err();
    assert!(error.as_database_error().is_some(), "{error}");
    assert!(!armed.has_struck());
    divide(&mut client, 1).await.unwrap_err();
    assert!(armed.has_struck());
}

#[tokio::test]
async fn what_was_called_off_does_not_strike() {
    let table = Table::open().await;
    drop(table.proxy.arm("table.insert", Loss::Reply));
    insert(&mut table.client().await, 1).await.unwrap();
}

#[tokio::test]
async fn every_statement_is_seen_by_its_name_and_whether_a_transaction_went_on() {
    let table = Table::open().await;
    let mut client = table.client().await;
    insert_in_transaction(&mut client).await.unwrap();
    sqlx::raw_sql("-- table.count\nselect count(*) from rows").execute(&mut client).await.unwrap();
    let seen = table.proxy.seen();
    assert_eq!((seen["table.insert"].times, seen["table.insert"].in_transaction), (2, true));
    assert_eq!((seen["table.count"].times, seen["table.count"].in_transaction), (1, false));
    assert!(seen.contains_key("COMMIT"));
}

#[tokio::test]
async fn what_was_said_into_the_silence_arrives_after_it_although_its_sender_has_gone() {
    let mut table = Table::open().await;
    let mut client = table.client().await;
    insert(&mut client, 1).await.unwrap();
    table.proxy.freeze();
    let given_up = tokio::time::timeout(Duration::from_millis(100), insert(&mut client, 2)).await;
    assert!(given_up.is_err());
    drop(client);
    assert_eq!(table.rows().await, 1);
    table.proxy.thaw();
    let within = tokio::time::timeout(Duration::from_secs(30), async {
        while table.rows().await < 2 {
            tokio::task::yield_now().await;
        }
    });
    within.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_at_work_are_reset_until_it_is_to_end_but_for_the_spared() {
    let table = Table::open().await;
    let mut spared = table.client().await;
    insert(&mut spared, 1).await.unwrap();
    let pauses = Duration::from_millis(1)..Duration::from_millis(5);
    let resets = table.proxy.reset_at_random(7, pauses, "table.insert");
    let spared = tokio::spawn(async move {
        for _ in 0..500 {
            sqlx::query(AssertSqlSafe("select 2")).execute(&mut spared).await.unwrap();
        }
    });
    let within = tokio::time::timeout(Duration::from_secs(30), async {
        while resets.count() < 20 {
            let Ok(mut client) = PgConnection::connect(&table.proxy.url()).await else { continue };
            while sqlx::query(AssertSqlSafe("select 1")).execute(&mut client).await.is_ok() {}
        }
    });
    within.await.unwrap();
    spared.await.unwrap();
    drop(resets);
    let mut client = table.client().await;
    for number in 0..200 {
        insert(&mut client, number).await.unwrap();
    }
}
