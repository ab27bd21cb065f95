//! One customer's many large orders keep nobody else waiting.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::{SKUS, Shop, by_chance, new_id, order, wait_until};
use uuid::Uuid;

/// Of one customer, all accepted before the first of the other's.
const LARGE: usize = 80;
/// So many of these may be decided between an order of the other's and its decision: what is in hand already, and a batch
/// or two. In a queue without turns it would be all of them.
const PASSED: i64 = 20;

/// A thousand lines whose order does not compress well.
fn large() -> Value {
    let (mut order, mut rng) = (order(&[], "pm_card_visa"), by_chance());
    order["lines"] =
        (0..1_000).map(|_| json!({ "sku": SKUS[rng.usize(..SKUS.len())], "quantity": rng.i64(1..100_000) })).collect();
    order
}

/// How many orders of the other customer were decided between that order's acceptance and its decision.
async fn decided_meanwhile(shop: &Shop, order: Uuid) -> i64 {
    sqlx::query_scalar(
        "select count(*) from orders mine
         join order_events decision on decision.order_id = mine.id and decision.name = 'OrderReserved'
         join order_events e on e.name in ('OrderReserved', 'OrderRejected') and e.occurred_at >= mine.created_at
                            and e.occurred_at < decision.occurred_at
         join orders theirs on theirs.id = e.order_id and theirs.customer <> mine.customer
         where mine.id = $1",
    )
    .bind(order)
    .fetch_one(shop.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_another_customer_passes_nearly_all_of_one_who_sent_many_large_ones() {
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
    let small = order(&[("TEA", 1)], "pm_card_visa");
    let mut others = vec![shop.accepted(&url, "zoe", "0", &small).await];
    assert_eq!(shop.count("select count(*) from orders").await, 0, "or it proves nothing");
    held.rollback().await.unwrap();
    // And again and again, while the large ones are worked on.
    for key in 1..6 {
        let last = others[others.len() - 1];
        wait_until("the other's order to be decided", Duration::from_secs(120), async || {
            let status = shop.status(last).await;
            if status == "submitted" { Err(status) } else { Ok(()) }
        })
        .await;
        others.push(shop.accepted(&url, "zoe", &key.to_string(), &small).await);
    }
    ids.extend(&others);
    shop.settled(&ids, Duration::from_secs(120)).await;
    for (place, other) in others.into_iter().enumerate() {
        let meanwhile = decided_meanwhile(&shop, other).await;
        assert!(meanwhile <= PASSED, "{meanwhile} of {LARGE} large orders were decided before number {place}");
    }
    wait_until("the second lane to be empty", Duration::from_secs(20), async || {
        let waiting = shop.count("select count(*) from messages where queue like 'intake%'").await;
        if waiting == 0 { Ok(()) } else { Err(format!("{waiting} messages")) }
    })
    .await;
    pipeline.stop().await;
    shop.audit().await;
}
