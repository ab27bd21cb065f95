//! A command that only looks can tell whether a database has this release's tables, and changes nothing.

use super::shop::{Shop, eventually};
use adapters::postgres::{Database, schema::Schema};
use local_postgres::ephemeral;
use std::{collections::BTreeSet, pin::pin};

#[tokio::test]
async fn a_database_of_this_release_is_current() {
    assert_eq!(Shop::empty().await.database.schema().await.unwrap(), Schema::Current);
}

#[tokio::test]
async fn a_database_that_lacks_a_change_is_older_and_stays_so() {
    let shop = Shop::empty().await;
    shop.run("delete from _sqlx_migrations where version = 3").await;
    let Schema::Older(missing) = shop.database.schema().await.unwrap() else { panic!("it is older") };
    assert!(missing.starts_with("3 (search"), "{missing}");
    assert_eq!(shop.value::<i64>("select count(*) from _sqlx_migrations where version = 3").await, 0);
}

#[tokio::test]
async fn a_database_with_a_change_of_a_later_release_is_newer() {
    let shop = Shop::empty().await;
    shop.run(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)",
    )
    .await;
    assert_eq!(shop.database.schema().await.unwrap(), Schema::Newer("9999 (later)".into()));
}

#[tokio::test]
async fn a_later_change_can_index_a_table_that_has_grown_large() {
    let shop = Shop::empty().await;
    // As for a large table: with helpers, which read the server's settings anew.
    shop.run(
        "set min_parallel_table_scan_size = 0; set max_parallel_maintenance_workers = 2;
         create table large as select n from generate_series(1, 1000) as n;
         create index on large (n);",
    )
    .await;
}

#[tokio::test]
async fn a_database_without_any_change_is_empty() {
    let shop = Shop::empty().await;
    shop.run("create database nothing_in_it").await;
    let database = Database::connect(&ephemeral().await.unwrap().server().url_of("nothing_in_it"), 1).unwrap();
    assert_eq!(database.schema().await.unwrap(), Schema::Absent);
}

/// Whoever waits for a table keeps all who come after waiting, too.
#[tokio::test]
async fn a_change_that_waits_for_a_lock_steps_back_and_comes_again() {
    let shop = Shop::empty().await;
    let mut lock = shop.database.durable.begin().await.unwrap();
    sqlx::query("lock table _sqlx_migrations in access exclusive mode").execute(&mut *lock).await.unwrap();
    let mut migrating = pin!(shop.database.migrate());
    let watching = async {
        shop.somebody_waits_for_a_lock().await;
        eventually("nobody waits for the lock any more", async || {
            let query = "select count(*) from pg_stat_activity
                         where datname = current_database() and wait_event_type = 'Lock'";
            (shop.value::<i64>(query).await == 0).then_some(())
        })
        .await;
    };
    tokio::select! {
        ended = &mut migrating => panic!("it gave up: {ended:?}"),
        () = watching => {}
    }
    lock.rollback().await.unwrap();
    migrating.await.unwrap();
}

/// Whoever orders holds several tables at a time, so a change that holds one and wants another stands in their way, and they
/// in its.
#[test]
fn a_change_locks_one_table_that_is_in_use() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/migrations");
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().into_string().unwrap())).unwrap();
        // Those before stand as they are.
        if name.as_str() < "0015" {
            continue;
        }
        looked_at += 1;
        let text = std::fs::read_to_string(path).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let follows = |first: &'static str, second: &'static str| {
            words.windows(3).filter(move |w| w[0] == first && w[1] == second).map(|w| w[2])
        };
        let indexed = words.windows(5).filter(|w| w[0] == "create" && w[1] == "index" && w[3] == "on").map(|w| w[4]);
        let locked: BTreeSet<&str> = follows("alter", "table").chain(indexed).chain(follows("drop", "index")).collect();
        assert!(locked.len() <= 1, "{name} locks {locked:?}: give each a file of its own");
    }
    assert!(looked_at > 5, "{folder} has hardly any changes");
}
