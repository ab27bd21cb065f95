//! The pipeline's statements reach their rows by indexes, whatever the tables were like when their plans were made.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::Arc, time::Duration};
use support::{Shop, load::Load, wait_until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_is_read_whole_because_it_was_empty_when_the_plan_was_made() {
    let shop = Arc::new(Shop::open(1_000_000).await);
    // The planner knows for sure that there is nothing in them.
    shop.run("vacuum analyze messages, executions, orders, payments, submissions, order_events, invoices").await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let load = Load::start(&shop, std::slice::from_ref(&url), 16, 5);
    wait_until("some hundred orders to be promised", Duration::from_secs(60), async || {
        if load.promised() >= 400 { Ok(()) } else { Err(format!("{} are", load.promised())) }
    })
    .await;
    let promised = load.stop().await;
    shop.settled(&promised, Duration::from_secs(60)).await;
    pipeline.stop().await;
    // The sessions that did the work have ended, so what they counted is there.
    let counted = "select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_user_tables where relname = 'orders'";
    wait_until("the counts", Duration::from_secs(20), async || {
        let stored = shop.count("select count(*) from orders").await;
        let seen = shop.count(counted).await;
        if seen >= stored { Ok(()) } else { Err(format!("{seen} of {stored} orders")) }
    })
    .await;
    let read_whole: Vec<(String, i64)> = sqlx::query_as(
        "select relname::text, seq_tup_read from pg_stat_user_tables
         where relname in ('messages', 'executions', 'orders', 'payments', 'submissions', 'order_events', 'invoices')
           and seq_tup_read > 3 * (n_tup_ins + 100)",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(read_whole.is_empty(), "read whole, again and again: {read_whole:?}");
}
