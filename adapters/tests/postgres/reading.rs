//! What callers read, and what that may cost those who accept orders: nothing. And how word of orders is given.

use super::shop::{Shop, eventually, heard, submission};
use adapters::{
    postgres::{
        Database,
        orders::{PgOrders, decided::decided},
        runtime::{bell::ORDER_CHANNEL, changes::Change},
    },
    system::SystemClock,
};
use futures_util::future::join_all;
use schemas::ids::OrderId;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgListener};
use std::sync::Arc;
use workflows::{
    lifecycle::Command,
    ports::{Acceptance, Intake, OrderLists},
};

impl Shop {
    /// The orders as callers read them.
    fn read_by_callers(&self) -> Arc<PgOrders> {
        let clock = Arc::new(SystemClock);
        Arc::new(PgOrders::new(self.database.for_callers(), clock, self.settings.clone()))
    }

    /// Whoever reads orders hangs, until the connection is dropped.
    async fn reading_hangs(&self) -> PgConnection {
        let options = self.database.durable.connect_options();
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql("begin; lock table orders in access exclusive mode").execute(&mut connection).await.unwrap();
        connection
    }
}

async fn shown(pool: &PgPool, setting: &str) -> String {
    sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn an_order_is_accepted_while_all_that_callers_read_hangs() {
    let shop = Shop::open().await;
    let lock = shop.reading_hangs().await;
    let orders = shop.read_by_callers();
    let reading = tokio::spawn({
        let orders = Arc::clone(&orders);
        async move { join_all((0..20).map(|_| orders.list("zoe", None, None, 10))).await }
    });
    shop.somebody_waits_for_a_lock().await;
    for key in 0..20 {
        let order = shop.order(&[("TEA", 1)]);
        let answers = shop.intake.accept(vec![submission(order, &key.to_string(), 1)]).await.unwrap();
        assert_eq!(answers, [Acceptance::Accepted]);
    }
    // None of them waits longer than readers may, and a later one is served.
    for answer in reading.await.unwrap() {
        assert!(answer.unwrap_err().away);
    }
    lock.close().await.unwrap();
    assert_eq!(orders.list("zoe", None, None, 10).await.unwrap().orders.len(), 10);
}

#[tokio::test]
async fn a_replay_that_is_written_otherwise_is_known_while_readers_have_all_their_connections() {
    let shop = Shop::open().await;
    let order = shop.order(&[("TEA", 1)]);
    shop.intake.accept(vec![submission(order.clone(), "k", 1)]).await.unwrap();
    let reading = &shop.database.reading;
    let held = join_all((0..reading.options().get_max_connections()).map(|_| reading.acquire())).await;
    assert!(held.iter().all(Result::is_ok));
    // Another fingerprint: the orders themselves are compared.
    let again = shop.intake.accept(vec![submission(order.clone(), "k", 2)]).await.unwrap();
    assert_eq!(again, [Acceptance::Replayed { id: order.id, accepted_at: order.accepted_at }]);
}

#[tokio::test]
async fn what_is_read_for_somebody_who_hung_up_ends_and_gives_its_connection_back() {
    let shop = Shop::open().await;
    let lock = shop.reading_hangs().await;
    let orders = shop.read_by_callers();
    let reading: Vec<_> = (0..4)
        .map(|_| {
            let orders = Arc::clone(&orders);
            tokio::spawn(async move { orders.list("zoe", None, None, 10).await.map(|_| ()) })
        })
        .collect();
    let at_it = "select count(*) from pg_stat_activity
                 where datname = current_database() and state = 'active' and query like '-- orders.list%'";
    eventually("four to read", async || (shop.value::<i64>(at_it).await == 4).then_some(())).await;
    reading.iter().for_each(tokio::task::JoinHandle::abort);
    eventually("what they asked for to end", async || (shop.value::<i64>(at_it).await == 0).then_some(())).await;
    lock.close().await.unwrap();
    eventually("a connection", async || orders.list("zoe", None, None, 10).await.ok()).await;
}

#[tokio::test]
async fn what_callers_ask_has_an_end_and_looks_along_indexes() {
    let database: Database = Shop::empty().await.database;
    assert_eq!(shown(&database.reading, "statement_timeout").await, "2s");
    assert_eq!(shown(&database.for_callers().durable, "statement_timeout").await, "2s");
    for pool in [&database.acceptance, &database.reading] {
        assert_eq!(shown(pool, "synchronous_commit").await, "on");
        assert_eq!(shown(pool, "enable_seqscan").await, "off");
    }
}

async fn changes_heard(listener: &mut PgListener, count: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    while changes.len() < count {
        changes.extend(Change::of_payload(&heard(listener).await));
    }
    changes.sort_by_key(|change| change.order);
    changes
}

#[tokio::test]
async fn whoever_waits_hears_which_orders_are_decided() {
    let shop = Shop::open().await;
    let mut listener = PgListener::connect_with(&shop.database.relaxed).await.unwrap();
    listener.listen(ORDER_CHANNEL).await.unwrap();
    let ids = shop.reserve(&[&[("TEA", 1)], &[("NOBODY-SELLS-THIS", 1)]]).await;
    let told = |order: OrderId, decided| Change { order, decided };
    assert_eq!(changes_heard(&mut listener, 2).await, [told(ids[0], false), told(ids[1], true)]);
    shop.change(ids[0], [Command::Cancel]).await;
    assert_eq!(changes_heard(&mut listener, 1).await, [told(ids[0], true)]);
    assert_eq!(decided(&shop.database, &[ids[0].0, ids[1].0]).await.unwrap().len(), 2);
    let third = shop.reserve(&[&[("TEA", 1)]]).await[0];
    assert!(decided(&shop.database, &[third.0]).await.unwrap().is_empty());
}

/// It listens for one word on one channel, and would take any other for the name of a queue.
#[tokio::test]
async fn release_0_1_0_beside_us_hears_what_it_knows_and_nothing_else() {
    let shop = Shop::open().await;
    let mut listener = shop.listener().await;
    shop.reserve(&[&[("TEA", 1)]]).await;
    assert_eq!(heard(&mut listener).await, "#orders");
    shop.database.bell.ring("the end");
    assert_eq!(heard(&mut listener).await, "the end");
}
