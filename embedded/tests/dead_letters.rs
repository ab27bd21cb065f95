//! What always fails is set aside after five deliveries and the rest flows on; once its cause is mended, support sets it
//! going again with three commands.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::{
    Shop, new_id, order,
    server::{Server, command, printed},
    wait_until,
};
use uuid::Uuid;

/// Five deliveries with pauses of 1, 2, 4 and 8 seconds between them, and some patience.
const SET_ASIDE: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(30);

async fn put(shop: &Shop, queue: &str, subject: Uuid, body: &Value) -> i64 {
    sqlx::query_scalar("insert into messages (queue, subject, body) values ($1, $2, $3) returning id")
        .bind(queue)
        .bind(subject)
        .bind(body)
        .fetch_one(shop.pool())
        .await
        .unwrap()
}

async fn set_aside(shop: &Shop, messages: i64) {
    wait_until("the messages to be set aside", SET_ASIDE, async || {
        let found = shop.count("select count(*) from messages where queue like '%-dlq'").await;
        if found == messages { Ok(()) } else { Err(format!("{found} of {messages} are")) }
    })
    .await;
}

fn listed(shop: &Shop) -> Vec<Value> {
    printed(shop, &["dlq", "list", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn malformed_messages_are_set_aside_and_come_through_once_mended() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let (lost, lines) = (new_id(), json!([{ "sku": "TEA", "quantity": 1 }]));
    let good = order(&[("TEA", 1)], "pm_card_visa");
    let mended = json!({ "id": lost, "customer": "zoe", "accepted_at": "2026-11-22T10:00:00Z", "request": good });
    let mut broken = mended.clone();
    broken["request"]["lines"] = json!("not lines");
    let on_intake = put(&shop, "intake", lost, &broken).await;
    let on_invoice = put(&shop, "invoice", lost, &json!({ "neither": "an order", "lines": lines })).await;

    let during = shop.accepted_all(&server.url, &["pm_card_visa"; 5]).await;
    shop.settled(&during, WITHIN).await;
    set_aside(&shop, 2).await;
    server.said("set aside; see sluice dlq list").await;
    let letters = listed(&shop);
    assert_eq!(letters.len(), 2);
    for (letter, (id, queue)) in letters.iter().zip([(on_intake, "intake-dlq"), (on_invoice, "invoice-dlq")]) {
        assert_eq!((letter["id"].as_i64(), letter["queue"].as_str()), (Some(id), Some(queue)));
        assert_eq!(
            (letter["receive_count"].as_i64(), letter["order_id"].as_str()),
            (Some(5), Some(&*lost.to_string()))
        );
        assert!(!letter["last_error"].as_str().unwrap().is_empty());
    }
    assert!(printed(&shop, &["dlq", "list"]).contains("intake-dlq"));
    assert!(printed(&shop, &["dlq", "show", &on_intake.to_string()]).contains("not lines"));
    assert_eq!(server.metric("sluice_messages_settled_total", &["queue=\"intake\"", "outcome=\"retry\""]).await, 5.0);

    // The fix: one body is mended, the other message asks for what the first one makes.
    mend(&shop, on_intake, &mended).await;
    assert!(printed(&shop, &["dlq", "redrive", &on_intake.to_string()]).starts_with('1'));
    wait_until("the mended order to be confirmed", WITHIN, async || match shop.status(lost).await {
        status if status == "confirmed" => Ok(()),
        status => Err(status),
    })
    .await;
    mend(&shop, on_invoice, &json!({ "order_id": lost })).await;
    assert!(printed(&shop, &["dlq", "redrive", "--queue", "invoice"]).starts_with('1'));
    shop.settled(&[lost], WITHIN).await;
    assert!(listed(&shop).is_empty());
    assert!(!command(&shop, &["dlq", "redrive", "--all"]).status.success());
    assert_eq!(shop.count("select count(*) from messages").await, 0);
    assert_eq!(shop.count("select count(*) from invoices").await, 6);
    shop.audit().await;
}

#[tokio::test]
async fn a_message_is_dropped_by_its_id_and_a_reason_and_the_log_says_by_whom() {
    let shop = Shop::open(0).await;
    let lost = new_id();
    let id = put(&shop, "intake-dlq", lost, &json!({})).await.to_string();
    let kept = put(&shop, "intake", new_id(), &json!({})).await.to_string();
    let run = |arguments: &[&str]| {
        let output = command(&shop, arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let accepted = "insert into submissions (id, customer, key, fingerprint, request, accepted_at)
                    values ($1, 'zoe', 'lost', '', $2, now() - interval '1 day')";
    let request = order(&[("TEA", 1)], "pm_card_visa");
    sqlx::query(accepted).bind(lost).bind(request).execute(shop.pool()).await.unwrap();
    assert_eq!(run(&["audit"]).0, Some(0), "an order that waits for somebody is not lost");
    assert_eq!(run(&["dlq", "delete", &id]).0, Some(2), "no reason was asked for");
    for reason in ["--reason=", "--reason=  "] {
        assert_eq!(run(&["dlq", "delete", &id, reason]).0, Some(2), "a reason without a word");
    }
    // One that was not set aside is not in anybody's way; and what was not done stands in no log.
    let other = kept.as_str();
    for nothing in
        [&["dlq", "delete", other, "--reason", "a test"][..], &["dlq", "show", other], &["dlq", "redrive", other]]
    {
        let (code, log) = run(nothing);
        assert_eq!(code, Some(2), "{log}");
        assert!(!log.contains("operator:"), "{nothing:?}: {log}");
    }
    let (code, log) = run(&["dlq", "show", &id]);
    assert!(code == Some(0) && log.contains("operator:") && log.contains("dlq show"), "{log}");
    assert_eq!(shop.count("select count(*) from messages").await, 2);
    let (code, log) = run(&["dlq", "delete", &id, "--reason", "sent by mistake"]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("operator:") && log.contains("dlq delete") && log.contains("sent by mistake"), "{log}");
    assert!(listed(&shop).is_empty());
    assert_eq!(shop.count("select count(*) from messages").await, 1);
    assert_eq!(run(&["dlq", "delete", &id, "--reason", "again"]).0, Some(2));
    // What it was for is missed now.
    let audited = command(&shop, &["audit"]);
    assert_eq!(audited.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&audited.stdout).contains(&lost.to_string()));
}

#[tokio::test]
async fn a_queue_that_there_is_not_is_refused_with_those_that_there_are() {
    let shop = Shop::open(0).await;
    for arguments in [["dlq", "list", "--queue", "nope"], ["dlq", "redrive", "--queue", "nope"]] {
        let output = command(&shop, &arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("nope") && complaint.contains("intake, invoice, index"), "{complaint}");
    }
}

async fn mend(shop: &Shop, message: i64, body: &Value) {
    let mended = sqlx::query("update messages set body = $2 where id = $1").bind(message).bind(body);
    assert_eq!(mended.execute(shop.pool()).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn an_order_that_makes_its_step_fail_fails_none_of_its_batch() {
    let shop = Shop::open(0).await;
    // Whatever the database refuses of one row it refuses of the whole statement, and so of the batch.
    shop.run(
        "create function refuse() returns trigger language plpgsql as $$ begin
             if new.email = 'poison@example.com' then raise exception 'refused' using errcode = '23514'; end if;
             return new;
         end $$",
    )
    .await;
    shop.run("create trigger refuse before insert on orders for each row execute function refuse()").await;
    let mut ids = Vec::new();
    let mut poison = Uuid::nil();
    for number in 0..10 {
        let id = new_id();
        let mut request = order(&[("TEA", 1)], "pm_card_visa");
        if number == 4 {
            request["email"] = json!("poison@example.com");
            poison = id;
        } else {
            ids.push(id);
        }
        let accepted =
            json!({ "id": id, "customer": "zoe", "accepted_at": "2026-11-22T10:00:00Z", "request": request });
        put(&shop, "intake", id, &accepted).await;
    }
    // They wait when it starts, so they are received as one batch.
    let server = Server::start(&shop).await;
    shop.settled(&ids, WITHIN).await;
    let later = shop.accepted_all(&server.url, &["pm_card_visa"; 3]).await;
    shop.settled(&later, WITHIN).await;
    set_aside(&shop, 1).await;
    assert_eq!(listed(&shop)[0]["order_id"].as_str(), Some(&*poison.to_string()));
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 12);

    shop.run("drop trigger refuse on orders").await;
    printed(&shop, &["dlq", "redrive", "--all"]);
    shop.settled(&[poison], WITHIN).await;
    assert_eq!(shop.status(poison).await, "confirmed");
    assert_eq!(shop.count("select count(*) from messages").await, 0);
    shop.audit().await;
}

#[tokio::test]
async fn an_invoice_that_cannot_be_printed_holds_up_no_other() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    shop.run(
        "create function refuse() returns trigger language plpgsql as $$ begin
             if exists (select from orders o where o.id = new.order_id and o.customer = 'poison')
             then raise exception 'refused' using errcode = '23514'; end if;
             return new;
         end $$",
    )
    .await;
    shop.run("create trigger refuse before insert on invoices for each row execute function refuse()").await;
    let body = order(&[("CUP", 1)], "pm_card_visa");
    let poison = shop.accepted(&server.url, "poison", "k", &body).await;
    let good = shop.accepted_all(&server.url, &["pm_card_visa"; 12]).await;
    shop.settled(&good, WITHIN).await;
    set_aside(&shop, 1).await;
    assert_eq!(shop.status(poison).await, "confirmed");
    shop.run("drop trigger refuse on invoices").await;
    printed(&shop, &["dlq", "redrive", "--queue", "invoice-dlq"]);
    shop.settled(&[poison], WITHIN).await;
    assert_eq!(shop.count("select max(last)::bigint from invoice_series").await, 13);
    shop.audit().await;
}
