//! Commands beside each other on a shop that nobody serves: the one that came first runs the own PostgreSQL for all, and stops
//! it under none. `sluice postgres` runs it for whoever comes with psql.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use std::{fs, process::Stdio};
use support::{
    folder,
    run::{WITHIN, begun, ended, terminate},
    server::{Server, prepared},
    wait_until,
};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

/// The data folder of a shop that is not served any more.
async fn closed_shop() -> TempDir {
    let folder = folder();
    let mut server = Server::start_in(folder.path(), None).await;
    assert!(server.terminate(WITHIN).await.success());
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_run_at_once_do_not_cut_each_other() {
    let shop = closed_shop().await;
    let commands: [&[&str]; 2] = [&["audit"], &["dlq", "list"]];
    let all = commands.into_iter().cycle().take(8).map(|arguments| ended(begun(shop.path(), None, arguments)));
    for (code, said) in join_all(all).await {
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains("terminating connection"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_that_is_printed_is_good_for_psql_and_ends_after_the_commands_that_came_meanwhile() {
    let shop = closed_shop().await;
    let mut postgres = begun(shop.path(), None, &["postgres"]);
    let mut words = BufReader::new(postgres.stdout.take().unwrap()).lines();
    let mut remarks = BufReader::new(postgres.stderr.take().unwrap()).lines();
    let url = tokio::time::timeout(WITHIN, words.next_line()).await.expect("it says nothing").unwrap().unwrap();
    let mut psql = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("begin; lock table products in access exclusive mode").execute(&mut psql).await.unwrap();

    let goods = shop.path().join("goods.csv");
    fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nTEA,Tea,1.00,EUR,19,1\n").unwrap();
    let import = begun(shop.path(), None, &["catalog", "import", goods.to_str().unwrap()]);
    wait_until("the import to wait for the lock", WITHIN, async || {
        let blocked = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')";
        let mut look = PgConnection::connect(&url).await.map_err(|error| error.to_string())?;
        let is_blocked = sqlx::query_scalar::<_, bool>(blocked).fetch_one(&mut look).await;
        if is_blocked.map_err(|error| error.to_string())? { Ok(()) } else { Err("it does not".to_owned()) }
    })
    .await;
    terminate(&postgres);
    let waits = async { while !remarks.next_line().await.unwrap().unwrap().contains("waiting for other commands") {} };
    tokio::time::timeout(WITHIN, waits).await.expect("it does not wait");
    sqlx::raw_sql("commit").execute(&mut psql).await.unwrap();
    psql.close().await.unwrap();
    let (code, said) = ended(import).await;
    assert_eq!(code, Some(0), "{said}");
    let status = tokio::time::timeout(WITHIN, postgres.wait()).await.expect("it still runs").unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(PgConnection::connect(&url).await.is_err(), "the server runs on");
}

#[tokio::test]
async fn where_a_database_is_named_no_own_one_is_run() {
    let folder = folder();
    let mut command = prepared(folder.path(), Some("postgres://u:a-secret@127.0.0.1:1/shop"));
    let output = command.arg("postgres").stdin(Stdio::null()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("psql \"$DATABASE_URL\"") && !complaint.contains("a-secret"), "{complaint}");
}
