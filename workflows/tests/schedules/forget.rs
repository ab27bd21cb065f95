//! Forgetting goes bite by bite to the end of what is old, one kind after the other, and not on for ever.

use async_trait::async_trait;
use schemas::ids::OrderId;
use std::sync::Mutex;
use testing::{START, samples::order_id as id};
use time::{Duration, OffsetDateTime};
use workflows::{
    ports::{Bite, Clock, Retained, Retention, RetentionPeriods, Unavailable},
    steps::forget::forget,
};

/// Things of orders 1 to `count`, each bite of which takes some time.
struct Shelf {
    count: u128,
    takes: Duration,
    now: Mutex<OffsetDateTime>,
    asked: Mutex<Vec<(Retained, Duration, OrderId)>>,
}

impl Shelf {
    fn of(count: u128, takes: Duration) -> Self {
        Self { count, takes, now: Mutex::new(START), asked: Mutex::default() }
    }
}

impl Clock for Shelf {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }
}

#[async_trait]
impl Retention for Shelf {
    fn periods(&self) -> RetentionPeriods {
        RetentionPeriods { keys: Duration::days(30), executions: Duration::days(90) }
    }

    async fn forget(&self, kept: Retained, term: Duration, after: OrderId, limit: i64) -> Result<Bite, Unavailable> {
        self.asked.lock().unwrap().push((kept, term, after));
        *self.now.lock().unwrap() += self.takes;
        let last = self.count.min(after.0.as_u128() + u128::try_from(limit).unwrap());
        let forgotten = u64::try_from(last - after.0.as_u128()).unwrap();
        Ok(Bite { forgotten, last: (forgotten > 0).then(|| id(last)) })
    }
}

#[tokio::test]
async fn everything_old_is_forgotten_bite_by_bite() {
    let shelf = Shelf::of(2_500, Duration::ZERO);
    assert_eq!(forget(&shelf, &shelf).await.unwrap(), 5_000);
    let asked = shelf.asked.lock().unwrap().clone();
    let of = |kept, days| [0, 1_000, 2_000, 2_500].map(|after| (kept, Duration::days(days), id(after)));
    assert_eq!(asked, [of(Retained::Keys, 30), of(Retained::Executions, 90)].concat());
}

#[tokio::test]
async fn a_run_ends_although_there_is_more_and_comes_to_every_kind() {
    let shelf = Shelf::of(1_000_000, Duration::seconds(4));
    forget(&shelf, &shelf).await.unwrap();
    let asked: Vec<Retained> = shelf.asked.lock().unwrap().iter().map(|(kept, _, _)| *kept).collect();
    assert_eq!(asked, [[Retained::Keys; 4], [Retained::Executions; 4]].concat());
}
