//! What a process had in hand when it was killed is ended by the next one, what is told twice has its effect once, and a
//! process that is asked to stop leaves everything in order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use sqlx::{Connection, PgConnection};
use std::{fs, path::Path, process::Command, sync::Arc, time::Duration};
use support::{
    HOT, Shop, folder,
    load::Load,
    order,
    server::{Server, audit_command},
    wait_until,
};
use uuid::Uuid;

const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn executions_that_waited_when_the_process_was_killed_go_on_to_their_end() {
    let shop = Shop::open(0).await;
    let mut server = Server::start(&shop).await;
    let methods = ["pm_sandbox_slow", "pm_sandbox_timeout_charged", "pm_sandbox_timeout_lost", "pm_sandbox_flaky"];
    let ids = shop.accepted_all(&server.url, &methods.repeat(2)).await;
    wait_until("all payments to be under way", WITHIN, async || {
        match shop.count("select count(*) from payments where state = 'pending'").await {
            6.. => Ok(()),
            asked => Err(format!("{asked} are")),
        }
    })
    .await;
    server.kill();
    assert!(shop.count("select count(*) from executions where instance is not null").await >= 4);
    server.restart().await;
    // And once more, while it resolves what was in doubt.
    wait_until("the provider's books to be asked", WITHIN, async || {
        let asking = "select count(*) from execution_history where state in ('GiveTheProviderTime', 'ResolvePayment')";
        if shop.count(asking).await > 0 { Ok(()) } else { Err("they are not".to_owned()) }
    })
    .await;
    server.kill();
    server.restart().await;
    shop.settled(&ids, WITHIN).await;
    for (at, id) in ids.iter().enumerate() {
        let end = if methods[at % 4] == "pm_sandbox_timeout_lost" { "rejected" } else { "confirmed" };
        assert_eq!(shop.status(*id).await, end, "{}", methods[at % 4]);
    }
    histories_are_whole(&shop, 8).await;
    shop.audit().await;
}

#[tokio::test]
async fn what_is_in_the_hand_of_a_process_that_nobody_knows_is_taken_up() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    // A process whose number was forgotten a moment before its statement arrived leaves this behind.
    shop.run(
        "create function mislay() returns trigger language plpgsql as 'begin new.instance = 2000000000;
         new.visible_at = now() + interval ''10 minutes''; return new; end'",
    )
    .await;
    shop.run("create trigger mislay before insert on messages for each row when (new.queue = 'invoice') execute function mislay()")
        .await;
    shop.run(
        "create function mislay_too() returns trigger language plpgsql as
         'begin new.instance = 2000000000; return new; end'",
    )
    .await;
    shop.run("create trigger mislay_too before insert on executions for each row execute function mislay_too()").await;
    let ids = shop.accepted_all(&server.url, &["pm_card_visa"; 3]).await;
    shop.settled(&ids, WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 3);
    histories_are_whole(&shop, 3).await;
    shop.audit().await;
}

/// Each execution went from the first state to the last, left every state that it entered, and entered none twice at once.
async fn histories_are_whole(shop: &Shop, executions: i64) {
    let wrong: Vec<(Uuid, String)> = sqlx::query_as(
        "select e.id, string_agg(concat_ws(' ', h.sequence, h.state, h.entered_at, h.left_at), '; ' order by h.sequence)
         from executions e left join execution_history h on h.execution_id = e.id and h.attempt = e.attempt
         group by e.id, e.status
         having e.status <> 'succeeded' or count(h.left_at) <> count(*) or bool_or(h.left_at < h.entered_at)
             or min(h.sequence) <> 1 or max(h.sequence) <> count(*)
             or (array_agg(h.state order by h.sequence))[1] <> 'AuthorizePayment'
             or (array_agg(h.state order by h.sequence desc))[1] <> 'Closed'",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(shop.count("select count(*) from executions").await, executions);
    let overlaps = "select count(*) from execution_history one join execution_history next
                        on next.execution_id = one.execution_id and next.sequence = one.sequence + 1
                    where next.entered_at < one.left_at or one.output is null or next.input is null";
    assert_eq!(shop.count(overlaps).await, 0);
}

#[tokio::test]
async fn a_second_delivery_of_every_message_changes_nothing() {
    let shop = Shop::open(2).await;
    let server = Server::start(&shop).await;
    shop.run("create table seen (queue text, subject uuid, body jsonb)").await;
    shop.run(
        "create function see() returns trigger language plpgsql as
         'begin insert into seen values (new.queue, new.subject, new.body); return null; end'",
    )
    .await;
    shop.run("create trigger see after insert on messages for each row execute function see()").await;
    let methods = ["pm_card_visa", "pm_card_chargeDeclined", "pm_sandbox_flaky", "pm_sandbox_timeout_charged"];
    let mut ids = shop.accepted_all(&server.url, &methods).await;
    for key in ["h1", "h2", "h3"] {
        ids.push(shop.accepted(&server.url, "zoe", key, &order(&[(HOT, 1)], "pm_card_visa")).await);
    }
    shop.settled(&ids, WITHIN).await;
    assert!(shop.cancel(&server.url, "zoe", ids[0]).await.unwrap().status().is_success());
    wait_until("the cancelled order's money to be let go", WITHIN, async || {
        match shop.count("select count(*) from payments where state = 'voided'").await {
            1 => Ok(()),
            _ => Err("it is held".to_owned()),
        }
    })
    .await;
    shop.quiet(WITHIN).await;
    shop.run("drop trigger see on messages").await;
    let queues = "select count(distinct queue) from seen";
    assert_eq!(shop.count(queues).await, i64::try_from(workflows::wiring::QUEUES.len()).unwrap());
    let effects = shop.effects().await;

    shop.run("insert into messages (queue, subject, body) select * from seen").await;
    shop.quiet(WITHIN).await;
    // In the worst order, too: the last first, each twice.
    shop.run(
        "insert into messages (queue, subject, body) select s.* from seen s, generate_series(1, 2) order by ctid desc",
    )
    .await;
    shop.quiet(WITHIN).await;
    assert_eq!(shop.effects().await, effects);
    shop.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_under_load_it_exits_in_order_and_takes_its_database_along() {
    let folder = folder();
    let mut server = Server::start_in(folder.path(), None).await;
    let mut shop = Shop::at(server.own_database_url().await);
    shop.dir = folder;
    shop.stock(20).await;
    let shop = Arc::new(shop);
    let load = Load::start(&shop, std::slice::from_ref(&server.url), 4, 7);
    wait_until("some load", WITHIN, async || match load.promised() {
        60.. => Ok(()),
        promised => Err(format!("{promised} orders")),
    })
    .await;
    let postmaster = postmaster(shop.dir.path());
    assert!(Path::new("/proc").join(&postmaster).exists());
    assert_eq!(server.terminate(Duration::from_secs(30)).await.code(), Some(0), "{}", server.log());
    assert!(!Path::new("/proc").join(&postmaster).exists(), "PostgreSQL runs on");
    assert!(server.log().contains("Stopping"));

    // Its clients have not given up meanwhile.
    server.restart().await;
    let promised = load.stop().await;
    shop.settled(&promised, WITHIN).await;
    shop.audit().await;
    audit_command(shop.dir.path(), None);
    shop.database.close().await;
    assert_eq!(server.terminate(Duration::from_secs(30)).await.code(), Some(0));
}

/// A stopped process hears nothing, as one does that hangs in a disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_while_its_database_hangs_it_ends_and_takes_that_along() {
    let folder = folder();
    let mut server = Server::start_in(folder.path(), None).await;
    let mut session = PgConnection::connect(&server.own_database_url().await).await.unwrap();
    let others = "select pid from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";
    let others: Vec<i32> = sqlx::query_scalar(others).fetch_all(&mut session).await.unwrap();
    assert!(!others.is_empty());
    let postmaster = postmaster(folder.path());
    let mut stop = Command::new("kill");
    assert!(stop.args(["-s", "STOP"]).args(others.iter().map(i32::to_string)).status().unwrap().success());
    assert_eq!(server.terminate(Duration::from_secs(30)).await.code(), Some(0), "{}", server.log());
    assert!(!Path::new("/proc").join(&postmaster).exists(), "PostgreSQL runs on");
}

fn postmaster(data_dir: &Path) -> String {
    let file = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}
