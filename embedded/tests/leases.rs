//! A process that falls silent loses what it has in hand, whatever its connections look like; one whose database hangs does
//! no harm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;
use support::{Shop, partition::Partition, server::Server, wait_until};

/// A lease of five seconds, the payment's three, and a busy machine.
const WITHIN: Duration = Duration::from_secs(30);
const SHORT: (&str, &str) = ("SLUICE_LEASE_SECONDS", "5");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_process_loses_what_it_has_in_hand_and_changes_nothing_when_it_wakes() {
    let shop = Shop::open(0).await;
    let server = Server::start_with(&shop, &[SHORT]).await;
    falls_silent(&shop, server, |server| server.signal("STOP"), |server| server.signal("CONT")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_its_database_loses_what_it_has_in_hand_and_changes_nothing_when_it_is_back() {
    let shop = Shop::open(0).await;
    let way = Partition::before(&shop.url).await;
    let server = Server::start_with(&shop, &[SHORT, ("DATABASE_URL", &way.url)]).await;
    falls_silent(&shop, server, |_| way.cut(), |_| way.mend()).await;
}

async fn falls_silent(shop: &Shop, mut silent: Server, silence: impl Fn(&Server), wake: impl Fn(&Server)) {
    let ids = shop.accepted_all(&silent.url, &["pm_sandbox_slow"; 30]).await;
    wait_until("thirty payments to be in hand", WITHIN, async || {
        let in_hand = "select count(*) from executions e join payments p on p.order_id = e.id
                       where e.instance is not null and p.state = 'pending'";
        match shop.count(in_hand).await {
            30.. => Ok(()),
            found => Err(format!("{found} are")),
        }
    })
    .await;
    silence(&silent);
    let other = Server::start_with(shop, &[SHORT]).await;
    shop.settled(&ids, WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 30);
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and classid = 7517 and granted
                 and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(shop.count(locks).await, 2, "its connection stands, and so does its lock");
    shop.audit().await;
    let effects = shop.effects().await;

    wake(&silent);
    // What it had in hand is at its end, one way or another, when it has stopped in order.
    assert_eq!(silent.terminate(WITHIN).await.code(), Some(0), "{}", silent.log());
    assert_eq!(shop.effects().await, effects);
    assert!(other.is_healthy().await);
    shop.audit().await;
}

#[tokio::test]
async fn asked_to_stop_while_every_statement_hangs_it_stops() {
    let shop = Shop::open(0).await;
    let mut server = Server::start(&shop).await;
    let ids = shop.accepted_all(&server.url, &["pm_sandbox_slow"; 3]).await;
    let mut transaction = shop.pool().begin().await.unwrap();
    // The server would end it, as it ends those of silent processes.
    sqlx::query("set local idle_in_transaction_session_timeout = 0").execute(&mut *transaction).await.unwrap();
    sqlx::query("lock table messages, executions, orders, instances in access exclusive mode")
        .execute(&mut *transaction)
        .await
        .unwrap();
    wait_until("statements to hang", WITHIN, async || {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        if shop.count(waiting).await >= 4 { Ok(()) } else { Err("they do not".to_owned()) }
    })
    .await;
    // Ten seconds for what is in hand, and some for a busy machine.
    assert_eq!(server.terminate(Duration::from_secs(15)).await.code(), Some(0), "{}", server.log());
    transaction.rollback().await.unwrap();
    server.restart().await;
    shop.settled(&ids, WITHIN).await;
    shop.audit().await;
}
