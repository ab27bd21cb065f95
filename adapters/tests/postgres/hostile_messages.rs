//! Messages as no step writes them: a hand in the database did. Each is delivered or set aside, and stops nobody behind it.

use super::shop::Shop;
use adapters::postgres::runtime::{
    lease::Lease,
    queue::{BatchLimits, Received},
};
use std::time::Duration;
use workflows::wiring::QueueName;

const ALL: BatchLimits = BatchLimits { messages: 100, bytes: i64::MAX, from: None };
/// The columns of a message, and what is the matter with them.
const ODD: &[(&str, &str)] = &[
    ("sent_at", "'infinity'"),
    ("sent_at", "'-infinity'"),
    ("sent_at", "'294276-12-31'"),
    ("visible_at", "'-infinity'"),
    ("visible_at", "'4713-01-01 BC'"),
    ("deliveries", "2147483647"),
    ("deliveries", "-2147483648"),
    ("receive_count", "2147483647"),
    ("receive_count", "-2147483648"),
    ("abandoned", "2147483647"),
    ("abandoned", "-2147483648"),
    ("instance, abandoned", "9, 2147483647"),
    ("instance, receive_count", "9, -2147483648"),
    ("visible_at, sent_at, deliveries, receive_count", "'-infinity', 'infinity', 2147483647, 2147483647"),
];
/// Deeper than anything is read.
const DEEP: &str = "(repeat('[', 200) || repeat(']', 200))::jsonb";

impl Shop {
    async fn receive_all(&self, queue: &str) -> Vec<Received> {
        self.queue.receive(QueueName::Invoice, queue, ALL, Lease::default(), 7).await.unwrap()
    }
}

#[tokio::test]
async fn no_number_and_no_moment_of_a_message_stops_those_behind_it() {
    let shop = Shop::empty().await;
    for (place, (columns, values)) in ODD.iter().enumerate() {
        let queue = format!("odd{place}");
        shop.run(&format!(
            "insert into messages (queue, body, {columns}) values ('{queue}', '{{\"is\": \"odd\"}}', {values});
             insert into messages (queue, body) values ('{queue}', '{{\"is\": \"good\"}}')"
        ))
        .await;
        shop.queue.next_due(&queue, None).await.unwrap();
        assert_eq!(
            shop.queue.depths(std::slice::from_ref(&queue)).await.unwrap()[0].messages,
            2,
            "{columns} = {values}"
        );
        let good = |batch: &[Received]| batch.iter().filter(|message| message.body["is"] == "good").count();
        let first = shop.receive_all(&queue).await;
        assert_eq!(good(&first), 1, "behind {columns} = {values}");
        let receipts: Vec<_> = first.iter().map(|message| message.receipt).collect();
        shop.queue.delete(&receipts).await.unwrap();
        let left = shop.queue.dead_letters(Some("invoice"), 10).await.unwrap();
        assert_eq!(first.len() + left.len(), 2, "{columns} = {values}: delivered, or set aside");
        shop.run("delete from messages").await;
    }
}

#[tokio::test]
async fn whatever_numbers_a_message_has_it_is_let_go_of_when_nobody_carries_it() {
    let shop = Shop::empty().await;
    shop.run(
        "insert into messages (queue, body, instance, receive_count, abandoned, visible_at)
         select 'invoice', '{}', 7, number, number, sluice_now() + interval '1 second'
         from unnest(array[1, 2147483647, -2147483648]) as number",
    )
    .await;
    assert_eq!(shop.queue.renew_leases(7, Lease::default(), &[]).await.unwrap(), 3);
}

#[tokio::test]
async fn two_deliveries_that_follow_each_other_differ_also_behind_the_last_number() {
    let shop = Shop::empty().await;
    shop.run("insert into messages (queue, body, deliveries) values ('invoice', '{}', 2147483645)").await;
    let mut known = Vec::new();
    for _ in 0..4 {
        let message = shop.receive_all("invoice").await.remove(0);
        assert_ne!(known.last(), Some(&message.receipt));
        known.push(message.receipt);
        shop.time_passes(Duration::from_secs(3_600)).await;
    }
    assert_eq!(known.iter().map(|receipt| receipt.delivery).collect::<Vec<_>>(), [2_147_483_646, i32::MAX, 1, 2]);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_set_aside_alone_with_why_and_is_shown_as_it_is() {
    let shop = Shop::empty().await;
    shop.run(&format!(
        "insert into messages (queue, body) select 'invoice', body
         from unnest(array['{{\"n\": 1}}', {DEEP}, '{{\"n\": 1e400}}', '{{\"n\": 2}}']::jsonb[]) as body"
    ))
    .await;
    let received = shop.receive_all("invoice").await;
    assert_eq!(received.iter().map(|message| message.body["n"].clone()).collect::<Vec<_>>(), [1, 2]);
    let unreadable = shop.queue.dead_letters(Some("invoice"), 10).await.unwrap();
    assert_eq!(unreadable.len(), 2, "at once");
    for letter in unreadable {
        assert!(letter.last_error.unwrap().contains("cannot be read"));
        let shown = shop.queue.dead_letter_body(letter.id).await.unwrap().unwrap();
        assert!(shown.starts_with("[[[[") || shown.starts_with("{\"n\": 1000"), "{shown}");
    }
    // Nothing is held against those that came with them.
    assert_eq!(shop.value::<i64>("select sum(abandoned) from messages").await, 0);
    assert!(received.iter().all(|message| message.receive_count == 1));
}
