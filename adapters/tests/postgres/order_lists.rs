//! A customer's list of orders: newest first, in pages, with those among them that are accepted and not stored yet.

use super::shop::{Shop, submission};
use schemas::{
    api::order::{Order, Status},
    ids::OrderId,
    kept::AcceptedOrder,
};
use workflows::{
    lifecycle::Command,
    ports::{Intake, Ledger, OrderList, OrderLists, Reservations},
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
        self.page(status, before, limit).await.orders
    }

    async fn page(&self, status: Option<Status>, before: Option<OrderId>, limit: i64) -> OrderList {
        self.orders.list("zoe", status, before, limit).await.unwrap()
    }

    /// All orders of a status, page by page, and how many pages that took.
    async fn all(&self, status: Option<Status>, limit: i64) -> (Vec<OrderId>, usize) {
        let (mut seen, mut before, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = self.page(status, before, limit).await;
            pages += 1;
            seen.extend(ids(&page.orders));
            match page.next {
                Some(next) => before = Some(next),
                None => return (seen, pages),
            }
        }
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
    let (seen, pages) = shop.all(None, 2).await;
    assert_eq!((seen, pages), (made.into_iter().rev().collect::<Vec<_>>(), 3));
}

#[tokio::test]
async fn a_status_leaves_only_orders_that_have_it() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true, false, true, true]).await;
    shop.change(made[2], [Command::Cancel]).await;
    assert_eq!(ids(&shop.listed(Some(Status::Reserved), None, 10).await), [made[3], made[0]]);
    assert_eq!(ids(&shop.listed(Some(Status::Cancelled), None, 10).await), [made[2]]);
    assert_eq!(ids(&shop.listed(Some(Status::Submitted), None, 10).await), [made[1]]);
    assert_eq!(ids(&shop.listed(Some(Status::Confirmed), None, 10).await), []);
}

#[tokio::test]
async fn orders_of_others_are_not_listed() {
    let shop = Shop::open().await;
    shop.accept(&[true, false]).await;
    assert_eq!(shop.orders.list("ann", None, None, 10).await.unwrap(), OrderList::default());
}

/// So many orders of one customer, stored and accepted, each a copy of one that is there; the ids are in a line.
const HISTORY: &str = "
    create table copies as select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid as id, n
    from generate_series(1, 3000) as n;
    insert into submissions (id, customer, key, fingerprint, request, accepted_at)
    select c.id, s.customer, c.id::text, s.fingerprint, s.request, s.accepted_at
    from copies c, (select * from submissions limit 1) as s;
    insert into orders (id, customer, status, version, currency, net, tax, total, lines, email, shipping_address,
                        payment_method, created_at, updated_at)
    select c.id, o.customer, case when n = 10 then 'cancelled' else 'confirmed' end, o.version, o.currency, o.net, o.tax,
           o.total, o.lines, o.email, o.shipping_address, o.payment_method, o.created_at, o.updated_at
    from copies c, (select * from orders limit 1) as o where n <> 20;
    drop table copies; analyze";

fn copy(number: u128) -> OrderId {
    OrderId(format!("00000000-0000-7000-8000-{number:012}").parse().unwrap())
}

#[tokio::test]
async fn a_rare_status_is_found_in_a_long_history_some_pages_on() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true]).await;
    shop.run(HISTORY).await;
    assert_eq!(shop.all(Some(Status::Cancelled), 20).await, (vec![copy(10)], 4));
    assert_eq!(shop.all(Some(Status::Submitted), 20).await, (vec![copy(20)], 4));
    assert_eq!(shop.all(Some(Status::Reserved), 20).await, (made.clone(), 4));
    let (confirmed, pages) = shop.all(Some(Status::Confirmed), 100).await;
    assert_eq!((confirmed.len(), pages), (2_998, 30));
    let (all, pages) = shop.all(None, 100).await;
    assert_eq!((all.len(), all[0], all[3_000], pages), (3_001, made[0], copy(1), 31));
}

#[tokio::test]
async fn a_page_looks_at_a_bounded_number_of_rows_however_long_the_history_is() {
    let shop = Shop::open().await;
    shop.accept(&[true]).await;
    shop.run(HISTORY).await;
    shop.run("update submissions set customer = 'ann' where key = (select min(key) from submissions)").await;
    shop.run(
        "update orders set customer = 'ann' where id = (select id from submissions where customer = 'ann'); analyze",
    )
    .await;
    let newest = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    for (statement, arguments) in [
        (include_str!("../../sql/orders/list.sql"), format!("'zoe', {newest}, 101")),
        (include_str!("../../sql/orders/list_stored.sql"), format!("'zoe', {newest}, 101, 'cancelled', 1000")),
        (include_str!("../../sql/orders/list_submitted.sql"), format!("'zoe', {newest}, 101, 1000")),
    ] {
        let rows = shop.most_rows_of_a_step(statement, &arguments).await;
        assert!(rows <= 1_000, "{rows} rows of {statement}");
        // Of a customer with one order, in a shop where somebody else has all the others.
        let rows = shop.most_rows_of_a_step(statement, &arguments.replace("zoe", "ann")).await;
        assert!(rows <= 1, "{rows} rows of {statement}");
    }
}

#[tokio::test]
async fn large_orders_come_in_short_pages() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true; 5]).await;
    // Digests do not compress.
    shop.run(
        "update orders set lines = (select jsonb_agg(lines -> 0 || jsonb_build_object('name', sha512(n::text::bytea)))
                                    from generate_series(1, 1500) as n)",
    )
    .await;
    let page = shop.page(None, None, 5).await;
    assert_eq!((ids(&page.orders), page.next), (made[3..].iter().rev().copied().collect(), Some(made[3])));
    assert_eq!(shop.all(None, 5).await, (made.into_iter().rev().collect(), 3));
}

#[tokio::test]
async fn an_accepted_order_that_cannot_be_read_keeps_no_other_back() {
    let shop = Shop::open().await;
    let made = shop.accept(&[false; 3]).await;
    // The second is what JSON may hold and no number of ours.
    for unreadable in ["request = '[]'", r#"request = '{"currency": 1e400}'"#, "accepted_at = 'infinity'"] {
        shop.run(&format!(
            "create table kept as select * from submissions; update submissions set {unreadable} where id = '{}'",
            made[1]
        ))
        .await;
        assert_eq!(ids(&shop.listed(None, None, 10).await), [made[2], made[0]], "{unreadable}");
        shop.run(
            "update submissions s set request = k.request, accepted_at = k.accepted_at from kept k where k.id = s.id;
             drop table kept",
        )
        .await;
    }
}

#[tokio::test]
async fn a_stored_order_that_cannot_be_read_keeps_no_other_back() {
    let shop = Shop::open().await;
    let made = shop.accept(&[true; 3]).await;
    let all = [
        "lines = '{}'",
        r#"lines = '[{"sku": 5}]'"#,
        "shipping_address = '[]'",
        "currency = 'DEM'",
        "created_at = 'infinity'",
    ];
    for (n, unreadable) in all.iter().enumerate() {
        let keep = "create table kept as select * from orders";
        shop.run(&format!("{keep}; update orders set {unreadable} where id = '{}'", made[1])).await;
        assert_eq!(ids(&shop.listed(None, None, 10).await), [made[2], made[0]], "{unreadable}");
        let read = shop.orders.load_readable(&made).await.unwrap();
        assert_eq!(read.len(), 2, "{unreadable}");
        assert_eq!(shop.database.passed_over.times(), 2 * u64::try_from(n + 1).unwrap());
        assert!(!shop.orders.load(&[made[1]]).await.unwrap_err().away, "alone it is no answer to say nothing");
        shop.run(
            "update orders o set lines = k.lines, shipping_address = k.shipping_address, currency = k.currency,
                                 created_at = k.created_at
             from kept k where k.id = o.id; drop table kept",
        )
        .await;
    }
}
