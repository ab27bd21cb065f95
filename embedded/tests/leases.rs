//! A process that falls silent loses what it has in hand, whatever its connections look like; one whose clock is wrong, or
//! whose database hangs, does no harm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use adapters::{
    postgres::lease::Lease,
    system::{SystemClock, SystemIds},
};
use schemas::intake::AcceptedOrder;
use sluice::{
    engine::{self, Runner, Starter},
    pipeline::{
        instance::{self, Holdings},
        parts::Parts,
        wake::Wakes,
    },
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use support::{Shop, order, partition::Partition, server::Server, wait_until};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use workflows::ports::{Clock, Ids};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_wait_and_orders_that_come_do_not_wait_for_a_clock_that_was_put_back() {
    let shop = Shop::open(0).await;
    shop.run(
        "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
         'select pg_catalog.now() + interval ''1 hour'''",
    )
    .await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    pipeline.parts.outage.store(true, Ordering::SeqCst);
    let mut ids = shop.accepted_all(&url, &["pm_card_visa"; 3]).await;
    wait_until("three to wait for the provider", WITHIN, async || {
        let wait = "update executions set wake_at = sluice_now() + interval '20 seconds'
                    where status = 'running' and instance is null and wake_at < sluice_now() + interval '10 seconds'";
        shop.run(wait).await;
        match shop.count("select count(*) from executions where wake_at > sluice_now() + interval '10 seconds'").await {
            3 => Ok(()),
            waiting => Err(format!("{waiting} do")),
        }
    })
    .await;
    shop.run(
        "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
         'select pg_catalog.now()'",
    )
    .await;
    pipeline.parts.outage.store(false, Ordering::SeqCst);
    ids.extend(shop.accepted_all(&url, &["pm_card_visa"; 3]).await);
    shop.settled(&ids, WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 6);
    shop.audit().await;
    pipeline.stop().await;
}

/// A clock that is wrong by so much.
struct Wrong(time::Duration);

impl Clock for Wrong {
    fn now(&self) -> time::OffsetDateTime {
        SystemClock.now() + self.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engines_whose_clocks_are_an_hour_apart_take_turns_and_do_not_spin() {
    let shop = Shop::open(0).await;
    let (stop, stopping) = watch::channel(false);
    let (tracker, lease) = (TaskTracker::new(), Lease::default());
    let (mut ports, mut running, mut registrations) = (Vec::new(), Vec::new(), Vec::new());
    for minutes in [31, -31] {
        let definition = Arc::new(engine::checkout().unwrap());
        let clock: Arc<dyn Clock> = Arc::new(Wrong(time::Duration::minutes(minutes)));
        let starter = Arc::new(Starter::new(shop.database.clone(), Arc::clone(&clock), Arc::clone(&definition)));
        let mut parts = Parts::assemble(
            &shop.database,
            starter,
            shop.dir.path(),
            Shop::settings(),
            workflows::steps::forget::Terms::default(),
            false,
        )
        .unwrap();
        parts.ports.clock = clock;
        ports.push(parts.ports.clone());
        let holdings = Holdings::default();
        let (number, registration) = instance::register(&shop.database, lease, holdings.clone()).await.unwrap();
        registrations.push(registration);
        let runner = Runner::new(Arc::new(parts), definition, number, lease, holdings.executions);
        let (stopping, tracker) = (stopping.clone(), tracker.clone());
        running.push(tokio::spawn(async move { runner.run(&Wakes::default(), stopping, &tracker).await }));
    }
    let commits = "select xact_commit from pg_stat_database where datname = current_database()";
    let before = shop.count(commits).await;
    for ports in &ports {
        let batch: Vec<AcceptedOrder> = (0..4).map(|_| accepted("pm_sandbox_flaky")).collect();
        let ids: Vec<_> = batch.iter().map(|order| order.id).collect();
        ports.orders.reserve(batch).await.unwrap();
        ports.workflows.start_checkout(&ids).await.unwrap();
    }
    wait_until("all of them to be confirmed", WITHIN, async || {
        match shop.count("select count(*) from orders where status = 'confirmed'").await {
            8 => Ok(()),
            confirmed => Err(format!("{confirmed} of 8 are")),
        }
    })
    .await;
    let commits = shop.count(commits).await - before;
    // Eight orders take less than three hundred; an engine that looks without a pause takes a thousand a second.
    assert!(commits < 1_000, "{commits} transactions");
    stop.send_replace(true);
    for engine in running {
        engine.await.unwrap();
    }
}

fn accepted(method: &str) -> AcceptedOrder {
    AcceptedOrder {
        id: SystemIds.order_id(),
        customer: "zoe".to_owned(),
        accepted_at: SystemClock.now(),
        traceparent: None,
        request: serde_json::from_value(order(&[("TEA", 1)], method)).unwrap(),
    }
}
