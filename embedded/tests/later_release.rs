//! What a later release may have left in the database: members and events that this one does not know are passed over,
//! and an order that cannot be read at all stands in nobody's way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use adapters::system::SystemClock;
use handlers::token::{Identity, Role};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use support::{Shop, order, server::Server};
use uuid::Uuid;
use workflows::ports::Clock;

const PATIENCE: Duration = Duration::from_secs(30);

async fn get(shop: &Shop, server: &Server, path: &str, role: Role) -> (StatusCode, Value) {
    let key = runtime::development_key::development_key(shop.dir.path()).unwrap();
    let identity = Identity { sub: "zoe".to_owned(), role, warehouse: None };
    let token = key.sign(&identity, SystemClock.now(), time::Duration::hours(1)).unwrap();
    let answer = shop.http.get(format!("{}{path}", server.url)).bearer_auth(token).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// Adds a member to every object that is stored; in how many rows of each column.
async fn add_members(shop: &Shop) -> BTreeMap<String, i64> {
    // The functions are of a session.
    let mut session = shop.pool().acquire().await.unwrap();
    sqlx::raw_sql(include_str!("../../schemas/golden/later_release.sql")).execute(&mut *session).await.unwrap();
    let changed = sqlx::query_as::<_, (String, i64)>("select place, changed from pg_temp.add_members()");
    changed.fetch_all(&mut *session).await.unwrap().into_iter().collect()
}

fn ids(page: &Value) -> Vec<Uuid> {
    page["items"].as_array().unwrap().iter().map(|order| order["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn what_a_later_release_added_is_passed_over_all_the_way() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    // An order as a later release would accept it, on the queue and under its key.
    let id = support::new_id();
    let mut request = order(&[("TEA", 2)], "pm_card_visa");
    for place in ["", "/lines/0", "/shipping_address", "/payment"] {
        request.pointer_mut(place).unwrap()["added_later"] = json!({"with": [1, null]});
    }
    let message = json!({
        "id": id, "customer": "zoe", "accepted_at": "2026-11-22T10:00:00.123456Z", "request": request, "added_later": true
    });
    let accept = "with stored as (insert into submissions (id, customer, key, fingerprint, request, accepted_at)
                       values ($1, 'zoe', 'later', '\\x00', $2, now()))
                  insert into messages (queue, subject, body) values ('intake', $1, $3)";
    sqlx::query(accept).bind(id).bind(&request).bind(&message).execute(shop.pool()).await.unwrap();
    let plain = shop.accepted(&server.url, "zoe", "plain", &order(&[("TEA", 1)], "pm_card_visa")).await;
    shop.settled(&[id, plain], PATIENCE).await;
    assert_eq!(shop.status(id).await, "confirmed");
    // And as one would have stored it, with an event of its own.
    let changed = add_members(&shop).await;
    for place in [
        "order_events.data",
        "orders.lines",
        "orders.shipping_address",
        "invoices.seller",
        "executions.state",
        "execution_history.input",
        "submissions.request",
        "warehouse_feed.event",
    ] {
        assert!(changed[place] > 0, "{place}: {changed:?}");
    }
    shop.run("insert into order_events select id, version + 1, 'OrderAddedLater', now(), '{}' from orders").await;
    shop.run("update orders set version = version + 1").await;
    let (status, page) = get(&shop, &server, "/v1/orders", Role::Customer).await;
    assert_eq!((status, ids(&page).len()), (StatusCode::OK, 2));
    let (status, _) = get(&shop, &server, &format!("/v1/orders/{id}"), Role::Customer).await;
    assert_eq!(status, StatusCode::OK);
    assert!(shop.cancel(&server.url, "zoe", id).await.unwrap().status().is_success());
    support::wait_until("the cancelled order", PATIENCE, async || match shop.status(id).await {
        status if status == "cancelled" => Ok(()),
        status => Err(status),
    })
    .await;
    shop.quiet(PATIENCE).await;
    assert_eq!(shop.count("select count(*) from messages").await, 0, "nothing was set aside");
    shop.audit().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_left_out_of_lists_named_in_the_log_and_a_clear_answer_alone() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let mut made = Vec::new();
    for key in ["a", "b", "c"] {
        made.push(shop.accepted(&server.url, "zoe", key, &order(&[("TEA", 1)], "pm_card_visa")).await);
    }
    shop.settled(&made, PATIENCE).await;
    shop.quiet(PATIENCE).await;
    let spoil = "update orders set lines = '[{\"sku\": \"hunter2\"}]' where id = $1";
    sqlx::query(spoil).bind(made[1]).execute(shop.pool()).await.unwrap();
    for (path, role) in
        [("/v1/orders?limit=2", Role::Customer), ("/v1/support/orders?q=zoe@example.com", Role::Support)]
    {
        let (status, page) = get(&shop, &server, path, role).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        assert!(!ids(&page).contains(&made[1]) && ids(&page).contains(&made[2]), "{path}: {page}");
    }
    let (status, problem) = get(&shop, &server, &format!("/v1/orders/{}", made[1]), Role::Customer).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("urn:sluice:problem:internal-error"))
    );
    assert!(server.log().contains(&made[1].to_string()), "the log names it");
    assert!(!server.log().contains("hunter2"), "and not what stands there");
    // Its neighbours go on.
    assert!(shop.cancel(&server.url, "zoe", made[0]).await.unwrap().status().is_success());
    support::wait_until("the cancelled order", PATIENCE, async || match shop.status(made[0]).await {
        status if status == "cancelled" => Ok(()),
        status => Err(status),
    })
    .await;
}
