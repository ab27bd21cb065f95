//! What runs by the clock, and what counts, costs the same after a long history as after a short one. What is measured
//! is pages of the database, by the calls that the product makes: no time, and no plan by itself.

use super::shop::Shop;
use adapters::postgres::{
    Database,
    orders::PgOrders,
    runtime::{queue::PgQueue, retention::PgRetention},
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use time::Duration;
use workflows::{
    ports::{Reservations, RetentionPeriods, StuckOrders},
    steps::upkeep::forget::forget,
};

const MAKE: &str = include_str!("../../../load-tests/sql/history.sql");

/// The product's parts on one connection of each kind, so that what they read is told before the next look.
struct Watched<'s> {
    shop: &'s Shop,
    database: Database,
    orders: PgOrders,
}

impl<'s> Watched<'s> {
    fn of(shop: &'s Shop) -> Self {
        let database = Database::connect(&shop.url, 1).unwrap();
        let orders = PgOrders::new(database.clone(), shop.clock.clone(), shop.settings.clone());
        Self { shop, database, orders }
    }

    /// Pages of tables and indexes that were touched so far.
    async fn pages(&self) -> i64 {
        for pool in [&self.database.durable, &self.database.relaxed] {
            sqlx::query("select pg_stat_force_next_flush()").execute(pool).await.unwrap();
            // What was counted is told when the next transaction ends.
            sqlx::query("select 1").execute(pool).await.unwrap();
        }
        self.shop
            .value(
                "select sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0)
                            + coalesce(idx_blks_hit, 0))::bigint from pg_statio_user_tables",
            )
            .await
    }

    /// What one run of each costs.
    async fn costs(&self) -> BTreeMap<&'static str, i64> {
        let mut costs = BTreeMap::new();
        let retention = PgRetention::new(self.database.clone(), RetentionPeriods::default());
        let queues = ["index", "invoice"].map(str::to_owned);
        for what in ["sweep", "expire", "forget", "depths"] {
            let before = self.pages().await;
            match what {
                "sweep" => drop(self.orders.stuck(Duration::minutes(2), 500).await.unwrap()),
                "expire" => drop(self.orders.expired(500).await.unwrap()),
                "forget" => assert_eq!(forget(&retention, &*self.shop.clock).await.unwrap(), 0),
                _ => drop(PgQueue::new(self.database.clone()).depths(&queues).await.unwrap()),
            }
            costs.insert(what, self.pages().await - before);
        }
        costs
    }
}

#[tokio::test]
async fn schedules_and_metrics_cost_the_same_however_long_the_history_is() {
    let shop = Shop::open().await;
    let mut past = shop.database.durable.acquire().await.unwrap();
    sqlx::raw_sql(MAKE).execute(&mut *past).await.unwrap();
    sqlx::raw_sql("update stock set received = received + 1000000").execute(&mut *past).await.unwrap();
    let mut make = async |first: i64, many: i64| {
        // Closed lately, so that a sweep that looked back for a week would see them all.
        let made = format!(
            "select pg_temp.make_history({first}, {many}, 5000, false, '%PDF-%%EOF'); alter table orders disable trigger user;
             update orders set updated_at = now() - interval '1 day' where status in ('rejected', 'cancelled');
             alter table orders enable trigger user; vacuum analyze"
        );
        for statement in made.split(';') {
            sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *past).await.unwrap();
        }
    };
    make(0, 500).await;
    let watched = Watched::of(&shop);
    watched.costs().await;
    let short = watched.costs().await;
    make(500, 4_500).await;
    let watched = Watched::of(&shop);
    watched.costs().await;
    let long = watched.costs().await;
    for (what, pages) in &long {
        let most = short[what] * 2 + 30;
        assert!(*pages <= most, "{what} touches {pages} pages; with a tenth of the history it was {}", short[what]);
    }
}
