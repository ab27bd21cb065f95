//! Ports in front of the ports: many callers share few transactions, and one bad item fails alone.

use super::shop::{Shop, authorization, is_changed, submission};
use adapters::{
    batching::ports::{BatchingCatalogue, BatchingEventBus, BatchingIntake, BatchingLedger},
    postgres::{catalogue::PgCatalogue, runtime::event_bus::PgEventBus},
};
use futures_util::future::join_all;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use std::sync::Arc;
use workflows::{
    lifecycle::Command,
    ports::{Acceptance, Applied, Catalogue, EventBus, Intake, Ledger},
    wiring::rules,
};

/// Far fewer than callers: how many exactly depends on who comes when.
const FEW: i64 = 10;

impl Shop {
    /// Orders of one TEA each, and the front of their port.
    async fn with_orders(count: usize) -> (Self, BatchingLedger, Vec<OrderId>) {
        let shop = Self::open().await;
        let ids = shop.reserve(&vec![&[("TEA", 1)][..]; count]).await;
        let front = BatchingLedger::new(shop.orders.clone());
        (shop, front, ids)
    }

    /// How many transactions wrote the rows of a table as they are now.
    async fn transactions(&self, table: &str) -> i64 {
        self.value(&format!("select count(distinct xmin::text) from {table}")).await
    }
}

fn id_of(applied: &Applied) -> Option<OrderId> {
    match applied {
        Applied::Missing => None,
        Applied::Order { order, .. } => Some(order.id),
    }
}

#[tokio::test]
async fn many_callers_share_few_transactions_and_each_gets_its_own_answer() {
    let (shop, front, ids) = Shop::with_orders(300).await;
    let unknown = shop.order(&[]).id;
    let callers = ids.iter().chain([&unknown]).map(async |id| {
        let applied = front.apply_one(*id, Command::Cancel).await.unwrap();
        (*id, applied)
    });
    for (id, applied) in join_all(callers).await {
        assert_eq!(id_of(&applied), (id != unknown).then_some(id));
        assert!(id == unknown || is_changed(&applied));
    }
    assert!(shop.transactions("orders").await <= FEW);
    assert_eq!(shop.reserved_units("TEA").await, 0);
}

#[tokio::test]
async fn a_command_that_the_database_refuses_fails_alone() {
    let (shop, front, ids) = Shop::with_orders(20).await;
    for id in &ids {
        shop.change(*id, [Command::AskForPayment]).await;
    }
    shop.change(ids[0], [authorization("pi_taken")]).await;
    let callers = ids[1..].iter().map(async |id| {
        let name = if *id == ids[7] { "pi_taken".to_owned() } else { id.to_string() };
        front.apply_one(*id, authorization(&name)).await
    });
    let answers = join_all(callers).await;
    for (id, answer) in ids[1..].iter().zip(answers) {
        match answer {
            Ok(applied) => assert!(*id != ids[7] && is_changed(&applied)),
            Err(error) => assert!(*id == ids[7] && !error.away, "{}", error.chain()),
        }
    }
    assert_eq!(shop.value::<i64>("select count(*) from payments where state = 'authorized'").await, 19);
}

#[tokio::test]
async fn answers_to_a_batch_stand_in_its_order() {
    let (shop, front, ids) = Shop::with_orders(3).await;
    let unknown = shop.order(&[]).id;
    let batch = vec![(ids[2], Command::Cancel), (unknown, Command::Cancel), (ids[0], Command::Cancel)];
    let answers = front.apply(batch).await.unwrap();
    assert_eq!(answers.iter().map(id_of).collect::<Vec<_>>(), [Some(ids[2]), None, Some(ids[0])]);
}

#[tokio::test]
async fn a_database_that_is_away_is_away_for_every_caller() {
    let (shop, front, ids) = Shop::with_orders(5).await;
    shop.database.close().await;
    let answers = join_all(ids.iter().map(|id| front.apply_one(*id, Command::Cancel))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.away)), "{answers:?}");
}

#[tokio::test]
async fn many_submissions_share_few_transactions() {
    let shop = Shop::open().await;
    let front = BatchingIntake::new(shop.intake.clone());
    let orders: Vec<AcceptedOrder> = (0..300).map(|_| shop.order(&[("TEA", 1)])).collect();
    let callers = orders.iter().zip(0..).map(async |(order, n): (_, u32)| {
        let key = format!("key {}", n / 2);
        front.accept(vec![submission(order.clone(), &key, 1)]).await.unwrap().remove(0)
    });
    let answers = join_all(callers).await;
    for pair in answers.chunks(2) {
        let replays = pair.iter().filter(|answer| matches!(answer, Acceptance::Replayed { .. })).count();
        assert_eq!(replays, 1, "{pair:?}");
    }
    assert_eq!(shop.value::<i64>("select count(*) from messages").await, 150);
    assert!(shop.transactions("submissions").await <= FEW);
    assert_eq!(front.find(orders[0].id).await.unwrap().map(|order| order.customer), Some("zoe".to_owned()));
}

#[tokio::test]
async fn a_submission_that_the_database_refuses_fails_alone() {
    let shop = Shop::open().await;
    let front = BatchingIntake::new(shop.intake.clone());
    let callers = (0..20).map(async |n| {
        // PostgreSQL keeps every character but this one.
        let customer = if n == 7 { "zoe\0" } else { "zoe" };
        let order = AcceptedOrder { customer: customer.into(), ..shop.order(&[("TEA", 1)]) };
        front.accept(vec![submission(order, &format!("key {n}"), 1)]).await
    });
    for (n, answer) in join_all(callers).await.into_iter().enumerate() {
        match answer {
            Ok(answers) => assert!(n != 7 && answers == [Acceptance::Accepted]),
            Err(error) => assert!(n == 7 && !error.away, "{n}: {}", error.chain()),
        }
    }
    assert_eq!(shop.value::<i64>("select count(*) from messages where queue = 'intake'").await, 19);
}

#[tokio::test]
async fn events_told_by_many_share_few_statements() {
    let (shop, _, ids) = Shop::with_orders(300).await;
    let front = BatchingEventBus::new(Arc::new(PgEventBus::new(shop.database.clone(), &rules()).unwrap()));
    let mut told = Vec::new();
    for id in &ids {
        told.push(shop.orders.events(*id).await.unwrap());
    }
    for answer in join_all(told.iter().map(|events| front.publish(events))).await {
        answer.unwrap();
    }
    // Of an order's two first events a search hears one.
    assert_eq!(shop.value::<i64>("select count(distinct subject) from messages where queue = 'index'").await, 300);
    assert_eq!(shop.value::<i64>("select count(*) from messages").await, 300);
    assert!(shop.transactions("messages").await <= FEW);
    front.publish(&[]).await.unwrap();
}

#[tokio::test]
async fn orders_whose_skus_are_looked_up_together_each_learn_of_their_own() {
    let shop = Shop::open().await;
    let front = BatchingCatalogue::new(Arc::new(PgCatalogue::new(shop.database.for_callers(), shop.clock.clone())));
    // Readers have every connection that they may have.
    let reading = &shop.database.reading;
    let held = join_all((0..reading.options().get_max_connections()).map(|_| reading.acquire())).await;
    assert!(held.iter().all(Result::is_ok));
    let asked = [vec!["TEA"], vec!["NONE"], vec!["CUP", "NONE", "RARE"], vec![]];
    let callers = asked.iter().cycle().take(100).map(async |skus| {
        let skus: Vec<String> = skus.iter().map(|sku| (*sku).to_owned()).collect();
        let known = front.known(&skus).await.unwrap();
        let expected = skus.into_iter().filter(|sku| sku != "NONE").collect();
        assert_eq!(known, expected);
    });
    join_all(callers).await;
}
