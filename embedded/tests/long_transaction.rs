//! Somebody else's transaction that stays open, as a backup's or a forgotten console's does: PostgreSQL may not clean up what
//! was deleted since it began. Orders go their way all the same, and those who look for work do not pass over all of that.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;
use support::{Shop, wait_until};

/// Far more than a round takes.
const WITHIN: Duration = Duration::from_secs(60);
const ROUNDS: u32 = 8;
const ORDERS_OF_EACH: usize = 40;
/// How many pages of the tables of work an order may touch. It is some hundreds; where each look passes over all that is
/// over, it is some thousands, and more with every order.
const MOST_PAGES: i64 = 1_000;

const PAGES: &str = "select sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0)
                                + coalesce(idx_blks_hit, 0))::bigint
                     from pg_statio_user_tables where relname in ('messages', 'executions')";
const LEFT: &str =
    "select (select count(*) from messages) + (select count(*) from executions where status = 'running')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_of_somebody_else_keeps_no_order_and_makes_no_look_dearer() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let mut other = PgConnection::connect(&shop.url).await.unwrap();
    let begin = "begin isolation level repeatable read read only; select count(*) from messages";
    sqlx::raw_sql(begin).execute(&mut other).await.unwrap();
    // By a session that may read a table whole: what the test itself touches counts too, and is little so.
    let mut looking = PgConnection::connect(&shop.url).await.unwrap();
    let before = shop.count(PAGES).await;
    let mut orders = 0;
    for minute in 1..=ROUNDS {
        // As if a minute had passed, so that whoever remembers where the last was found need not look before it.
        let clock = format!(
            "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
             $$ select pg_catalog.now() + interval '{minute} minutes' $$"
        );
        sqlx::raw_sql(AssertSqlSafe(clock)).execute(&mut looking).await.unwrap();
        orders += shop.accepted_all(&url, &["pm_card_visa"; ORDERS_OF_EACH]).await.len();
        wait_until("all messages and executions to end", WITHIN, async || {
            let left: i64 = sqlx::query_scalar(LEFT).fetch_one(&mut looking).await.unwrap();
            if left == 0 { Ok(()) } else { Err(format!("{left} are left")) }
        })
        .await;
    }
    let orders = i64::try_from(orders).unwrap();
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed' and invoiced").await, orders);
    pipeline.stop().await;
    // The sessions that did the work have ended, so what they counted is there.
    let counted = "select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_user_tables where relname = 'orders'";
    wait_until("the counts", Duration::from_secs(20), async || {
        let seen = shop.count(counted).await;
        if seen >= orders { Ok(()) } else { Err(format!("{seen} of {orders} orders")) }
    })
    .await;
    let pages = (shop.count(PAGES).await - before) / orders;
    assert!(pages < MOST_PAGES, "{pages} pages an order");
    sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    shop.audit().await;
}
