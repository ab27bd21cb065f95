//! Reserving: each order priced and stored with its outcome, its stock taken once however often it is told.

use super::shop::{Shop, delivery};
use schemas::{
    api::order::Reason,
    event::{Event, EventName},
    kept::AcceptedOrder,
    money::Amount,
};
use time::Duration;
use workflows::{
    order::State,
    ports::{Clock, Ledger, Reservation, Reservations},
};

fn told(reservation: &Reservation) -> Vec<(i32, EventName)> {
    reservation.events.iter().map(|event| (event.sequence, event.name().unwrap())).collect()
}

/// What can be compared of reservations, in the order of ids.
fn comparable(reservations: Vec<Reservation>) -> Vec<(schemas::ids::OrderId, State, Vec<Event>)> {
    let mut all: Vec<_> = reservations.into_iter().map(|r| (r.order.id, r.order.state, r.events)).collect();
    all.sort_by_key(|(id, _, _)| *id);
    all
}

fn reason(reservation: &Reservation) -> Option<Reason> {
    match &reservation.order.state {
        State::Rejected { reason, .. } => Some(*reason),
        State::Reserved { .. } | State::Confirmed | State::Cancelled => None,
    }
}

#[tokio::test]
async fn an_order_in_stock_is_priced_held_stored_and_told() {
    let shop = Shop::open().await;
    let accepted = shop.order(&[("TEA", 3), ("CUP", 2), ("TEA", 1)]);
    let reservation = shop.orders.reserve(vec![accepted.clone()]).await.unwrap().remove(0);
    // Half an hour by the database's clock.
    let held =
        "select reserved_until - sluice_now() between interval '29 minutes' and interval '30 minutes' from orders";
    assert!(shop.value::<bool>(held).await);
    let until = shop.value("select reserved_until from orders").await;
    assert_eq!((reservation.order.id, &reservation.order.state), (accepted.id, &State::Reserved { until }));
    assert_eq!(told(&reservation), [(1, EventName::OrderSubmitted), (2, EventName::OrderReserved)]);
    assert_eq!(shop.orders.events(accepted.id).await.unwrap(), reservation.events);

    let stored = shop.load(accepted.id).await;
    // 4 x 19.99 and 2 x 3.33, with 20 % and 7 % tax: 79.96 + 6.66 + 15.99 + 0.47.
    assert_eq!((stored.total, stored.version), (Some(10_308), 2));
    assert_eq!((&stored.customer, &stored.email), (&accepted.customer, &accepted.request.email));
    assert_eq!((stored.created_at, stored.updated_at), (accepted.accepted_at, shop.clock.now()));
    assert_eq!(stored.traceparent, accepted.traceparent);
    assert_eq!(reservation.events[1].traceparent, accepted.traceparent);
    assert_eq!(stored.shipping_address, accepted.request.shipping_address);
    assert_eq!(stored.billing_address, None);
    let lines: Vec<_> =
        stored.lines.iter().map(|l| (l.sku.as_str(), l.quantity, l.unit_price, l.warehouse.as_deref())).collect();
    let held = Some("main");
    assert_eq!(lines, [("TEA", 3, Some(1_999), held), ("CUP", 2, Some(333), held), ("TEA", 1, Some(1_999), held)]);
    assert_eq!((shop.reserved_units("TEA").await, shop.reserved_units("CUP").await), (4, 2));
    let (net, tax): (i64, i64) =
        sqlx::query_as("select net, tax from orders").fetch_one(&shop.database.durable).await.unwrap();
    assert_eq!((net, tax), (8_662, 1_646));
}

#[tokio::test]
async fn refused_orders_are_stored_with_their_reason_and_hold_nothing() {
    let shop = Shop::open().await;
    let with_total = |amount| {
        let mut order = shop.order(&[("TEA", 1)]);
        order.request.expected_total = Some(Amount { amount, currency: order.request.currency });
        order
    };
    let batch = vec![
        shop.order(&[("TEA", 1), ("NONE", 1)]),
        shop.order(&[("TEA", 1), ("CUP", 1_001)]),
        with_total(2_398),
        shop.order(&[("RARE", 1)]),
        with_total(2_399),
    ];
    let ids: Vec<_> = batch.iter().map(|order| order.id).collect();
    let reservations = shop.orders.reserve(batch).await.unwrap();
    assert_eq!(
        reservations.iter().map(reason).collect::<Vec<_>>(),
        [
            Some(Reason::UnknownSku),
            Some(Reason::OutOfStock),
            Some(Reason::PriceChanged),
            Some(Reason::CurrencyMismatch),
            None
        ]
    );
    assert_eq!(told(&reservations[1]), [(1, EventName::OrderSubmitted), (2, EventName::OrderRejected)]);
    let scarce = shop.load(ids[1]).await;
    assert_eq!(scarce.state, reservations[1].order.state);
    assert!(scarce.lines.iter().all(|line| line.warehouse.is_none()));
    assert_eq!((shop.reserved_units("TEA").await, shop.reserved_units("CUP").await), (1, 0));
    assert_eq!(shop.load(ids[0]).await.total, None);
}

#[tokio::test]
async fn a_billing_address_is_kept() {
    let shop = Shop::open().await;
    let mut order = shop.order(&[("TEA", 1)]);
    let mut billing = order.request.shipping_address.clone();
    billing.name = "Ann".into();
    order.request.billing_address = Some(billing.clone());
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    assert_eq!(shop.load(order.id).await.billing_address, Some(billing));
}

#[tokio::test]
async fn a_batch_told_again_answers_the_same_and_takes_no_stock_twice() {
    let shop = Shop::open().await;
    let batch = vec![shop.order(&[("TEA", 2)]), shop.order(&[("NONE", 1)])];
    let first = comparable(shop.orders.reserve(batch.clone()).await.unwrap());
    shop.clock.set(shop.clock.now() + Duration::hours(1));
    assert_eq!(comparable(shop.orders.reserve(batch.clone()).await.unwrap()), first);

    let mut mixed = batch;
    mixed.push(shop.order(&[("TEA", 1)]));
    assert_eq!(comparable(shop.orders.reserve(mixed).await.unwrap())[..2], first);
    assert_eq!(shop.reserved_units("TEA").await, 3);
    assert_eq!(shop.value::<i64>("select count(*) from order_events").await, 6);
}

#[tokio::test]
async fn an_order_that_went_on_is_told_where_it_stands_and_only_its_first_events() {
    let shop = Shop::open().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    shop.confirm(order.id).await;
    let again = shop.orders.reserve(vec![order]).await.unwrap().remove(0);
    assert_eq!(again.order.state, State::Confirmed);
    assert_eq!(told(&again), [(1, EventName::OrderSubmitted), (2, EventName::OrderReserved)]);
}

#[tokio::test]
async fn the_same_order_twice_in_a_batch_is_reserved_once() {
    let shop = Shop::open().await;
    let order = shop.order(&[("TEA", 2)]);
    let reservations = shop.orders.reserve(vec![order.clone(), order]).await.unwrap();
    assert_eq!(reservations.len(), 1);
    assert_eq!(shop.reserved_units("TEA").await, 2);
}

#[tokio::test]
async fn first_come_is_first_served_within_a_batch() {
    let shop = Shop::empty().await;
    shop.catalogue.import(&[delivery("LAST", "Last One", 100, 0, 3)], "t", |_| ()).await.unwrap();
    let batch: Vec<AcceptedOrder> = [2, 2, 1].map(|units| shop.order(&[("LAST", units)])).into();
    let outcomes: Vec<_> = shop.orders.reserve(batch).await.unwrap().iter().map(reason).collect();
    assert_eq!(outcomes, [None, Some(Reason::OutOfStock), None]);
}
