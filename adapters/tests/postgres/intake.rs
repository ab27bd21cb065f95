//! The intake: one key makes one order and one message, whoever repeats it and whenever.

use super::shop::{Shop, submission};
use futures_util::future::join_all;
use schemas::kept::AcceptedOrder;
use serde_json::Value;
use workflows::{
    ports::{Acceptance, Intake, Reservations},
    wiring::QueueName,
};

impl Shop {
    async fn submissions(&self) -> i64 {
        self.value("select count(*) from submissions").await
    }

    async fn waiting(&self) -> i64 {
        self.value("select count(*) from messages where queue = 'intake'").await
    }

    /// Submits the order under key `k`, and says what became of it.
    async fn submit(&self, order: &AcceptedOrder, fingerprint: u8) -> Acceptance {
        self.intake.accept(vec![submission(order.clone(), "k", fingerprint)]).await.unwrap().remove(0)
    }
}

fn replay_of(order: &AcceptedOrder) -> Acceptance {
    Acceptance::Replayed { id: order.id, accepted_at: order.accepted_at }
}

#[tokio::test]
async fn a_new_key_stores_the_order_and_puts_it_on_its_queue() {
    let shop = Shop::empty().await;
    let order = shop.order(&[("TEA", 2)]);
    let mut listener = shop.listener().await;
    assert_eq!(shop.submit(&order, 1).await, Acceptance::Accepted);
    assert_eq!(super::shop::heard(&mut listener).await, "intake");
    let body: Value = shop.value("select body from messages where queue = 'intake'").await;
    assert_eq!(serde_json::from_value::<AcceptedOrder>(body).unwrap(), order);
    let found = shop.intake.find(order.id).await.unwrap().unwrap();
    assert_eq!(found, AcceptedOrder { traceparent: None, ..order });
}

#[tokio::test]
async fn the_same_request_under_a_used_key_is_a_replay() {
    let shop = Shop::empty().await;
    let (first, second) = (shop.order(&[("TEA", 2)]), shop.order(&[("TEA", 2)]));
    assert_eq!(shop.submit(&first, 1).await, Acceptance::Accepted);
    assert_eq!(shop.submit(&second, 1).await, replay_of(&first));
    assert_eq!((shop.submissions().await, shop.waiting().await), (1, 1));
    assert_eq!(shop.intake.find(second.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_differs_by_what_was_sent_empty_is_a_replay_whichever_came_first() {
    let shop = Shop::empty().await;
    let plain = shop.order(&[("TEA", 2)]);
    let mut empty = shop.order(&[("TEA", 2)]);
    // As release 0.1.0 kept it.
    empty.request.shipping_address.line2 = Some(String::new());
    for (key, first, second) in [("k1", &empty, &plain), ("k2", &plain, &empty)] {
        let accept = async |order: &AcceptedOrder, fingerprint| {
            let order = AcceptedOrder { id: shop.order(&[]).id, ..order.clone() };
            (order.clone(), shop.intake.accept(vec![submission(order, key, fingerprint)]).await.unwrap().remove(0))
        };
        let (accepted, answer) = accept(first, 1).await;
        assert_eq!(answer, Acceptance::Accepted);
        assert_eq!(accept(second, 2).await.1, replay_of(&accepted));
    }
    assert_eq!((shop.submissions().await, shop.waiting().await), (2, 2));
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused() {
    let shop = Shop::empty().await;
    assert_eq!(shop.submit(&shop.order(&[("TEA", 2)]), 1).await, Acceptance::Accepted);
    assert_eq!(shop.submit(&shop.order(&[("TEA", 3)]), 2).await, Acceptance::KeyReused);
    assert_eq!((shop.submissions().await, shop.waiting().await), (1, 1));
}

#[tokio::test]
async fn of_several_with_one_key_in_a_batch_the_first_is_accepted() {
    let shop = Shop::empty().await;
    let orders = [1, 1, 2, 1].map(|quantity| shop.order(&[("TEA", quantity)]));
    let fingerprints = [1, 1, 2, 1];
    let batch = orders.iter().zip(fingerprints).map(|(order, print)| submission(order.clone(), "k", print)).collect();
    let answers = shop.intake.accept(batch).await.unwrap();
    let again = replay_of(&orders[0]);
    assert_eq!(answers, [Acceptance::Accepted, again.clone(), Acceptance::KeyReused, again]);
    assert_eq!((shop.submissions().await, shop.waiting().await), (1, 1));
}

#[tokio::test]
async fn racers_with_the_same_keys_make_one_order_and_one_message_for_each() {
    let shop = Shop::empty().await;
    let keys: Vec<String> = (0..20).map(|n| format!("key {n}")).collect();
    let racers = (0..12).map(async |racer| {
        let mut batch: Vec<_> = keys.iter().map(|key| submission(shop.order(&[("TEA", 1)]), key, 1)).collect();
        if racer % 2 == 1 {
            batch.reverse();
        }
        let ids: Vec<_> = batch.iter().map(|s| (s.key.clone(), s.order.id)).collect();
        ids.into_iter().zip(shop.intake.accept(batch).await.unwrap()).collect::<Vec<_>>()
    });
    let answers = join_all(racers).await.concat();
    for key in &keys {
        let of_key: Vec<_> = answers.iter().filter(|((of, _), _)| of == key).collect();
        let winners: Vec<_> = of_key.iter().filter(|(_, answer)| *answer == Acceptance::Accepted).collect();
        assert_eq!(winners.len(), 1);
        let winner = winners[0].0.1;
        for ((_, id), answer) in &of_key {
            let same = matches!(answer, Acceptance::Replayed { id, .. } if *id == winner);
            assert!(*id == winner || same, "{answer:?}");
        }
    }
    assert_eq!((shop.submissions().await, shop.waiting().await), (20, 20));
}

#[tokio::test]
async fn a_replay_sends_a_lost_message_again_as_it_was() {
    let shop = Shop::empty().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.submit(&order, 1).await;
    shop.run("delete from messages").await;
    assert_eq!(shop.submit(&shop.order(&[("TEA", 2)]), 1).await, replay_of(&order));
    let body: Value = shop.value("select body from messages where queue = 'intake'").await;
    let sent: AcceptedOrder = serde_json::from_value(body).unwrap();
    assert_eq!(sent, AcceptedOrder { traceparent: None, ..order });
}

#[tokio::test]
async fn a_request_that_does_not_match_sends_nothing_again() {
    let shop = Shop::empty().await;
    shop.submit(&shop.order(&[("TEA", 2)]), 1).await;
    shop.run("delete from messages").await;
    shop.submit(&shop.order(&[("TEA", 3)]), 2).await;
    assert_eq!(shop.waiting().await, 0);
}

#[tokio::test]
async fn a_replay_sends_no_second_message_while_the_first_waits_anywhere() {
    let shop = Shop::empty().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.submit(&order, 1).await;
    let in_hand = "update messages set instance = 1, visible_at = now() + interval '1 minute'";
    for state in ["", in_hand, "update messages set queue = 'intake-dlq'"] {
        shop.run(state).await;
        assert_eq!(shop.submit(&order, 1).await, replay_of(&order));
        assert_eq!(shop.value::<i64>("select count(*) from messages").await, 1, "{state}");
    }
}

#[tokio::test]
async fn a_replay_of_an_order_that_is_stored_sends_nothing() {
    let shop = Shop::open().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.submit(&order, 1).await;
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    shop.run("delete from messages").await;
    assert_eq!(shop.submit(&order, 1).await, replay_of(&order));
    assert_eq!(shop.waiting().await, 0);
}

#[tokio::test]
async fn two_customers_may_use_the_same_key() {
    let shop = Shop::empty().await;
    let zoe = shop.order(&[("TEA", 2)]);
    let ann = AcceptedOrder { customer: "ann".into(), ..shop.order(&[("TEA", 2)]) };
    let batch = vec![submission(zoe, "k", 1), submission(ann, "k", 2)];
    assert_eq!(shop.intake.accept(batch).await.unwrap(), [Acceptance::Accepted, Acceptance::Accepted]);
    assert_eq!((shop.submissions().await, shop.waiting().await), (2, 2));
}

#[tokio::test]
async fn an_order_that_was_never_accepted_is_not_found() {
    let shop = Shop::empty().await;
    assert_eq!(shop.intake.find(shop.order(&[]).id).await.unwrap(), None);
}

#[tokio::test]
async fn a_replay_looks_at_its_own_message_only_however_many_wait() {
    let shop = Shop::empty().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.submit(&order, 1).await;
    shop.run(
        "insert into messages (queue, subject, body)
         select 'intake', gen_random_uuid(), '{}' from generate_series(1, 20000); analyze",
    )
    .await;
    let again = include_str!("../../sql/runtime/intake/send_again.sql");
    let (names, queue) = (QueueName::Intake.names().join(","), QueueName::Intake);
    let arguments = format!("'{{{}}}'::uuid[], '{{{names}}}', '{queue}'", order.id);
    let rows = shop.most_rows_of_a_step(again, &arguments).await;
    assert!(rows <= 1, "{rows} rows");
    assert_eq!(shop.waiting().await, 20_001);
}

/// Release 0.1.0 notes no message, and may accept orders at the same time.
#[tokio::test]
async fn a_replay_of_what_an_older_release_accepted_sends_at_most_one_message_more() {
    let shop = Shop::empty().await;
    let order = shop.order(&[("TEA", 2)]);
    shop.submit(&order, 1).await;
    shop.run("update submissions set message = null").await;
    for _ in 0..3 {
        assert_eq!(shop.submit(&order, 1).await, replay_of(&order));
        assert_eq!(shop.waiting().await, 2);
    }
}

#[tokio::test]
async fn messages_of_a_batch_wait_in_the_order_they_came() {
    let shop = Shop::empty().await;
    let orders: Vec<AcceptedOrder> = (0..20).map(|_| shop.order(&[("TEA", 1)])).collect();
    // Keys sort the other way round.
    let batch = orders.iter().zip((10..30).rev()).map(|(order, key)| submission(order.clone(), &key.to_string(), 1));
    shop.intake.accept(batch.collect()).await.unwrap();
    let waiting: Vec<uuid::Uuid> = shop.value("select array_agg(subject order by id) from messages").await;
    assert_eq!(waiting, orders.iter().map(|order| order.id.0).collect::<Vec<_>>());
}
