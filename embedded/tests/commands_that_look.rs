//! Commands that look at a database leave its tables as they are, whatever release they are of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{
    Shop,
    server::{command, printed},
};

const LOOKING: [&[&str]; 5] = [
    &["audit"],
    &["audit", "--all", "--json"],
    &["dlq", "list"],
    &["dlq", "redrive", "--all"],
    &["dlq", "delete", "1", "--reason", "a test"],
];

#[tokio::test]
async fn a_database_of_an_earlier_release_is_named_and_left_as_it_is() {
    let shop = Shop::open(0).await;
    shop.run("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
    let changes = shop.count("select count(*) from _sqlx_migrations").await;
    for arguments in LOOKING {
        let output = command(&shop, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && complaint.contains("is of an earlier release"),
            "{arguments:?}: {complaint}"
        );
        assert_eq!(shop.count("select count(*) from _sqlx_migrations").await, changes);
    }
}

#[tokio::test]
async fn a_database_of_a_later_release_is_named_and_looked_at() {
    let shop = Shop::open(0).await;
    shop.run(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)",
    )
    .await;
    let output = command(&shop, &["audit"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("9999 (later)"));
    assert!(printed(&shop, &["dlq", "list"]).contains("Nothing was set aside"));
}

#[tokio::test]
async fn a_database_without_tables_stays_without() {
    let shop = Shop::open(0).await;
    shop.run("drop table _sqlx_migrations").await;
    let output = command(&shop, &["audit"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("nothing of Sluice yet"));
    assert_eq!(shop.count("select count(*) from pg_tables where tablename = '_sqlx_migrations'").await, 0);
}
