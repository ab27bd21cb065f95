//! The queues: hidden while in hand, delivered again, set aside after five failures, and redriven.

use super::shop::{Shop, eventually, heard};
use adapters::postgres::runtime::{
    lease::Lease,
    queue::{BatchLimits, Received, Return},
    queue_depths::COUNTED,
};
use futures_util::future::join_all;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;
use workflows::{
    ports::{OutgoingMessage, Queue},
    wiring::QueueName,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn letters(count: u128) -> Vec<OutgoingMessage> {
    (0..count).map(|n| OutgoingMessage { subject: Uuid::from_u128(n), body: json!({ "n": n.to_string() }) }).collect()
}

/// So many messages, of whatever size.
fn limits(messages: i64) -> BatchLimits {
    BatchLimits { messages, bytes: i64::MAX, from: None }
}

impl Shop {
    async fn receive(&self, max: i64) -> Vec<Received> {
        self.queue.receive(QueueName::Invoice, "invoice", limits(max), Lease::default(), 7).await.unwrap()
    }

    /// The one message of the queue, as soon as it is due.
    async fn next(&self) -> Received {
        eventually("the message", async || self.receive(1).await.pop()).await
    }

    /// The leases of all that is in hand have ended, and nobody settled it.
    async fn lapse(&self) {
        self.time_passes(HOUR).await;
    }

    async fn return_it(&self, message: &Received, counts: bool) {
        let error = format!("try {}", message.receive_count);
        let back = Return { receipt: message.receipt, counts, delay: Duration::ZERO, error };
        self.queue.give_back(QueueName::Invoice, &[back]).await.unwrap();
    }

    async fn delete(&self, message: &Received) {
        self.queue.delete(&[message.receipt]).await.unwrap();
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
async fn a_message_in_hand_is_hidden_from_everybody_while_its_lease_lasts() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let received = shop.receive(10).await;
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].receive_count, &received[0].body), (1, &json!({ "n": "0" })));
    assert_eq!(received[0].subject, Some(Uuid::from_u128(0)));
    assert!(shop.receive(10).await.is_empty());
    let hidden = shop.queue.next_due("invoice", None).await.unwrap().unwrap();
    assert!((Duration::from_secs(10)..=Duration::from_secs(20)).contains(&hidden), "{hidden:?}");
    shop.time_passes(Duration::from_secs(21)).await;
    assert_eq!(shop.receive(10).await.len(), 1);
}

#[tokio::test]
async fn a_delivery_whose_lease_lapsed_is_no_failure_of_the_message() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let first = shop.next().await;
    shop.lapse().await;
    let second = shop.next().await;
    assert_eq!((second.receipt.id, second.receive_count), (first.receipt.id, 1));
    assert_ne!(second.receipt, first.receipt);
    assert!(second.age >= HOUR, "{:?}", second.age);
    shop.return_it(&second, true).await;
    assert_eq!(shop.next().await.receive_count, 2, "a failure is one");
}

#[tokio::test]
async fn what_is_carried_is_renewed_and_what_is_not_is_let_go_of() {
    let shop = Shop::empty().await;
    let lease = Lease::default();
    shop.queue.send(QueueName::Invoice, letters(3)).await.unwrap();
    let taken = shop.receive(2).await;
    let others = shop.queue.receive(QueueName::Invoice, "invoice", limits(1), lease, 8).await.unwrap();
    let carried = [taken[0].receipt, others[0].receipt];
    // The answer to a call that is as young as that may be on its way.
    assert_eq!(shop.queue.renew_leases(7, lease, &carried).await.unwrap(), 0);
    assert!(shop.receive(10).await.is_empty());
    shop.time_passes(lease.fresh() + Duration::from_secs(1)).await;
    let mut listener = shop.listener().await;
    assert_eq!(shop.queue.renew_leases(7, lease, &carried).await.unwrap(), 1);
    assert_eq!(heard(&mut listener).await, "invoice");
    let again = shop.next().await;
    assert_eq!((again.subject, again.receive_count), (taken[1].subject, 1));
    assert_eq!(shop.value::<i32>("select sum(abandoned)::integer from messages").await, 1);
    // The whole of a lease after it was taken: renewed, it is still in hand; the other process renewed nothing.
    shop.time_passes(Duration::from_secs(10)).await;
    let lapsed = shop.receive(10).await;
    assert_eq!(lapsed.iter().map(|message| message.subject).collect::<Vec<_>>(), [others[0].subject]);
    shop.delete(&taken[0]).await;
    assert_eq!(shop.messages().await, 2);
}

#[tokio::test]
async fn of_many_receivers_no_two_get_the_same_message() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(300)).await.unwrap();
    let racers = (0..10).map(async |_| {
        let mut got = Vec::new();
        loop {
            let more = shop.receive(7).await;
            if more.is_empty() {
                return got;
            }
            got.extend(more);
        }
    });
    let mut all = join_all(racers).await.concat();
    // Whoever found every message locked by others may have stopped early.
    all.extend(shop.receive(300).await);
    assert_eq!(all.len(), 300);
    assert_eq!(all.iter().map(|message| message.receipt.id).collect::<BTreeSet<_>>().len(), 300);
    assert!(all.iter().all(|message| message.receive_count == 1));
}

#[tokio::test]
async fn a_stale_receipt_deletes_nothing_gives_nothing_back_and_renews_nothing() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let stale = shop.next().await;
    shop.lapse().await;
    // Taken up by the very process that lost it: only the delivery tells them apart.
    let fresh = shop.next().await;
    shop.delete(&stale).await;
    shop.return_it(&stale, true).await;
    assert_eq!(shop.messages().await, 1);
    assert!(shop.receive(1).await.is_empty(), "it is in another's hand");
    shop.time_passes(Lease::default().fresh() + Duration::from_secs(1)).await;
    assert_eq!(shop.queue.renew_leases(7, Lease::default(), &[stale.receipt]).await.unwrap(), 1);
    shop.delete(&fresh).await;
    assert_eq!(shop.messages().await, 1, "it was let go of");
    let last = shop.next().await;
    shop.delete(&last).await;
    assert_eq!(shop.messages().await, 0);
}

#[tokio::test]
async fn a_receipt_is_good_for_its_own_process_only() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let woken = shop.next().await;
    // Release 0.1.0 counts no deliveries: it takes a message up under its own number.
    shop.run("update messages set instance = 8, receive_count = 2, visible_at = sluice_now() + interval '1 hour'")
        .await;
    shop.delete(&woken).await;
    shop.return_it(&woken, true).await;
    assert_eq!(shop.messages().await, 1);
    assert_eq!(shop.value::<i64>("select instance from messages").await, 8);
}

#[tokio::test]
async fn the_fifth_failure_sets_a_message_aside_with_its_error() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    for times in 1..=5 {
        assert!(shop.queue.dead_letters(None, 10).await.unwrap().is_empty());
        let message = shop.next().await;
        assert_eq!(message.receive_count, times);
        shop.return_it(&message, true).await;
    }
    let dead = shop.queue.dead_letters(Some("invoice"), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].queue.as_str(), dead[0].receive_count), ("invoice-dlq", 5));
    assert_eq!(dead[0].last_error.as_deref(), Some("try 5"));
    assert_eq!(shop.queue.dead_letter_body(dead[0].id).await.unwrap().unwrap(), r#"{"n": "0"}"#);
    assert!(shop.queue.dead_letters(Some("index"), 10).await.unwrap().is_empty());
    assert!(shop.receive(1).await.is_empty());
}

#[tokio::test]
async fn a_delivery_that_does_not_count_never_sets_a_message_aside() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    for _ in 0..30 {
        let message = shop.next().await;
        assert_eq!(message.receive_count, 1);
        shop.return_it(&message, false).await;
    }
    assert!(shop.queue.dead_letters(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_given_back_with_a_delay_is_hidden_for_that_long() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let message = shop.next().await;
    let back = Return { receipt: message.receipt, counts: true, delay: HOUR, error: "later".into() };
    shop.queue.give_back(QueueName::Invoice, &[back]).await.unwrap();
    assert!(shop.receive(1).await.is_empty());
    let hidden = shop.queue.next_due("invoice", None).await.unwrap().unwrap();
    assert!((HOUR / 2..=HOUR).contains(&hidden), "{hidden:?}");
}

#[tokio::test]
async fn a_message_whose_deliveries_all_lapse_is_set_aside_in_the_end() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    for times in 0..20 {
        let message = shop.next().await;
        assert_eq!((message.receive_count, message.receipt.delivery), (1, times + 1));
        shop.lapse().await;
    }
    assert!(shop.receive(1).await.is_empty(), "a twenty-first delivery");
    let dead = shop.queue.dead_letters(Some("invoice-dlq"), 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].receive_count), (1, 0));
}

#[tokio::test]
async fn a_message_abandoned_twenty_times_is_set_aside() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(2)).await.unwrap();
    shop.run("update messages set abandoned = 18 + (body ->> 'n')::integer + 1").await;
    let received = shop.receive(10).await;
    assert_eq!(received.iter().map(|m| m.subject.unwrap().as_u128()).collect::<Vec<_>>(), [0]);
    let dead = shop.queue.dead_letters(None, 10).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.order_id.unwrap().as_u128()).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn one_message_is_redriven_with_a_clean_slate_and_wakes_its_queue() {
    let shop = Shop::empty().await;
    let ids = shop.three_dead_letters().await;
    let mut listener = shop.listener().await;
    shop.run("update messages set sent_at = sluice_now() - interval '1 hour'").await;
    assert_eq!(shop.queue.redrive(Some(ids[1]), None).await.unwrap(), 1);
    let anew = "select count(*) from messages where sent_at > sluice_now() - interval '1 minute'";
    assert_eq!(shop.value::<i64>(anew).await, 1, "an audit does not find it tried for an hour");
    assert_eq!(heard(&mut listener).await, "invoice");
    let received = shop.receive(10).await;
    assert_eq!(received.iter().map(|m| (m.receipt.id, m.receive_count)).collect::<Vec<_>>(), [(ids[1], 1)]);
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
        assert_eq!(shop.receive(10).await.iter().map(|m| m.receipt.id).collect::<Vec<_>>(), ids[..2]);
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
    shop.queue.send(QueueName::Invoice, letters(4)).await.unwrap();
    shop.run("update messages set visible_at = now() - interval '1 hour' where body ->> 'n' in ('1', '3')").await;
    let mut order = Vec::new();
    while let Some(message) = shop.receive(1).await.pop() {
        order.push(message.subject.unwrap().as_u128());
    }
    assert_eq!(order, [1, 3, 0, 2]);
}

#[tokio::test]
async fn the_next_due_time_is_that_of_the_queue_asked_for() {
    let shop = Shop::empty().await;
    assert_eq!(shop.queue.next_due("invoice", None).await.unwrap(), None);
    shop.queue.send(QueueName::Index, letters(1)).await.unwrap();
    assert_eq!(shop.queue.next_due("invoice", None).await.unwrap(), None);
    shop.run(
        "insert into messages (queue, body, visible_at)
         values ('invoice', '{}', '2100-01-02 00:00Z'), ('invoice', '{}', '2100-01-01 00:00Z')",
    )
    .await;
    let due = shop.queue.next_due("invoice", None).await.unwrap().unwrap();
    let first: f64 =
        shop.value("select extract(epoch from timestamptz '2100-01-01 00:00Z' - sluice_now())::double precision").await;
    assert!((due.as_secs_f64() - first).abs() < 60.0, "{due:?}, {first} s");
}

#[tokio::test]
async fn depths_count_what_is_in_hand_and_say_how_old_the_oldest_is() {
    let shop = Shop::empty().await;
    let depths = async || {
        let names = ["index", "invoice"].map(str::to_owned);
        let depths = shop.queue.depths(&names).await.unwrap();
        depths.into_iter().map(|depth| (depth.queue, depth.messages, depth.oldest_seconds)).collect::<Vec<_>>()
    };
    assert_eq!(depths().await, [("index".to_owned(), 0, 0), ("invoice".to_owned(), 0, 0)]);
    shop.queue.send(QueueName::Invoice, letters(3)).await.unwrap();
    shop.queue.send(QueueName::Index, letters(1)).await.unwrap();
    shop.receive(1).await;
    shop.run("update messages set sent_at = now() - interval '90 seconds' where queue = 'invoice' and subject = '00000000-0000-0000-0000-000000000002'").await;
    let depths = depths().await;
    assert_eq!((depths[0].1, depths[1].1), (1, 3));
    assert!(depths[1].2 >= 90 && depths[0].2 < 90, "{depths:?}");
}

#[tokio::test]
async fn a_backlog_of_any_length_is_counted_up_to_a_bound() {
    let shop = Shop::empty().await;
    shop.run("insert into messages (queue, body) select 'index', '{}' from generate_series(1, 10050)").await;
    let depths = shop.queue.depths(&["index".to_owned()]).await.unwrap();
    assert_eq!((depths[0].messages, depths[0].messages), (COUNTED, 10_000));
}

#[tokio::test]
async fn sending_many_messages_wakes_listeners_once() {
    let shop = Shop::empty().await;
    let mut listener = shop.listener().await;
    shop.queue.send(QueueName::Invoice, letters(50)).await.unwrap();
    assert_eq!(heard(&mut listener).await, "invoice");
    shop.run("notify sluice, 'afterwards'").await;
    assert_eq!(heard(&mut listener).await, "afterwards");
}

#[tokio::test]
async fn what_is_sent_after_the_clock_was_set_back_is_found_from_a_floor_of_before() {
    let shop = Shop::empty().await;
    shop.time_passes(HOUR).await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let before = shop.next().await;
    let from = Some(before.last_due_at);
    shop.clock_is_put_right().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    assert_eq!(shop.queue.next_due("invoice", from).await.unwrap(), Some(Duration::ZERO));
    let found = shop
        .queue
        .receive(QueueName::Invoice, "invoice", BatchLimits { from, ..limits(10) }, Lease::default(), 7)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].last_due_at < before.last_due_at);
}

#[tokio::test]
async fn what_was_put_off_before_the_clock_was_set_back_is_due_at_once() {
    let shop = Shop::empty().await;
    let queues = workflows::wiring::queue_names();
    shop.time_passes(HOUR).await;
    for queue in &queues {
        shop.run(&format!("insert into messages (queue, body) values ('{queue}', '{{}}'), ('{queue}', '{{}}')")).await;
    }
    let taken = shop.receive(1).await.remove(0);
    assert_eq!(shop.queue.hasten(&queues).await.unwrap(), 0, "its clock is right");
    shop.clock_is_put_right().await;
    assert!(shop.receive(10).await.is_empty(), "it is due in an hour");
    let mut listener = shop.listener().await;
    assert_eq!(shop.queue.hasten(&queues).await.unwrap(), queues.len() * 2);
    assert!(queues.contains(&heard(&mut listener).await));
    assert_eq!(shop.queue.hasten(&queues).await.unwrap(), 0);
    assert_eq!(shop.receive(10).await.len(), 1, "the other one is in hand");
    // Its carrier has it under a lease like any other.
    shop.time_passes(Duration::from_secs(31)).await;
    assert!(shop.receive(10).await.iter().any(|message| message.receipt.id == taken.receipt.id));
}

#[tokio::test]
async fn what_waits_as_it_should_is_not_hastened() {
    let shop = Shop::empty().await;
    shop.queue.send(QueueName::Invoice, letters(1)).await.unwrap();
    let taken = shop.next().await;
    // Release 0.1.0 hides a message for three minutes.
    shop.run("update messages set visible_at = sluice_now() + interval '3 minutes'").await;
    assert_eq!(shop.queue.hasten(&["invoice".to_owned()]).await.unwrap(), 0);
    let delay = Duration::from_secs(32);
    let back = Return { receipt: taken.receipt, counts: false, delay, error: "away".to_owned() };
    shop.queue.give_back(QueueName::Invoice, &[back]).await.unwrap();
    assert_eq!(shop.queue.hasten(&["invoice".to_owned()]).await.unwrap(), 0);
    assert!(shop.receive(1).await.is_empty());
}
