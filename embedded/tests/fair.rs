//! One customer's many large orders keep nobody else waiting.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::{SKUS, Shop, new_id, order, wait_until};

const LARGE: usize = 80;

/// A thousand lines whose order does not compress well.
fn large() -> Value {
    let mut order = order(&[], "pm_card_visa");
    order["lines"] = (0..1_000)
        .map(|_| json!({ "sku": SKUS[fastrand::usize(..SKUS.len())], "quantity": fastrand::i64(1..100_000) }))
        .collect();
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_another_customer_is_decided_before_most_of_one_who_sent_many_large_ones() {
    let shop = Shop::open(0).await;
    shop.run("update stock set received = received + 1000000000 where sku <> 'HOT'").await;
    shop.run("update stock_receipts set quantity = quantity + 1000000000").await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    // While somebody else holds the stock nothing is decided, so that all of it waits.
    let mut held = shop.pool().begin().await.unwrap();
    sqlx::query("select from stock for update").execute(&mut *held).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..LARGE {
        ids.push(shop.accepted(&url, "large", &new_id().to_string(), &large()).await);
    }
    let other = shop.accepted(&url, "zoe", "mine", &order(&[("TEA", 1)], "pm_card_visa")).await;
    ids.push(other);
    held.rollback().await.unwrap();
    shop.settled(&ids, Duration::from_secs(120)).await;
    let before: i64 = sqlx::query_scalar(
        "select count(*) from order_events e join order_events mine on mine.order_id = $1
         where e.name = 'OrderReserved' and mine.name = 'OrderReserved' and e.occurred_at < mine.occurred_at",
    )
    .bind(other)
    .fetch_one(shop.pool())
    .await
    .unwrap();
    assert!(before < 60, "{before} of {LARGE} large orders were decided before it");
    wait_until("the second lane to be empty", Duration::from_secs(20), async || {
        let waiting = shop.count("select count(*) from messages where queue like 'intake%'").await;
        if waiting == 0 { Ok(()) } else { Err(format!("{waiting} messages")) }
    })
    .await;
    pipeline.stop().await;
    shop.audit().await;
}
