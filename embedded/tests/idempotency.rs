//! One key, one order: whoever asks at once, whatever crashes between the key and the queue.
#![allow(clippy::unwrap_used, clippy::as_conversions, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use reqwest::StatusCode;
use std::{collections::HashSet, time::Duration};
use support::{Shop, id_in, order, server::Server};

const WITHIN: Duration = Duration::from_secs(30);

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_make_one_order() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let body = order(&[("TEA", 1)], "pm_card_visa");
    let answers = join_all((0..20).map(|_| shop.submit(&server.url, "zoe", "the-one", &body))).await;
    let (mut ids, mut replayed) = (HashSet::new(), 0);
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        replayed += usize::from(answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true"));
        ids.insert(id_in(&answer.text().await.unwrap()));
    }
    assert_eq!((ids.len(), replayed), (1, 19));
    shop.settled(&Vec::from_iter(ids), WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders").await, 1);
    assert_eq!(shop.count("select count(*) from sandbox.payment_intents").await, 1);
    shop.audit().await;
}

#[tokio::test]
async fn a_crash_between_key_and_queue_is_healed_by_the_retry() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let body = order(&[("TEA", 2)], "pm_card_visa");
    // The message vanishes in the moment it is sent: as if the process had died between the two.
    shop.run("create function lose() returns trigger language plpgsql as 'begin return null; end'").await;
    shop.run("create trigger lose before insert on messages for each row execute function lose()").await;
    let id = shop.accepted(&server.url, "zoe", "crashed", &body).await;
    shop.run("drop trigger lose on messages").await;
    assert_eq!(shop.count("select count(*) from messages").await, 0);
    assert_eq!(shop.count("select count(*) from orders").await, 0);
    // Until then the audit must call it lost.
    assert!(!support::server::command(&shop, &["audit"]).status.success());

    assert_eq!(shop.accepted(&server.url, "zoe", "crashed", &body).await, id);
    shop.settled(&[id], WITHIN).await;
    assert_eq!(shop.status(id).await, "confirmed");
    shop.audit().await;
}

#[tokio::test]
async fn a_key_that_was_stored_long_ago_and_never_sent_is_taken_up_by_its_retry() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let body = order(&[("CUP", 1)], "pm_card_visa");
    let id = shop.accepted(&server.url, "zoe", "done", &body).await;
    shop.settled(&[id], WITHIN).await;
    // A row like the first, of an order that nobody ever heard of.
    shop.run(
        "insert into submissions select gen_random_uuid(), 'max', key, fingerprint, request, accepted_at from submissions",
    )
    .await;
    let healed = shop.accepted(&server.url, "max", "done", &body).await;
    assert_ne!(healed, id);
    shop.settled(&[id, healed], WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 2);
    shop.audit().await;
}

#[tokio::test]
async fn another_order_under_the_same_key_is_refused_and_another_customer_may_use_it() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let body = order(&[("TEA", 1)], "pm_card_visa");
    let first = shop.accepted(&server.url, "zoe", "key-1", &body).await;
    let other = shop.submit(&server.url, "zoe", "key-1", &order(&[("TEA", 2)], "pm_card_visa")).await.unwrap();
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.headers()["content-type"], "application/problem+json");
    let second = shop.accepted(&server.url, "max", "key-1", &body).await;
    assert_ne!(first, second);
    shop.settled(&[first, second], WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders").await, 2);
    // Long after it ended, the key still names the same order.
    assert_eq!(shop.accepted(&server.url, "zoe", "key-1", &body).await, first);
    assert_eq!(shop.count("select count(*) from messages").await, 0);
    shop.audit().await;
}
