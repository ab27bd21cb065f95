//! Forgetting goes chunk by chunk to the end of what is old, one kind after the other, and not on for ever.

use schemas::ids::OrderId;
use std::sync::Arc;
use testing::{Fault, Shop, samples};
use time::Duration;
use workflows::{
    lifecycle::Command,
    ports::{EXECUTIONS_LIVE, KEYS_LIVE, Submission},
    steps::upkeep::forget::forget,
};

/// A shop with the keys and the ended executions of so many orders, all of now.
fn with_history(count: u128) -> Arc<Shop> {
    let shop = Shop::new();
    for number in 1..=count {
        let order = samples::accepted(samples::order_id(number));
        shop.takes(order.clone());
        shop.happens(order.id, Command::Cancel);
        let (id, now, mut shop) = (order.id, shop.clock.at(), shop.contents());
        shop.ended.insert(id, now);
        let key = format!("cart-{number}");
        shop.submissions.insert((order.customer.clone(), key.clone()), Submission { order, key, fingerprint: [7; 32] });
    }
    shop
}

/// How many keys and executions are left.
fn left(shop: &Shop) -> (usize, usize) {
    let shop = shop.contents();
    (shop.submissions.len(), shop.ended.len())
}

fn chunks(shop: &Shop) -> usize {
    shop.faults.calls_of("retention.forget").len()
}

#[tokio::test]
async fn everything_old_is_forgotten_bite_by_bite_when_its_own_time_is_over() {
    let shop = with_history(2_500);
    shop.clock.pass(KEYS_LIVE);
    assert_eq!(forget(shop.as_ref(), shop.as_ref()).await.unwrap(), 0);
    assert_eq!(chunks(&shop), 2, "nothing is old");
    shop.clock.pass(Duration::seconds(1));
    assert_eq!(forget(shop.as_ref(), shop.as_ref()).await.unwrap(), 2_500);
    assert_eq!((left(&shop), chunks(&shop)), ((0, 2_500), 2 + 4 + 1));
    shop.clock.pass(EXECUTIONS_LIVE - KEYS_LIVE);
    assert_eq!(forget(shop.as_ref(), shop.as_ref()).await.unwrap(), 2_500);
    assert_eq!((left(&shop), chunks(&shop)), ((0, 0), 2 + 5 + 5));
}

#[tokio::test]
async fn a_run_ends_although_there_is_more_and_comes_to_every_kind() {
    let shop = with_history(5_000);
    shop.clock.pass(EXECUTIONS_LIVE + Duration::seconds(1));
    shop.faults.always("retention.forget", Fault::Lasts(Duration::seconds(4)));
    assert_eq!(forget(shop.as_ref(), shop.as_ref()).await.unwrap(), 8_000);
    assert_eq!(left(&shop), (1_000, 1_000));
}

#[tokio::test]
async fn what_stays_is_passed_by_and_in_the_way_of_nothing() {
    let shop = with_history(1_500);
    // Of the first orders the keys wait to be stored, or the orders for their payment.
    let first: Vec<OrderId> = (1..=1_000).map(samples::order_id).collect();
    for id in &first {
        shop.contents().orders.remove(id);
    }
    for id in &first[..500] {
        shop.takes(samples::accepted(*id));
    }
    shop.clock.pass(EXECUTIONS_LIVE + Duration::seconds(1));
    assert_eq!(forget(shop.as_ref(), shop.as_ref()).await.unwrap(), 1_000 + 1_000);
    assert_eq!(left(&shop), (500, 500));
}
