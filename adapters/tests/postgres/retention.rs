//! What is kept for a while only is forgotten when its time is over, oldest first, and nothing that is still needed.

use super::shop::{Shop, submission};
use adapters::postgres::runtime::retention::PgRetention;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use time::Duration;
use uuid::{ContextV7, Timestamp, Uuid};
use workflows::{
    lifecycle::Command,
    ports::{Acceptance, Clock, Intake, Reservations, Retained, Retention, RetentionPeriods},
    steps::upkeep::forget::forget,
};

impl Shop {
    fn retention(&self) -> PgRetention {
        PgRetention::new(self.database.clone(), RetentionPeriods::default())
    }

    /// An order that is accepted now, by the shop's clock, under a key of its own.
    async fn accept_now(&self) -> AcceptedOrder {
        let now = self.clock.now();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap();
        let id = OrderId(Uuid::new_v7(Timestamp::from_unix(ContextV7::new(), seconds, now.nanosecond())));
        let order = AcceptedOrder { id, ..self.order(&[("TEA", 1)]) };
        self.intake.accept(vec![submission(order.clone(), &id.to_string(), 1)]).await.unwrap();
        order
    }

    /// The same, with its execution ended and nothing left to do.
    async fn over_now(&self) -> AcceptedOrder {
        let order = self.accept_now().await;
        self.orders.reserve(vec![order.clone()]).await.unwrap();
        self.executed(order.id, "succeeded").await;
        self.change(order.id, [Command::Cancel]).await;
        order
    }

    /// By every clock.
    async fn days_pass(&self, days: i64) {
        let time = Duration::days(days);
        self.clock.set(self.clock.now() + time);
        self.time_passes(time.unsigned_abs()).await;
    }

    async fn keys(&self) -> i64 {
        self.value("select count(*) from submissions").await
    }

    async fn executions(&self) -> i64 {
        self.value("select count(*) from executions").await
    }

    /// An execution with two lines of history, that ended now unless it runs.
    async fn executed(&self, id: OrderId, status: &str) {
        let now = self.clock.now();
        self.run(&format!(
            "insert into executions (id, workflow, status, state, started_at, stopped_at)
             values ('{id}', 'checkout', '{status}', '{{}}', '{now}', case when '{status}' <> 'running' then '{now}'::timestamptz end);
             insert into execution_history (execution_id, attempt, sequence, state, entered_at, input)
             select '{id}', 1, n, 'X', '{now}', '{{}}' from generate_series(1, 2) as n"
        ))
        .await;
    }
}

#[tokio::test]
async fn a_key_is_forgotten_after_its_time_once_its_order_is_stored() {
    let shop = Shop::open().await;
    let (stored, lost) = (shop.accept_now().await, shop.accept_now().await);
    shop.orders.reserve(vec![stored.clone()]).await.unwrap();
    shop.days_pass(29).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 0);
    let young = shop.accept_now().await;
    shop.orders.reserve(vec![young]).await.unwrap();
    shop.days_pass(2).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 1);
    assert_eq!(shop.keys().await, 2, "one is young, and one is not stored");
    assert!(shop.intake.find(lost.id).await.unwrap().is_some());
    assert!(shop.intake.find(stored.id).await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_forgotten_yet_does_not_keep_the_rest() {
    let shop = Shop::open().await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(shop.accept_now().await);
    }
    // Those that are not stored come first.
    orders.sort_by_key(|order| order.id);
    shop.orders.reserve(orders.split_off(3)).await.unwrap();
    shop.days_pass(31).await;
    let term = Duration::days(30);
    let mut chunk = shop.retention().forget(Retained::Keys, term, OrderId(Uuid::nil()), 2).await.unwrap();
    assert_eq!(chunk.forgotten, 0);
    let mut forgotten = 0;
    while let Some(last) = chunk.last {
        chunk = shop.retention().forget(Retained::Keys, term, last, 2).await.unwrap();
        forgotten += chunk.forgotten;
    }
    assert_eq!((forgotten, shop.keys().await), (2, 3));
}

#[tokio::test]
async fn an_execution_is_forgotten_with_its_history_after_its_time_if_its_order_has_ended() {
    let shop = Shop::open().await;
    let orders = [shop.accept_now().await, shop.accept_now().await, shop.accept_now().await, shop.accept_now().await];
    let ids = orders.clone().map(|order| order.id);
    shop.orders.reserve(orders.to_vec()).await.unwrap();
    for (id, status) in ids.iter().zip(["succeeded", "failed", "running", "failed"]) {
        shop.executed(*id, status).await;
    }
    shop.change(ids[0], [Command::Cancel]).await;
    shop.change(ids[1], [Command::Cancel]).await;
    shop.change(ids[2], [Command::Cancel]).await;
    shop.days_pass(89).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 4, "the keys");
    assert_eq!(shop.executions().await, 4);
    shop.days_pass(2).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 2);
    assert_eq!(shop.executions().await, 2, "one runs, and one order still waits");
    assert_eq!(shop.value::<i64>("select count(*) from execution_history").await, 4);
    let noted: time::OffsetDateTime = shop.value("select before from forgotten where what = 'executions'").await;
    // The shop's clock stood still since.
    let since = noted - (shop.clock.now() - Duration::days(90));
    assert!((Duration::ZERO..Duration::minutes(5)).contains(&since), "{since}");
}

#[tokio::test]
async fn a_process_whose_clock_is_ahead_forgets_nothing_that_is_fresh() {
    let shop = Shop::open().await;
    let order = shop.over_now().await;
    for _ in 0..3 {
        shop.clock.set(shop.clock.now() + Duration::days(31));
        assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 0);
    }
    assert_eq!((shop.keys().await, shop.executions().await), (1, 1));
    let noted = "select before < sluice_now() - interval '89 days' from forgotten where what = 'executions'";
    assert!(shop.value::<bool>(noted).await, "an audit still asks for what was not forgotten");
    let again = submission(shop.order(&[("TEA", 1)]), &order.id.to_string(), 1);
    let answers = shop.intake.accept(vec![again]).await.unwrap();
    assert!(matches!(answers[..], [Acceptance::Replayed { id, .. }] if id == order.id), "{answers:?}");
}

#[tokio::test]
async fn a_process_whose_clock_is_behind_forgets_what_is_old() {
    let shop = Shop::open().await;
    let order = shop.over_now().await;
    shop.time_passes(Duration::days(31).unsigned_abs()).await;
    shop.clock.set(shop.clock.now() - Duration::days(200));
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 1, "the key");
    assert!(shop.intake.find(order.id).await.unwrap().is_none());
    shop.time_passes(Duration::days(60).unsigned_abs()).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 1, "the execution");
    assert_eq!((shop.keys().await, shop.executions().await), (0, 0));
}

#[tokio::test]
async fn a_key_that_a_process_weeks_behind_has_stored_lives_as_long_as_any() {
    let shop = Shop::open().await;
    shop.clock.set(shop.clock.now() - Duration::days(31));
    let order = shop.accept_now().await;
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 0);
    let again = submission(order.clone(), &order.id.to_string(), 1);
    let answers = shop.intake.accept(vec![again]).await.unwrap();
    assert!(matches!(answers[..], [Acceptance::Replayed { id, .. }] if id == order.id), "{answers:?}");
    shop.time_passes(Duration::days(31).unsigned_abs()).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_of_before_keys_were_stamped_is_as_old_as_its_order() {
    let shop = Shop::open().await;
    let order = shop.accept_now().await;
    shop.orders.reserve(vec![order]).await.unwrap();
    shop.run("update submissions set stored_at = null").await;
    shop.days_pass(29).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 0);
    shop.days_pass(2).await;
    assert_eq!(forget(&shop.retention(), &*shop.clock).await.unwrap(), 1);
}
