//! What runs by the clock: reservations whose time is up go to others, and what was forgotten is found and set going again.
//! Time is not waited for but set back in the database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::atomic::Ordering, time::Duration};
use support::{Shop, order, wait_until};
use uuid::Uuid;

/// Reservations are looked at every ten seconds.
const EXPIRY: Duration = Duration::from_secs(40);
/// The sweep comes every thirty seconds.
const SWEEP: Duration = Duration::from_secs(90);

async fn is(shop: &Shop, id: Uuid, status: &str, within: Duration) {
    wait_until(&format!("the order to be {status}"), within, async || {
        let now = shop.status(id).await;
        if now == status { Ok(()) } else { Err(now) }
    })
    .await;
}

/// From now on, messages for that queue are lost in the moment they are sent: as if the sender had died before.
async fn lose_messages(shop: &Shop, of_queues: &str) {
    let trigger = format!(
        "create function lose() returns trigger language plpgsql as 'begin return null; end';
         create trigger lose before insert on messages for each row when (new.queue in ({of_queues})) execute function lose()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(shop.pool()).await.unwrap();
}

/// From now on, no workflow starts: as if the process had died before.
async fn lose_executions(shop: &Shop) {
    let trigger = "create function lose_start() returns trigger language plpgsql as 'begin return null; end';
                   create trigger lose_start before insert on executions for each row execute function lose_start()";
    sqlx::raw_sql(trigger).execute(shop.pool()).await.unwrap();
}

async fn lose_no_more(shop: &Shop) {
    shop.run("drop trigger lose on messages").await;
}

#[tokio::test]
async fn a_buyer_whose_money_may_be_held_is_not_refused_when_the_reservation_s_time_is_up() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let id = shop.accepted(&url, "zoe", "k", &order(&[("TEA", 3)], "pm_sandbox_timeout_charged")).await;
    wait_until("the provider to hold the money", EXPIRY, async || {
        match shop.count("select count(*) from sandbox.payment_intents where state = 'authorized'").await {
            1 => Ok(()),
            _ => Err("it does not".to_owned()),
        }
    })
    .await;
    // It never answered, and now it cannot be asked what it did.
    pipeline.wired.outage.store(true, Ordering::SeqCst);
    shop.run("update orders set reserved_until = now() - interval '1 hour' where status = 'reserved'").await;
    // One that nobody paid for, behind it, shows that there was an expiry since.
    lose_executions(&shop).await;
    let unpaid = shop.accepted(&url, "zoe", "unpaid", &order(&[("TEA", 2)], "pm_card_visa")).await;
    is(&shop, unpaid, "reserved", EXPIRY).await;
    shop.run("update orders set reserved_until = now() - interval '1 second' where reserved_until > now()").await;
    is(&shop, unpaid, "rejected", EXPIRY).await;
    assert_eq!(shop.count("select count(*) from orders where reason = 'reservation_expired'").await, 1);
    assert_eq!(shop.status(id).await, "reserved");
    assert_eq!(shop.count("select reserved from stock where sku = 'TEA'").await, 3);

    pipeline.wired.outage.store(false, Ordering::SeqCst);
    shop.settled(&[id, unpaid], EXPIRY).await;
    assert_eq!(shop.status(id).await, "confirmed");
    shop.audit().await;
    pipeline.stop().await;
}

#[tokio::test]
async fn an_expired_order_whose_end_nobody_was_told_is_told_by_the_sweep() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    lose_executions(&shop).await;
    let id = shop.accepted(&url, "zoe", "k", &order(&[("TEA", 1)], "pm_card_visa")).await;
    is(&shop, id, "reserved", EXPIRY).await;
    wait_until("search to show it", EXPIRY, async || {
        match shop.count("select count(*) from order_search where status = 'reserved'").await {
            1 => Ok(()),
            _ => Err("it does not".to_owned()),
        }
    })
    .await;
    lose_messages(&shop, "'index', 'void'").await;
    shop.run("update orders set reserved_until = now() - interval '1 second'").await;
    is(&shop, id, "rejected", EXPIRY).await;
    lose_no_more(&shop).await;
    shop.run("update orders set updated_at = updated_at - interval '3 minutes'").await;
    shop.run("update closings set look_at = look_at - interval '3 minutes'").await;
    wait_until("the sweep to have it told", SWEEP, async || {
        match shop.count("select count(*) from order_search where status = 'rejected'").await {
            1 => Ok(()),
            _ => Err("search shows it as it was".to_owned()),
        }
    })
    .await;
    shop.settled(&[id], SWEEP).await;
    shop.audit().await;
    pipeline.stop().await;
}

#[tokio::test]
async fn an_order_that_no_workflow_cares_for_is_set_going_again() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    pipeline.wired.outage.store(true, Ordering::SeqCst);
    let url = format!("http://{}", pipeline.address);
    let forgotten = shop.accepted_all(&url, &["pm_card_visa"; 3]).await;
    for id in &forgotten {
        is(&shop, *id, "reserved", EXPIRY).await;
    }
    // One is gone, one is of another version of the workflow, and one cannot be read at all.
    wait_until("the executions to wait for a retry", EXPIRY, async || {
        let waiting =
            "select count(*) from executions where instance is null and wake_at > now() + interval '1 second'";
        if shop.count(waiting).await == 3 { Ok(()) } else { Err("some do not".to_owned()) }
    })
    .await;
    for (id, statement) in forgotten.iter().zip([
        "with gone as (delete from executions where id = $1) delete from execution_history where execution_id = $1",
        "update executions set state = jsonb_set(state, '{state}', '\"NoSuchState\"') where id = $1",
        "update executions set state = '{}' where id = $1",
    ]) {
        assert!(sqlx::query(statement).bind(id).execute(shop.pool()).await.unwrap().rows_affected() > 0);
    }
    wait_until("what cannot go on to be given up", EXPIRY, async || {
        match shop.count("select count(*) from executions where status = 'failed'").await {
            2 => Ok(()),
            failed => Err(format!("{failed} of 2 are")),
        }
    })
    .await;
    shop.run("update orders set updated_at = updated_at - interval '3 minutes'").await;
    pipeline.wired.outage.store(false, Ordering::SeqCst);
    shop.settled(&forgotten, SWEEP).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 3);
    assert_eq!(shop.count("select count(*) from executions where status = 'succeeded' and attempt = 2").await, 2);
    shop.audit().await;
    pipeline.stop().await;
}

#[tokio::test]
async fn what_nobody_carries_out_any_more_is_found_by_the_sweep() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let [uncancelled, unvoided] = shop.accepted_all(&url, &["pm_card_visa"; 2]).await[..] else { unreachable!() };
    shop.settled(&[uncancelled, unvoided], EXPIRY).await;

    lose_messages(&shop, "'cancel', 'invoice', 'void'").await;
    assert!(shop.cancel(&url, "zoe", uncancelled).await.unwrap().status().is_success());
    let uninvoiced = shop.accepted(&url, "zoe", "k", &order(&[("POT", 1)], "pm_card_visa")).await;
    is(&shop, uninvoiced, "confirmed", EXPIRY).await;
    let cancel =
        "insert into messages (queue, subject, body) values ('cancel ', $1, jsonb_build_object('order_id', $1))";
    sqlx::query(cancel).bind(unvoided).execute(shop.pool()).await.unwrap();
    // Not through the trigger that loses messages for that queue.
    shop.run("update messages set queue = 'cancel' where queue = 'cancel '").await;
    is(&shop, unvoided, "cancelled", EXPIRY).await;
    shop.quiet(EXPIRY).await;
    lose_no_more(&shop).await;

    shop.run(
        "update orders set updated_at = updated_at - interval '3 minutes',
                           cancel_requested_at = cancel_requested_at - interval '3 minutes'",
    )
    .await;
    shop.run("update closings set look_at = look_at - interval '3 minutes'").await;
    is(&shop, uncancelled, "cancelled", SWEEP).await;
    shop.settled(&[uncancelled, unvoided, uninvoiced], SWEEP).await;
    assert_eq!(shop.count("select count(*) from payments where state = 'voided'").await, 2);
    assert_eq!(shop.status(uninvoiced).await, "confirmed");
    shop.audit().await;
    pipeline.stop().await;
}
