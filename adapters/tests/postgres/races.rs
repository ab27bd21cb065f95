//! Orders under racers: nothing oversold, nothing taken twice, no two winners, no circle of waiting.

use super::shop::{Shop, authorization, delivery, is_changed, verdict};
use futures_util::future::join_all;
use schemas::{api::order::Reason, ids::OrderId, kept::AcceptedOrder};
use workflows::{
    lifecycle::{Command, Verdict},
    order::State,
    ports::{Applied, Ledger, Reservations},
};

fn rejection() -> Command {
    Command::Reject { reason: Reason::PaymentUnavailable, detail: None }
}

impl Shop {
    /// The stock held is what the orders that hold some say, and events have no gap.
    async fn stock_and_events_agree(&self) {
        let wrong: i64 = self
            .value(
                "select count(*) from stock s where reserved <> (
                     select coalesce(sum((line ->> 'quantity')::bigint), 0)
                     from orders o, jsonb_array_elements(o.lines) as line
                     where o.status in ('reserved', 'confirmed') and line ->> 'sku' = s.sku)",
            )
            .await;
        assert_eq!(wrong, 0, "stock that no order holds, or too little of it");
        let gaps: i64 = self
            .value(
                "select count(*) from orders o where version <> (
                     select count(*) from order_events e
                     where e.order_id = o.id and e.sequence between 1 and o.version)",
            )
            .await;
        assert_eq!(gaps, 0, "orders whose events have a gap");
    }

    async fn count(&self, status: &str) -> i64 {
        self.value(&format!("select count(*) from orders where status = '{status}'")).await
    }
}

#[tokio::test]
async fn racers_that_reserve_the_same_orders_take_their_stock_once() {
    let shop = Shop::open().await;
    let batch: Vec<AcceptedOrder> = (0..30).map(|_| shop.order(&[("TEA", 1), ("CUP", 2)])).collect();
    let racers = (0..6).map(async |racer| {
        let mut batch = batch.clone();
        if racer % 2 == 1 {
            batch.reverse();
        }
        let mut told: Vec<_> = shop
            .orders
            .reserve(batch)
            .await
            .unwrap()
            .into_iter()
            .map(|r| (r.order.id, r.order.state, r.events))
            .collect();
        told.sort_by_key(|(id, _, _)| *id);
        told
    });
    let answers = join_all(racers).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "all racers are told the same");
    assert_eq!((shop.reserved_units("TEA").await, shop.reserved_units("CUP").await), (30, 60));
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn racers_that_refuse_the_same_orders_do_not_wait_for_each_other_in_a_circle() {
    let shop = Shop::open().await;
    let batch: Vec<AcceptedOrder> = (0..300).map(|_| shop.order(&[("NONE", 1)])).collect();
    for _ in 0..3 {
        let racers = (0..6).map(async |racer| {
            let mut batch = batch.clone();
            if racer % 2 == 1 {
                batch.reverse();
            }
            assert_eq!(shop.orders.reserve(batch).await.unwrap().len(), 300);
        });
        join_all(racers).await;
        assert_eq!(shop.count("rejected").await, 300);
        shop.run("delete from order_events; delete from orders").await;
    }
}

#[tokio::test]
async fn a_hot_sku_is_sold_to_the_last_unit_and_no_further() {
    let shop = Shop::empty().await;
    shop.catalogue.import(&[delivery("HOT", "Hot", 100, 0, 50)], "t", |_| ()).await.unwrap();
    let racers = (0..12).map(async |_| {
        let batch = (0..10).map(|_| shop.order(&[("HOT", 1)])).collect();
        shop.orders.reserve(batch).await.unwrap();
    });
    join_all(racers).await;
    assert_eq!((shop.count("reserved").await, shop.count("rejected").await), (50, 70));
    assert_eq!(shop.value::<i64>("select free from stock").await, 0);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn orders_with_lines_in_opposite_order_do_not_wait_for_each_other_in_a_circle() {
    let shop = Shop::empty().await;
    let skus: Vec<String> = (0..40).map(|n| format!("S{n:02}")).collect();
    // Imported backwards, so that the rows do not lie in the order of the SKUs.
    for sku in skus.iter().rev() {
        shop.catalogue.import(&[delivery(sku, sku, 100, 0, 1_000)], "t", |_| ()).await.unwrap();
    }
    let racers = (0..10).map(async |racer| {
        for round in 0..4 {
            let mut lines: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
            if racer % 2 == 1 {
                lines.reverse();
            }
            let order = shop.order(&lines);
            shop.orders.reserve(vec![order.clone()]).await.unwrap();
            if round % 2 == 0 {
                assert!(is_changed(&shop.apply(order.id, Command::Cancel).await));
            }
        }
    });
    join_all(racers).await;
    assert_eq!(shop.count("reserved").await, 20);
    assert_eq!(shop.reserved_units("S07").await, 20);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn of_racers_that_confirm_and_refuse_an_order_exactly_one_wins() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 20]).await;
    for id in &ids {
        shop.change(*id, [Command::AskForPayment, authorization(&id.to_string())]).await;
    }
    let racers = (0..6).map(async |racer| {
        let command = if racer % 2 == 0 { Command::Confirm } else { rejection() };
        let mut batch: Vec<(OrderId, Command)> = ids.iter().map(|id| (*id, command.clone())).collect();
        if racer % 3 == 1 {
            batch.reverse();
        }
        let answers = shop.orders.apply(batch.clone()).await.unwrap();
        batch.into_iter().map(|(id, _)| id).zip(answers).collect::<Vec<_>>()
    });
    let answers = join_all(racers).await.concat();
    for id in &ids {
        let winners = answers.iter().filter(|(of, applied)| of == id && is_changed(applied)).count();
        assert_eq!(winners, 1);
    }
    assert_eq!(shop.count("confirmed").await + shop.count("rejected").await, 20);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn of_racers_that_cancel_an_order_one_gives_its_stock_back_and_all_tell_the_same() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 5)], &[("TEA", 7)]]).await[0];
    let answers = join_all((0..8).map(async |_| shop.apply(id, Command::Cancel).await)).await;
    assert_eq!(answers.iter().filter(|applied| is_changed(applied)).count(), 1);
    let told: Vec<_> = answers
        .iter()
        .map(|applied| match applied {
            Applied::Order { events, .. } => events.clone(),
            Applied::Missing => panic!("it is there"),
        })
        .collect();
    assert_eq!(told[0].len(), 1);
    assert!(told.iter().all(|events| *events == told[0]));
    assert_eq!(shop.reserved_units("TEA").await, 7);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn an_order_confirmed_and_cancelled_at_once_ends_cancelled_and_holds_nothing() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 10]).await;
    for id in &ids {
        shop.change(*id, [Command::AskForPayment, authorization(&id.to_string())]).await;
    }
    let racers = ids.iter().flat_map(|id| [(*id, Command::Confirm), (*id, Command::Cancel)]);
    let answers = join_all(racers.map(async |(id, command)| (command.clone(), shop.apply(id, command).await))).await;
    for (command, applied) in &answers {
        // A confirmation either came first, or came too late.
        let too_late = *command == Command::Confirm && verdict(applied) == Some(&Verdict::Refused);
        assert!(is_changed(applied) || too_late, "{applied:?}");
    }
    assert_eq!(shop.count("cancelled").await, 10);
    assert_eq!(shop.reserved_units("TEA").await, 0);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn a_request_to_cancel_that_loses_against_a_refusal_is_told_so() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    // Somebody is refusing the order and has not committed yet.
    let mut other = shop.database.durable.begin().await.unwrap();
    sqlx::query("update orders set status = 'rejected', reason = 'reservation_expired' where id = $1")
        .bind(id.0)
        .execute(&mut *other)
        .await
        .unwrap();
    let (answer, ()) = tokio::join!(shop.orders.apply_one(id, Command::AskToCancel), async {
        shop.somebody_waits_for_a_lock().await;
        other.commit().await.unwrap();
    });
    assert!(matches!(answer.unwrap(), Applied::Order { verdict: Verdict::Refused, .. }));
    assert!(matches!(shop.load(id).await.state, State::Rejected { .. }));
}

#[tokio::test]
async fn of_a_promised_cancellation_and_a_refusal_at_once_the_promise_is_kept() {
    let shop = Shop::open().await;
    let orders: Vec<AcceptedOrder> = (0..20).map(|_| shop.order(&[("TEA", 1)])).collect();
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    shop.orders.reserve(orders).await.unwrap();
    let racers = ids.iter().enumerate().map(async |(place, id)| {
        let refuse = async || shop.orders.apply(vec![(*id, rejection())]).await.unwrap();
        // Whoever comes first by chance: now the one is begun first, now the other.
        let (answer, _) = if place % 2 == 0 {
            tokio::join!(shop.orders.apply_one(*id, Command::AskToCancel), refuse())
        } else {
            let (refused, answer) = tokio::join!(refuse(), shop.orders.apply_one(*id, Command::AskToCancel));
            (answer, refused)
        };
        let order = shop.orders.load(&[*id]).await.unwrap().remove(0);
        match answer.unwrap() {
            Applied::Order { verdict: Verdict::Changed(_), .. } => {
                shop.orders.apply(vec![(*id, Command::Cancel)]).await.unwrap();
                assert_eq!(shop.orders.load(&[*id]).await.unwrap().remove(0).state, State::Cancelled);
            }
            Applied::Order { verdict: Verdict::Refused, .. } => assert!(matches!(order.state, State::Rejected { .. })),
            // The refusal found the wish, and carried it out before the answer was made.
            Applied::Order { verdict: Verdict::Already, .. } => assert_eq!(order.state, State::Cancelled),
            Applied::Missing => panic!("it is stored"),
        }
    });
    join_all(racers).await;
    assert_eq!(shop.reserved_units("TEA").await, 0);
    shop.stock_and_events_agree().await;
}

#[tokio::test]
async fn a_reservation_that_is_over_ends_cancelled_if_that_was_promised() {
    let shop = Shop::open().await;
    let order = shop.order(&[("TEA", 1)]);
    let id = order.id;
    shop.orders.reserve(vec![order]).await.unwrap();
    assert!(is_changed(&shop.orders.apply_one(id, Command::AskToCancel).await.unwrap()));
    shop.run("update orders set reserved_until = '2000-01-01'").await;
    let applied = shop.orders.apply(vec![(id, Command::Expire)]).await.unwrap();
    assert!(is_changed(&applied[0]));
    assert_eq!(shop.orders.load(&[id]).await.unwrap().remove(0).state, State::Cancelled);
    shop.stock_and_events_agree().await;
}
