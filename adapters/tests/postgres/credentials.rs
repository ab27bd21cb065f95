//! A password that is changed while somebody is connected with it.

use adapters::postgres::Database;
use local_postgres::EphemeralPostgres;
use sqlx::{Connection, PgConnection};
use std::{convert::Infallible, fs, time::Duration};
use tokio::time::{Instant, sleep};
use workflows::ports::Readiness;

const PATIENCE: Duration = Duration::from_secs(20);

async fn tell(url: &str, statements: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
}

/// The database as a role that is asked for its password.
fn as_rotated(url: &str, password: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}user=rotated&password={password}")
}

/// A server that asks the role for its password, which is `first`, and the address of a database there.
async fn asking() -> (EphemeralPostgres, String) {
    let server = EphemeralPostgres::start().await.unwrap();
    let owner = server.fresh_database(async |_| Ok::<_, Infallible>(())).await.unwrap();
    tell(&owner, "create role rotated login password 'first'").await;
    let rules = server.server().data_directory().join("pg_hba.conf");
    let others = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, format!("local all rotated scram-sha-256\n{others}")).unwrap();
    tell(&owner, "select pg_reload_conf()").await;
    // The reload reaches the postmaster a moment after it is asked for.
    let end = Instant::now() + PATIENCE;
    while PgConnection::connect(&as_rotated(&owner, "wrong")).await.is_ok() {
        assert!(Instant::now() < end, "the server asks for no password");
        sleep(Duration::from_millis(20)).await;
    }
    (server, owner)
}

#[tokio::test]
async fn every_pool_connects_by_the_changed_password() {
    let (server, owner) = asking().await;
    let database = Database::connect(&as_rotated(&owner, "first"), 2).unwrap();
    tell(&owner, "alter role rotated password 'second'").await;
    database.connect_from_now_on_by(&as_rotated(&owner, "second")).unwrap();
    for pool in [&database.durable, &database.relaxed, &database.acceptance, &database.reading] {
        sqlx::query("select 1").execute(pool).await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_named_as_the_cause_and_not_told() {
    let (server, owner) = asking().await;
    let database = Database::connect(&as_rotated(&owner, "a-secret"), 1).unwrap();
    let refused = database.reach().await.unwrap_err().to_string();
    assert!(refused.contains("does not let user rotated in") && !refused.contains("a-secret"), "{refused}");
    server.stop().await;
}

#[tokio::test]
async fn a_changed_password_is_waited_for_and_works_without_a_new_start() {
    let (server, owner) = asking().await;
    let database = Database::connect_once(&as_rotated(&owner, "first")).unwrap();
    database.check().await.unwrap();

    tell(&owner, "alter role rotated password 'second'").await;
    // Who is connected stays so, and whoever connects anew is refused.
    database.check().await.unwrap();
    tell(&owner, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'rotated'").await;
    let refused = database.check().await.unwrap_err();
    assert!(refused.away, "a message that meets this must wait, and not count as failed: {}", refused.chain());
    database.connect_from_now_on_by(&as_rotated(&owner, "second")).unwrap();
    database.check().await.unwrap();
    server.stop().await;
}
