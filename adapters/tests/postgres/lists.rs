//! A customer's list of orders: newest first, in pages, with those among them that are accepted and not stored yet.

use super::shop::{Shop, submission};
use schemas::{
    ids::OrderId,
    intake::AcceptedOrder,
    order::{Order, Status},
};
use workflows::{
    lifecycle::Command,
    ports::{Intake, Orders},
};

impl Shop {
    /// Accepts orders, and stores those wanted; oldest first.
    async fn accept(&self, stored: &[bool]) -> Vec<OrderId> {
        let orders: Vec<AcceptedOrder> = stored.iter().map(|_| self.order(&[("TEA", 1)])).collect();
        let batch = orders.iter().map(|order| submission(order.clone(), &order.id.to_string(), 0)).collect();
        self.intake.accept(batch).await.unwrap();
        let ids = orders.iter().map(|order| order.id).collect();
        let to_store = orders.into_iter().zip(stored).filter(|(_, stored)| **stored).map(|(order, _)| order).collect();
        self.orders.reserve(to_store).await.unwrap();
        ids
    }

    async fn listed(&self, status: Option<Status>, before: Option<OrderId>, limit: i64) -> Vec<Order> {
        self.orders.list("zoe", status, before, limit).await.unwrap()
    }
}

fn ids(orders: &[Order]) -> Vec<OrderId> {
    orders.iter().map(|order| order.id).collect()
}

#[tokio::test]
async fn accepted_orders_stand_among_the_stored_ones_newest_first() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true, false, true, false]).await;
    let listed = shop.listed(None, None, 10).await;
    assert_eq!(ids(&listed), made.into_iter().rev().collect::<Vec<_>>());
    let statuses: Vec<Status> = listed.iter().map(|order| order.status).collect();
    assert_eq!(statuses, [Status::Submitted, Status::Reserved, Status::Submitted, Status::Reserved]);
    assert_eq!(listed[0].lines[0].sku, "TEA");
    assert_eq!(listed[0].total, None);
    assert!(listed[1].total.is_some());
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true, false, true, false, true]).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = ids(&shop.listed(None, before, 2).await);
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        before = Some(*last);
        seen.extend(page);
    }
    assert_eq!(seen, made.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_status_leaves_only_orders_that_have_it() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true, false, true, true]).await;
    shop.change(made[2], [Command::Cancel]).await;
    assert_eq!(ids(&shop.listed(Some(Status::Reserved), None, 10).await), [made[3], made[0]]);
    assert_eq!(ids(&shop.listed(Some(Status::Cancelled), None, 10).await), [made[2]]);
    assert_eq!(ids(&shop.listed(Some(Status::Submitted), None, 10).await), [made[1]]);
    assert_eq!(ids(&shop.listed(Some(Status::Shipped), None, 10).await), []);
}

#[tokio::test]
async fn orders_of_others_are_not_listed() {
    let shop = Shop::open().await;
    shop.accept(&[true, false]).await;
    assert!(shop.orders.list("ann", None, None, 10).await.unwrap().is_empty());
}
