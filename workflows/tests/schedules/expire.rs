//! Reservations whose time is up: all go in one run, as far as its time goes.

use async_trait::async_trait;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use std::sync::Arc;
use testing::{Fault, HOLD, Shop, samples::order_id};
use time::Duration;
use workflows::{
    order::State,
    ports::{Reservation, Reservations, Unavailable},
    steps::checkout::expire_reservations::expire_reservations,
};

/// A shop with so many reservations whose time is up, which takes that long to refuse a batch of them.
fn with_due(count: u128, slowness: Duration) -> Arc<Shop> {
    let shop = Shop::new();
    for number in 0..count {
        shop.reserved(number);
    }
    shop.clock.pass(HOLD);
    shop.faults.always("orders.apply", Fault::Lasts(slowness));
    shop
}

async fn expire(shop: &Shop) -> usize {
    expire_reservations(shop, shop, shop, shop).await.unwrap()
}

fn expired(shop: &Shop) -> usize {
    shop.contents().orders.values().filter(|order| matches!(order.state, State::Rejected { .. })).count()
}

fn told(shop: &Shop) -> usize {
    shop.contents().told.len()
}

/// Finds what was due a moment ago.
struct Late<'s>(&'s Shop, Vec<OrderId>);

#[async_trait]
impl Reservations for Late<'_> {
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        self.0.reserve(batch).await
    }

    async fn expired(&self, _: i64) -> Result<Vec<OrderId>, Unavailable> {
        Ok(self.1.clone())
    }
}

#[tokio::test]
async fn more_than_a_batch_expires_in_one_run() {
    let shop = with_due(1_201, Duration::milliseconds(300));
    assert_eq!(expire(&shop).await, 1_201);
    assert_eq!((expired(&shop), told(&shop)), (1_201, 1_201));
    assert_eq!(expire(&shop).await, 0);
}

#[tokio::test]
async fn a_run_begins_no_batch_when_it_took_long() {
    let shop = with_due(5_000, Duration::seconds(7));
    assert_eq!((expire(&shop).await, expired(&shop)), (1_000, 1_000));
    assert_eq!((expire(&shop).await, expired(&shop)), (1_000, 2_000), "the next goes on");
}

#[tokio::test]
async fn whoever_finds_nothing_to_change_does_not_go_round_in_circles() {
    let shop = Shop::new();
    let confirmed = (0..500).map(|number| shop.confirmed(number)).collect();
    let late = Late(&shop, confirmed);
    assert_eq!(expire_reservations(&late, shop.as_ref(), shop.as_ref(), shop.as_ref()).await.unwrap(), 0);
    assert_eq!(shop.faults.calls_of("orders.apply").len(), 1);
}

#[tokio::test]
async fn an_order_that_cannot_expire_keeps_no_other_from_it() {
    let shop = with_due(900, Duration::ZERO);
    shop.faults.mend();
    shop.faults.refuse("orders.apply", order_id(700));
    let shop = shop.as_ref();
    expire_reservations(shop, shop, shop, shop).await.unwrap_err();
    assert_eq!((expired(shop), told(shop)), (899, 899));
}
