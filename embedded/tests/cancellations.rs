//! Orders that are called off in the moment in which they were submitted: the buyer was promised that nothing comes of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use reqwest::StatusCode;
use serde_json::Value;
use std::time::Duration;
use support::{Shop, order};

const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_called_off_at_once_gets_no_invoice_and_nobody_is_told_that_it_is_confirmed() {
    const ORDERS: i64 = 20;
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let mut ids = Vec::new();
    for key in 0..ORDERS {
        let id = shop.accepted(&url, "zoe", &key.to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await;
        let answer = shop.cancel(&url, "zoe", id).await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let waiting = shop.http.get(format!("{url}/v1/orders/{id}")).bearer_auth(shop.token("zoe"));
        let answer = waiting.header("Prefer", "wait=20").send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["status"], "cancelled");
        ids.push(id);
    }
    shop.settled(&ids, WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'cancelled'").await, ORDERS);
    assert_eq!(shop.count("select count(*) from invoices").await, 0);
    assert_eq!(shop.count("select reserved from stock where sku = 'TEA'").await, 0);
    shop.audit().await;
    pipeline.stop().await;
}
