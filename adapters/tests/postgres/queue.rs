//! The queues: hidden while in hand, delivered again, set aside after five failures, and put back.

use super::shop::{Shop, eventually, heard};
use adapters::postgres::queue::{Received, Return};
use futures_util::future::join_all;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::ports::{OutgoingMessage, Queue};

const BLINK: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(600);

fn letters(count: u128) -> Vec<OutgoingMessage> {
    (0..count).map(|n| OutgoingMessage { subject: Uuid::from_u128(n), body: json!({ "n": n.to_string() }) }).collect()
}

impl Shop {
    async fn receive(&self, max: i64, visibility: Duration) -> Vec<Received> {
        self.queue.receive("invoice", max, visibility, 7).await.unwrap()
    }

    /// The one message of the queue, as soon as it is due.
    async fn next(&self, visibility: Duration) -> Received {
        eventually("the message", async || self.receive(1, visibility).await.pop()).await
    }

    async fn return_it(&self, message: &Received, counts: bool) {
        let (id, receive_count) = (message.id, message.receive_count);
        let back = Return { id, receive_count, counts, delay: Duration::ZERO, error: format!("try {receive_count}") };
        self.queue.give_back("invoice", &[back]).await.unwrap();
    }

    async fn messages(&self) -> i64 {
        self.value("select count(*) from messages").await
    }

    /// Three messages set aside: two of queue `invoice`, one of queue `index`.
    async fn three_dead_letters(&self) -> Vec<i64> {
        self.run(
            "insert into messages (queue, body, receive_count, abandoned, last_error, visible_at)
             select queue, '{}', 5, 3, 'broken', now() + interval '1 day'
             from unnest(array['invoice-dlq', 'invoice-dlq', 'index-dlq']) as queue",
        )
        .await;
        self.value("select array_agg(id order by id) from messages").await
    }
}

#[tokio::test]
async fn a_message_in_hand_is_hidden_from_everybody() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    let received = shop.receive(10, LONG).await;
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].receive_count, &received[0].body), (1, &json!({ "n": "0" })));
    assert_eq!(received[0].subject, Some(Uuid::from_u128(0)));
    assert!(shop.receive(10, LONG).await.is_empty());
    let hidden = shop.queue.next_due("invoice").await.unwrap().unwrap() - received[0].sent_at;
    assert!(hidden >= LONG, "{hidden}");
}

#[tokio::test]
async fn a_message_that_nobody_deletes_comes_again_and_is_counted() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    let first = shop.next(BLINK).await;
    let second = shop.next(LONG).await;
    assert_eq!((second.id, second.receive_count), (first.id, 2));
    assert_eq!(second.sent_at, first.sent_at);
}

#[tokio::test]
async fn of_many_receivers_no_two_get_the_same_message() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(300)).await.unwrap();
    let racers = (0..10).map(async |_| {
        let mut got = Vec::new();
        loop {
            let more = shop.receive(7, LONG).await;
            if more.is_empty() {
                return got;
            }
            got.extend(more);
        }
    });
    let mut all = join_all(racers).await.concat();
    // Whoever found every message locked by others may have stopped early.
    all.extend(shop.receive(300, LONG).await);
    assert_eq!(all.len(), 300);
    assert_eq!(all.iter().map(|message| message.id).collect::<BTreeSet<_>>().len(), 300);
    assert!(all.iter().all(|message| message.receive_count == 1));
}

#[tokio::test]
async fn a_stale_receipt_deletes_nothing_and_gives_nothing_back() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    let stale = shop.next(BLINK).await;
    let fresh = shop.next(LONG).await;
    shop.queue.delete(&[(stale.id, stale.receive_count)]).await.unwrap();
    shop.return_it(&stale, true).await;
    assert_eq!(shop.messages().await, 1);
    assert!(shop.receive(1, LONG).await.is_empty(), "it is in another's hand");
    shop.queue.delete(&[(fresh.id, fresh.receive_count)]).await.unwrap();
    assert_eq!(shop.messages().await, 0);
}

#[tokio::test]
async fn the_fifth_failure_sets_a_message_aside_with_its_error() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    for times in 1..=5 {
        assert!(shop.queue.dead_letters(None, 10).await.unwrap().is_empty());
        let message = shop.next(LONG).await;
        assert_eq!(message.receive_count, times);
        shop.return_it(&message, true).await;
    }
    let dead = shop.queue.dead_letters(Some("invoice"), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].queue.as_str(), dead[0].receive_count), ("invoice-dlq", 5));
    assert_eq!(dead[0].last_error.as_deref(), Some("try 5"));
    assert_eq!(shop.queue.dead_letter_body(dead[0].id).await.unwrap(), Some(json!({ "n": "0" })));
    assert!(shop.queue.dead_letters(Some("index"), 10).await.unwrap().is_empty());
    assert!(shop.receive(1, LONG).await.is_empty());
}

#[tokio::test]
async fn a_delivery_that_does_not_count_never_sets_a_message_aside() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    for _ in 0..30 {
        let message = shop.next(LONG).await;
        assert_eq!(message.receive_count, 1);
        shop.return_it(&message, false).await;
    }
    assert!(shop.queue.dead_letters(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_given_back_with_a_delay_is_hidden_for_that_long() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    let message = shop.next(BLINK).await;
    let back = Return { id: message.id, receive_count: 1, counts: true, delay: LONG, error: "later".into() };
    shop.queue.give_back("invoice", &[back]).await.unwrap();
    assert!(shop.receive(1, LONG).await.is_empty());
    assert!(shop.queue.next_due("invoice").await.unwrap().unwrap() - message.sent_at >= LONG);
}

#[tokio::test]
async fn a_message_received_five_times_and_never_dealt_with_is_set_aside() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(1)).await.unwrap();
    for _ in 0..5 {
        shop.next(BLINK).await;
    }
    eventually("the dead letter", async || {
        assert!(shop.receive(1, BLINK).await.is_empty(), "a sixth delivery");
        shop.queue.dead_letters(Some("invoice-dlq"), 10).await.unwrap().pop()
    })
    .await;
}

#[tokio::test]
async fn a_message_abandoned_twenty_times_is_set_aside() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(2)).await.unwrap();
    shop.run("update messages set abandoned = 18 + (body ->> 'n')::integer + 1").await;
    let received = shop.receive(10, LONG).await;
    assert_eq!(received.iter().map(|m| m.subject.unwrap().as_u128()).collect::<Vec<_>>(), [0]);
    let dead = shop.queue.dead_letters(None, 10).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.order_id.unwrap().as_u128()).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn one_message_is_redriven_with_a_clean_slate_and_wakes_its_queue() {
    let shop = Shop::empty().await;
    let ids = shop.three_dead_letters().await;
    let mut listener = shop.listener().await;
    assert_eq!(shop.queue.redrive(Some(ids[1]), None).await.unwrap(), 1);
    assert_eq!(heard(&mut listener).await, "invoice");
    let received = shop.receive(10, LONG).await;
    assert_eq!(received.iter().map(|m| (m.id, m.receive_count)).collect::<Vec<_>>(), [(ids[1], 1)]);
    assert_eq!(shop.value::<i32>(&format!("select abandoned from messages where id = {}", ids[1])).await, 0);
    assert_eq!(shop.queue.dead_letters(None, 10).await.unwrap().len(), 2);
    assert_eq!(shop.queue.redrive(Some(ids[1]), None).await.unwrap(), 0, "it is set aside no more");
}

#[tokio::test]
async fn a_queue_is_redriven_under_either_of_its_names() {
    for name in ["invoice", "invoice-dlq"] {
        let shop = Shop::empty().await;
        let ids = shop.three_dead_letters().await;
        assert_eq!(shop.queue.redrive(None, Some(name)).await.unwrap(), 2);
        assert_eq!(shop.receive(10, LONG).await.iter().map(|m| m.id).collect::<Vec<_>>(), ids[..2]);
        let left = shop.queue.dead_letters(None, 10).await.unwrap();
        assert_eq!(left.iter().map(|letter| letter.id).collect::<Vec<_>>(), ids[2..]);
    }
}

#[tokio::test]
async fn everything_is_redriven_and_every_queue_woken() {
    let shop = Shop::empty().await;
    shop.three_dead_letters().await;
    let mut listener = shop.listener().await;
    assert_eq!(shop.queue.redrive(None, None).await.unwrap(), 3);
    let woken = BTreeSet::from([heard(&mut listener).await, heard(&mut listener).await]);
    assert_eq!(woken, BTreeSet::from(["index".to_owned(), "invoice".to_owned()]));
    assert!(shop.queue.dead_letters(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn messages_come_by_due_time_and_then_by_id() {
    let shop = Shop::empty().await;
    shop.queue.send("invoice", letters(4)).await.unwrap();
    shop.run("update messages set visible_at = now() - interval '1 hour' where body ->> 'n' in ('1', '3')").await;
    let mut order = Vec::new();
    while let Some(message) = shop.receive(1, LONG).await.pop() {
        order.push(message.subject.unwrap().as_u128());
    }
    assert_eq!(order, [1, 3, 0, 2]);
}

#[tokio::test]
async fn the_next_due_time_is_that_of_the_queue_asked_for() {
    let shop = Shop::empty().await;
    assert_eq!(shop.queue.next_due("invoice").await.unwrap(), None);
    shop.queue.send("index", letters(1)).await.unwrap();
    assert_eq!(shop.queue.next_due("invoice").await.unwrap(), None);
    shop.run(
        "insert into messages (queue, body, visible_at)
         values ('invoice', '{}', '2100-01-02 00:00Z'), ('invoice', '{}', '2100-01-01 00:00Z')",
    )
    .await;
    let first = OffsetDateTime::from_unix_timestamp(4_102_444_800).unwrap();
    assert_eq!(shop.queue.next_due("invoice").await.unwrap(), Some(first));
}

#[tokio::test]
async fn depths_count_what_is_in_hand_and_say_how_old_the_oldest_is() {
    let shop = Shop::empty().await;
    assert_eq!(shop.queue.depths().await.unwrap(), []);
    shop.queue.send("invoice", letters(3)).await.unwrap();
    shop.queue.send("index", letters(1)).await.unwrap();
    shop.receive(1, LONG).await;
    shop.run("update messages set sent_at = now() - interval '90 seconds' where queue = 'invoice' and subject = '00000000-0000-0000-0000-000000000002'").await;
    let depths = shop.queue.depths().await.unwrap();
    let counts: Vec<(&str, i64)> = depths.iter().map(|depth| (depth.queue.as_str(), depth.messages)).collect();
    assert_eq!(counts, [("index", 1), ("invoice", 3)]);
    assert!(depths[1].oldest_seconds >= 90 && depths[0].oldest_seconds < 90, "{depths:?}");
}

#[tokio::test]
async fn sending_many_messages_wakes_listeners_once() {
    let shop = Shop::empty().await;
    let mut listener = shop.listener().await;
    shop.queue.send("invoice", letters(50)).await.unwrap();
    assert_eq!(heard(&mut listener).await, "invoice");
    shop.run("notify sluice, 'afterwards'").await;
    assert_eq!(heard(&mut listener).await, "afterwards");
}
