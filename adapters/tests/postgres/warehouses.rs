//! What warehouses are told: in a feed whose positions appear in their order, once however often it is told, and noted.

use super::shop::{Shop, eventually};
use adapters::postgres::warehouses::PgWarehouses;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use serde_json::json;
use testing::FaultPoint;
use uuid::Uuid;
use workflows::{
    lifecycle::Command,
    ports::{Clock, Dispatches, Ledger, Notice, Warehouses},
    steps::{Outcome, fulfilment::dispatch_orders::dispatch_orders},
};

impl Shop {
    fn warehouses(&self) -> PgWarehouses {
        PgWarehouses::new(self.database.clone())
    }

    fn notice(&self, warehouse: &str, order: u128, sequence: i32) -> Notice {
        let (order, data) = (OrderId(Uuid::from_u128(order)), json!({ "warehouse": warehouse }));
        let event = Event::new("test", order, sequence, EventName::OrderConfirmed, self.clock.now(), data);
        Notice { warehouse: warehouse.into(), event }
    }

    /// A warehouse's feed as a reader goes through it.
    async fn feed(&self, warehouse: &str) -> Vec<Event> {
        let query = "select event from warehouse_feed where warehouse = $1 order by position";
        let rows: Vec<(serde_json::Value,)> =
            sqlx::query_as(query).bind(warehouse).fetch_all(&self.database.durable).await.unwrap();
        rows.into_iter().map(|(event,)| serde_json::from_value(event).unwrap()).collect()
    }

    async fn dispatch(&self, ids: &[OrderId]) {
        let outcomes = dispatch_orders(self.orders.as_ref(), &self.warehouses(), ids).await;
        assert_eq!(outcomes, vec![Outcome::Done; ids.len()]);
    }

    async fn told(&self, id: OrderId) -> i32 {
        self.orders.dispatches(&[id]).await.unwrap().remove(0).told
    }
}

#[tokio::test]
async fn a_feed_keeps_the_order_in_which_it_was_told_and_everything_once() {
    let shop = Shop::empty().await;
    let [first, other, second] = [shop.notice("main", 1, 4), shop.notice("north", 1, 4), shop.notice("main", 1, 6)];
    shop.warehouses().tell(&[first.clone(), other.clone(), first.clone()]).await.unwrap();
    shop.warehouses().tell(&[first.clone(), second.clone(), other.clone()]).await.unwrap();
    shop.warehouses().tell(&[]).await.unwrap();
    assert_eq!(shop.feed("main").await, [first.event, second.event]);
    assert_eq!(shop.feed("north").await, [other.event]);
}

#[tokio::test]
async fn no_position_can_be_read_before_a_lower_one() {
    let shop = Shop::empty().await;
    // Whoever tells the slow warehouse has drawn its position when it is held up here.
    shop.run(
        "create function hold_up() returns trigger language plpgsql as
         'begin perform pg_advisory_xact_lock(42); return new; end';
         create trigger hold_up before insert on warehouse_feed for each row when (new.warehouse = 'slow')
         execute function hold_up()",
    )
    .await;
    let mut held = shop.database.durable.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(42)").execute(&mut *held).await.unwrap();
    let told = |warehouse: &str, order| {
        let (warehouses, notice) = (shop.warehouses(), shop.notice(warehouse, order, 4));
        tokio::spawn(async move { warehouses.tell(&[notice]).await })
    };
    let slow = told("slow", 1);
    shop.waiting_for_locks(1).await;
    let fast = told("fast", 2);
    shop.waiting_for_locks(2).await;
    assert_eq!(shop.value::<i64>("select count(*) from warehouse_feed").await, 0);
    held.rollback().await.unwrap();
    slow.await.unwrap().unwrap();
    fast.await.unwrap().unwrap();
    let order: Vec<String> = shop.value("select array_agg(warehouse order by position) from warehouse_feed").await;
    assert_eq!(order, ["slow", "fast"]);
}

impl Shop {
    async fn waiting_for_locks(&self, sessions: i64) {
        let query = "select count(*) from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        eventually("sessions that wait for a lock", async || {
            (self.value::<i64>(query).await == sessions).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn how_far_an_order_was_told_never_goes_back() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)]]).await;
    assert_eq!(shop.told(ids[0]).await, 0);
    shop.orders.mark_told(&[(ids[0], 4)]).await.unwrap();
    shop.orders.mark_told(&[(ids[0], 3), (ids[1], 4)]).await.unwrap();
    assert_eq!((shop.told(ids[0]).await, shop.told(ids[1]).await), (4, 4));
    shop.orders.mark_told(&[(ids[0], 5), (ids[0], 6), (ids[0], 5)]).await.unwrap();
    shop.orders.mark_told(&[]).await.unwrap();
    assert_eq!((shop.told(ids[0]).await, shop.told(ids[1]).await), (6, 4));
}

#[tokio::test]
async fn an_order_is_found_with_all_its_events() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.confirm(id).await;
    let unknown = shop.order(&[]).id;
    let mut found = shop.orders.dispatches(&[unknown, id]).await.unwrap();
    let only = found.pop().unwrap();
    assert_eq!(found, []);
    assert_eq!((only.order, only.events), (shop.load(id).await, shop.orders.events(id).await.unwrap()));
}

#[tokio::test]
async fn each_warehouse_hears_of_its_part_of_an_order_and_that_it_was_called_off() {
    let shop = Shop::open().await;
    shop.run("update stock set warehouse = 'north' where sku = 'CUP'").await;
    let ids = shop.reserve(&[&[("TEA", 1), ("CUP", 2)], &[("TEA", 3)], &[("TEA", 4)]]).await;
    for id in &ids[..2] {
        shop.confirm(*id).await;
    }
    shop.dispatch(&ids).await;
    shop.change(ids[0], [Command::Cancel]).await;
    shop.change(ids[2], [Command::Cancel]).await;
    shop.dispatch(&ids).await;
    shop.dispatch(&ids).await;
    let heard = async |warehouse: &str| -> Vec<_> {
        let feed = shop.feed(warehouse).await.into_iter();
        feed.map(|event| (event.subject, event.name().unwrap(), event.data["lines"].clone())).collect()
    };
    let (tea, cup) = (json!([{ "sku": "TEA", "quantity": 1 }]), json!([{ "sku": "CUP", "quantity": 2 }]));
    let (confirmed, cancelled) = (EventName::OrderConfirmed, EventName::OrderCancelled);
    let mut main = heard("main").await;
    main.sort_by_key(|(id, _, _)| *id);
    let other = (ids[1], confirmed, json!([{ "sku": "TEA", "quantity": 3 }]));
    assert_eq!(main, [(ids[0], confirmed, tea.clone()), (ids[0], cancelled, tea), other]);
    assert_eq!(heard("north").await, [(ids[0], confirmed, cup.clone()), (ids[0], cancelled, cup)]);
}

#[tokio::test]
async fn what_stands_in_the_feed_is_pushed_until_that_works() {
    let shop = Shop::empty().await;
    let push = testing::Shop::new();
    push.faults.fail("warehouses.tell", FaultPoint::Before);
    let warehouses = shop.warehouses().and_push(push.clone());
    let notices = [shop.notice("main", 1, 4), shop.notice("main", 1, 6)];
    assert!(warehouses.tell(&notices).await.is_err());
    assert!(!push.faults.are_left() && push.contents().feed.is_empty(), "the push failed");
    assert_eq!(shop.feed("main").await.len(), 2, "the feed comes first");
    warehouses.tell(&notices).await.unwrap();
    assert_eq!(push.contents().feed, notices);
    assert_eq!(shop.feed("main").await.len(), 2);
}

/// Warehouses must miss nothing, so an order is not told in part; and nobody waits behind another's fault.
#[tokio::test]
async fn an_order_that_cannot_be_read_is_told_nothing_of_and_holds_no_other_up() {
    for (damage, mend) in [
        ("update orders set lines = lines || '5'::jsonb where id =", "update orders set lines = lines - 1 where id ="),
        (
            r#"update order_events set data = data || '{"n": 1e400}' where order_id ="#,
            "update order_events set data = data - 'n' where order_id =",
        ),
    ] {
        let shop = Shop::open().await;
        let ids = shop.reserve(&[&[("TEA", 1)], &[("CUP", 1)]]).await;
        for id in &ids {
            shop.confirm(*id).await;
        }
        shop.run(&format!("{damage} '{}'", ids[0])).await;
        let told_of = async || shop.feed("main").await.into_iter().map(|event| event.subject).collect::<Vec<_>>();
        let outcomes = dispatch_orders(shop.orders.as_ref(), &shop.warehouses(), &ids).await;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Retry(_))), "{damage}: {outcomes:?}");
        // What failed in company comes again alone.
        let alone = dispatch_orders(shop.orders.as_ref(), &shop.warehouses(), &ids[..1]).await;
        assert!(matches!(alone[..], [Outcome::Retry(_)]), "{damage}: {alone:?}");
        shop.dispatch(&ids[1..]).await;
        assert_eq!(told_of().await, [ids[1]], "{damage}");
        shop.run(&format!("{mend} '{}'", ids[0])).await;
        shop.dispatch(&ids[..1]).await;
        assert_eq!(told_of().await, [ids[1], ids[0]], "{damage}");
    }
}
