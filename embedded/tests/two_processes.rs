//! Two server processes on one database: both work, one may die at any moment, and together they sell no unit twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use std::{sync::Arc, time::Duration};
use support::{
    HOT, Shop,
    load::Load,
    order,
    server::{Server, audit_command},
    wait_until,
};

/// Longer than a dead process' work may wait, and far shorter than any time-out of a message.
const AT_ONCE: Duration = Duration::from_secs(30);

async fn settled_messages(server: &Server, queue: &str) -> f64 {
    let queue = format!("queue=\"{queue}\"");
    server.metric("sluice_messages_settled_total", &[&queue, "outcome=\"done\""]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_work_and_when_one_is_killed_the_other_takes_up_its_work() {
    let shop = Arc::new(Shop::open(40).await);
    let mut first = Server::start(&shop).await;
    let number = shop.count("select id from instances").await;
    let second = Server::start(&shop).await;
    let load = Load::start(&shop, &[first.url.clone(), second.url.clone()], 6, 2);
    wait_until("both processes to work on every queue", Duration::from_secs(60), async || {
        for server in [&first, &second] {
            for queue in ["intake", "invoice", "index"] {
                if settled_messages(server, queue).await < 1.0 {
                    return Err(format!("{} did nothing on {queue}", server.url));
                }
            }
        }
        Ok(())
    })
    .await;
    // Killed while it has a slow payment in hand, so that there is something to be taken up.
    let mut slow = Vec::new();
    wait_until("the first process to have work in hand", Duration::from_secs(60), async || {
        slow.extend(shop.accepted_all(&second.url, &["pm_sandbox_slow"; 4]).await);
        let in_hand = "select count(distinct instance) from executions where status = 'running'";
        if shop.count(in_hand).await == 2 { Ok(()) } else { Err("it has none".to_owned()) }
    })
    .await;
    first.kill();
    // No lease of its ends in time for this test: its death is seen by the lock that it held.
    for lease in [
        "update executions set leased_until = now() + interval '10 minutes' where instance = $1",
        "update messages set visible_at = now() + interval '10 minutes' where instance = $1",
    ] {
        sqlx::query(lease).bind(number).execute(shop.pool()).await.unwrap();
    }
    let promised = load.stop().await;
    shop.settled(&[promised, slow].concat(), AT_ONCE).await;
    assert_eq!(shop.count("select count(*) from instances").await, 1);
    assert!(!first.is_healthy().await);
    shop.audit().await;
    audit_command(shop.dir.path(), Some(&shop.url));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_units_and_a_hundred_and_twenty_buyers_over_both_make_fifty_orders() {
    let shop = Shop::open(50).await;
    let servers = [Server::start(&shop).await, Server::start(&shop).await];
    let body = order(&[(HOT, 1)], "pm_card_visa");
    let (shop, body) = (&shop, &body);
    let ids = join_all((0..120).map(|buyer| {
        let url = &servers[buyer % 2].url;
        async move { shop.accepted(url, &format!("buyer-{buyer}"), "the-hot-one", body).await }
    }))
    .await;
    shop.settled(&ids, Duration::from_secs(60)).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 50);
    assert_eq!(shop.count("select count(*) from orders where reason = 'out_of_stock'").await, 70);
    assert_eq!(shop.count("select reserved from stock where sku = 'HOT'").await, 50);
    assert_eq!(shop.count("select count(*) from invoices where stored_at is not null").await, 50);
    shop.audit().await;
}
