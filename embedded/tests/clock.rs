//! Clocks that are wrong, that differ and that jump: the database's, by which leases, timers and reservations go, and those of
//! processes. What waits goes on, nobody is refused before their time, and nothing looks again and again without a pause.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use adapters::{
    documents::StoredDocuments,
    postgres::{orders::PgOrders, runtime::lease::Lease},
    system::{SystemChance, SystemClock, SystemIds},
};
use handlers::ports::Ports;
use runtime::{
    engine::{self, Runner, Starter},
    instance::{self, Holdings, Registration},
    wake::Wakes,
    wired::Wired,
};
use schemas::kept::AcceptedOrder;
use sqlx::AssertSqlSafe;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use support::{Shop, order, wait_until};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::task::TaskTracker;
use workflows::{
    ports::{Clock, Ids, RetentionPeriods},
    steps::checkout::expire_reservations::expire_reservations,
};

/// Some seconds for slow payments, and a busy machine.
const WITHIN: Duration = Duration::from_secs(30);
/// An engine or a consumer that looks without a pause takes a thousand a second.
const COMMITS: &str = "select xact_commit from pg_stat_database where datname = current_database()";
/// How long it is watched that nothing happens, and how much two pipelines at rest may do meanwhile: it is less than a hundred.
const WATCH: Duration = Duration::from_secs(2);
const AT_REST: i64 = 300;

/// Sets the database's clock: it is ahead of the true time by so much.
async fn is_ahead(shop: &Shop, time: &str) {
    let clock = format!(
        "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
         $$ select pg_catalog.now() + interval '{time}' $$"
    );
    sqlx::raw_sql(AssertSqlSafe(clock)).execute(shop.pool()).await.unwrap();
}

async fn are_asked_for(shop: &Shop, orders: i64) {
    wait_until("the money of all to be asked for", WITHIN, async || {
        let asked = shop.count("select count(*) from payments").await;
        if asked == orders { Ok(()) } else { Err(format!("{asked} of {orders} are")) }
    })
    .await;
}

/// The pipelines look for work now and then only, once there is none.
async fn are_at_rest(shop: &Shop) {
    shop.quiet(WITHIN).await;
    // A session tells up to a second late what it did, so at first there may be more.
    wait_until("all to rest", WITHIN, async || {
        let before = shop.count(COMMITS).await;
        tokio::time::sleep(WATCH).await;
        let commits = shop.count(COMMITS).await - before;
        if commits < AT_REST { Ok(()) } else { Err(format!("{commits} transactions in {} s", WATCH.as_secs())) }
    })
    .await;
}

async fn are_confirmed(shop: &Shop, orders: i64) {
    wait_until("all of them to be confirmed", WITHIN, async || {
        let confirmed = shop.count("select count(*) from orders where status = 'confirmed'").await;
        if confirmed == orders { Ok(()) } else { Err(format!("{confirmed} of {orders} are")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_wait_and_orders_that_come_do_not_wait_for_a_clock_that_was_set_back() {
    let shop = Shop::open(0).await;
    is_ahead(&shop, "1 hour").await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    pipeline.wired.outage.store(true, Ordering::SeqCst);
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
    is_ahead(&shop, "0").await;
    pipeline.wired.outage.store(false, Ordering::SeqCst);
    ids.extend(shop.accepted_all(&url, &["pm_card_visa"; 3]).await);
    shop.settled(&ids, WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed'").await, 6);
    shop.audit().await;
    pipeline.stop().await;
}

/// What is in hand then is under no lease any more, what waits is due, and every reservation is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_clock_jumps_ahead_refuses_nobody_whose_money_may_be_held_and_leaves_nothing_spinning() {
    let shop = Shop::open(0).await;
    let pipelines = [shop.pipeline().await, shop.pipeline().await];
    let mut ids = Vec::new();
    for time in ["31 minutes", "1 day"] {
        for pipeline in &pipelines {
            let url = format!("http://{}", pipeline.address);
            ids.extend(shop.accepted_all(&url, &["pm_sandbox_slow", "pm_sandbox_slow", "pm_sandbox_flaky"]).await);
        }
        are_asked_for(&shop, i64::try_from(ids.len()).unwrap()).await;
        is_ahead(&shop, time).await;
        for pipeline in &pipelines {
            let url = format!("http://{}", pipeline.address);
            ids.extend(shop.accepted_all(&url, &["pm_card_visa"; 2]).await);
        }
        shop.settled(&ids, WITHIN).await;
        are_confirmed(&shop, i64::try_from(ids.len()).unwrap()).await;
        are_at_rest(&shop).await;
        shop.audit().await;
    }
    for pipeline in pipelines {
        pipeline.stop().await;
    }
}

/// A clock that is off by so many minutes.
struct Off(AtomicI64);

impl Off {
    fn by(minutes: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(minutes)))
    }
}

impl Clock for Off {
    fn now(&self) -> time::OffsetDateTime {
        SystemClock.now() + time::Duration::minutes(self.0.load(Ordering::SeqCst))
    }
}

/// The engines of processes with these clocks.
struct Engines {
    ports: Vec<Ports>,
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
    /// Each has its number for as long as this is here.
    _registrations: Vec<Registration>,
}

impl Engines {
    async fn start(shop: &Shop, clocks: &[Arc<Off>]) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (tracker, lease) = (TaskTracker::new(), Lease::default());
        let (mut all_ports, mut running, mut registrations) = (Vec::new(), Vec::new(), Vec::new());
        for clock in clocks {
            let (definition, database) = (Arc::new(engine::checkout().unwrap()), &shop.database);
            let off = Arc::clone(clock);
            let clock: Arc<dyn Clock> = off;
            let starter = Arc::new(Starter::new(
                database.clone(),
                Arc::clone(&clock),
                Arc::new(SystemChance),
                Arc::clone(&definition),
            ));
            let (documents, settings) = (StoredDocuments::in_folder(shop.dir.path()).unwrap(), Shop::settings());
            let mut wired =
                Wired::assemble(database, starter, documents, settings, RetentionPeriods::default(), false).unwrap();
            let orders = Arc::new(PgOrders::new(database.clone(), Arc::clone(&clock), Shop::settings()));
            (wired.ports.reservations, wired.ports.ledger) = (orders.clone(), orders);
            wired.ports.clock = clock;
            all_ports.push(wired.ports.clone());
            let holdings = Holdings::default();
            let (number, registration) = instance::register(database, lease, holdings.clone()).await.unwrap();
            registrations.push(registration);
            let runner =
                Runner::new(&wired, Arc::new(SystemChance), definition, number, lease, holdings.executions).unwrap();
            let (stopping, tracker) = (stopping.clone(), tracker.clone());
            running.push(tokio::spawn(async move { runner.run(&Wakes::default(), stopping, &tracker).await }));
        }
        Self { ports: all_ports, stop, running, _registrations: registrations }
    }

    /// Has each begin four orders; says how many these are.
    async fn begin(&self, method: &str) -> i64 {
        let mut begun = 0;
        for ports in &self.ports {
            let batch: Vec<AcceptedOrder> = (0..4).map(|_| accepted(method)).collect();
            let ids: Vec<_> = batch.iter().map(|order| order.id).collect();
            ports.reservations.reserve(batch).await.unwrap();
            ports.workflows().unwrap().start_checkout(&ids).await.unwrap();
            begun += 4;
        }
        begun
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        for engine in self.running {
            engine.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engines_whose_clocks_are_an_hour_apart_take_turns_and_do_not_spin() {
    let shop = Shop::open(0).await;
    let engines = Engines::start(&shop, &[Off::by(31), Off::by(-31)]).await;
    let before = shop.count(COMMITS).await;
    let begun = engines.begin("pm_sandbox_flaky").await;
    are_confirmed(&shop, begun).await;
    let commits = shop.count(COMMITS).await - before;
    // Eight orders take less than three hundred.
    assert!(commits < 1_000, "{commits} transactions");
    engines.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_whose_clocks_jump_ahead_end_what_they_have_in_hand_and_refuse_nobody() {
    let shop = Shop::open(0).await;
    let clocks = [Off::by(0), Off::by(0)];
    let engines = Engines::start(&shop, &clocks).await;
    // One that nobody pays for: by the database's clock its reservation lasts.
    let unpaid = accepted("pm_card_visa");
    let id = unpaid.id;
    engines.ports[0].reservations.reserve(vec![unpaid]).await.unwrap();
    let before = shop.count(COMMITS).await;
    let mut begun = 0;
    for minutes in [31, 24 * 60] {
        begun += engines.begin("pm_sandbox_slow").await;
        are_asked_for(&shop, begun).await;
        clocks.iter().for_each(|clock| clock.0.store(minutes, Ordering::SeqCst));
        begun += engines.begin("pm_sandbox_flaky").await;
        are_confirmed(&shop, begun).await;
        for ports in &engines.ports {
            let (reservations, ledger) = (ports.reservations.as_ref(), ports.ledger.as_ref());
            let (bus, clock) = (ports.bus().unwrap(), ports.clock.as_ref());
            let expired = expire_reservations(reservations, ledger, bus.as_ref(), clock).await;
            assert_eq!(expired.unwrap(), 0, "{minutes} minutes ahead");
        }
        assert_eq!(shop.status(id.0).await, "reserved", "{minutes} minutes ahead");
    }
    let commits = shop.count(COMMITS).await - before;
    // Thirty-two orders take some twelve hundred.
    assert!(commits < 3_000, "{commits} transactions");
    engines.stop().await;
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
