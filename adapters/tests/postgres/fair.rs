//! How much is taken from a queue at once, where it is looked for, and that one customer does not keep others waiting.

use super::shop::Shop;
use adapters::postgres::runtime::{
    lease::Lease,
    queue::{BatchLimits, FairShare, Received},
};
use serde_json::json;
use std::time::Duration;
use workflows::wiring::QueueName;

const ALL: BatchLimits = BatchLimits { messages: 1_000, bytes: i64::MAX, from: None };
const SHARE: FairShare = FairShare { among: 1_000, bytes: 100_000, messages: 5 };

impl Shop {
    async fn take(&self, queue: &str, limits: BatchLimits) -> Vec<Received> {
        self.queue.receive(QueueName::behind(queue).unwrap(), queue, limits, Lease::default(), 7).await.unwrap()
    }

    /// Puts messages on a queue whose bodies do not compress, in this order.
    async fn letters_of(&self, kilobytes: &[i32]) {
        for size in kilobytes {
            self.run(&format!(
                "insert into messages (queue, body) select 'invoice', jsonb_build_object('n', {size}, 'text',
                     (select string_agg(md5(random()::text), '') from generate_series(1, {size} * 32)))"
            ))
            .await;
        }
    }

    /// Accepted orders of that customer.
    async fn submitted(&self, customer: &str, count: i64, kilobytes: i64) {
        self.run(&format!(
            "with made as (
                 insert into submissions (id, customer, key, fingerprint, request, accepted_at)
                 select gen_random_uuid(), '{customer}', '{customer}' || n, '', '{{}}', now()
                 from generate_series(1, {count}) as n returning id, customer
             )
             insert into messages (queue, subject, body)
             select 'intake', id, jsonb_build_object('customer', customer, 'text',
                    (select string_agg(md5(random()::text), '') from generate_series(1, {kilobytes} * 32)))
             from made"
        ))
        .await;
    }
}

fn customers(batch: &[Received]) -> Vec<&str> {
    let mut names: Vec<_> = batch.iter().map(|message| message.body["customer"].as_str().unwrap()).collect();
    names.dedup();
    names
}

#[tokio::test]
async fn a_portion_ends_with_its_bytes_as_well_as_with_its_messages() {
    let shop = Shop::empty().await;
    shop.letters_of(&[30, 30, 30, 30, 300, 1]).await;
    let limits = BatchLimits { bytes: 75_000, ..ALL };
    let sizes = |batch: Vec<Received>| batch.iter().map(|message| message.body["n"].clone()).collect::<Vec<_>>();
    assert_eq!(sizes(shop.take("invoice", limits).await), [json!(30), json!(30), json!(30)]);
    assert_eq!(sizes(shop.take("invoice", limits).await), [json!(30), json!(300)]);
    assert_eq!(sizes(shop.take("invoice", limits).await), [json!(1)]);
}

#[tokio::test]
async fn a_message_that_is_too_large_for_any_portion_is_taken_alone() {
    let shop = Shop::empty().await;
    shop.letters_of(&[100, 1]).await;
    let limits = BatchLimits { bytes: 10, ..ALL };
    assert_eq!(shop.take("invoice", limits).await.len(), 1);
    assert_eq!(shop.take("invoice", limits).await.len(), 1);
}

#[tokio::test]
async fn a_look_that_begins_later_leaves_out_what_was_due_before() {
    let shop = Shop::empty().await;
    shop.letters_of(&[1]).await;
    shop.time_passes(Duration::from_secs(60)).await;
    shop.letters_of(&[2]).await;
    let later = shop.value("select sluice_now() - interval '30 seconds'").await;
    let from = BatchLimits { from: Some(later), ..ALL };
    assert_eq!(shop.queue.next_due("invoice", Some(later)).await.unwrap(), Some(Duration::ZERO));
    assert_eq!(shop.take("invoice", from).await.len(), 1);
    assert_eq!(shop.queue.next_due("invoice", None).await.unwrap(), Some(Duration::ZERO));
    assert_eq!(shop.take("invoice", ALL).await[0].body["n"], json!(1));
}

#[tokio::test]
async fn what_one_customer_has_beyond_a_share_waits_in_the_second_lane() {
    let shop = Shop::empty().await;
    shop.submitted("large", 40, 1).await;
    shop.submitted("zoe", 1, 1).await;
    let first = BatchLimits { messages: 10, ..ALL };
    assert_eq!(customers(&shop.take("intake", first).await), ["large"]);
    assert_eq!(shop.queue.sift(QueueName::Intake, SHARE).await.unwrap(), 25, "of the 30 that are not in hand");
    assert_eq!(customers(&shop.take("intake", first).await), ["large", "zoe"]);
    assert_eq!(shop.queue.sift(QueueName::Intake, SHARE).await.unwrap(), 0);
    assert_eq!(shop.take("intake-bulk", ALL).await.len(), 25);
}

#[tokio::test]
async fn few_but_large_orders_are_beyond_a_share_too() {
    let shop = Shop::empty().await;
    shop.submitted("large", 4, 60).await;
    assert_eq!(shop.queue.sift(QueueName::Intake, SHARE).await.unwrap(), 3);
}

#[tokio::test]
async fn what_fails_in_the_second_lane_is_set_aside_with_the_rest_of_its_queue() {
    let shop = Shop::empty().await;
    shop.submitted("large", 7, 1).await;
    assert_eq!(shop.queue.sift(QueueName::Intake, SHARE).await.unwrap(), 2);
    shop.run("update messages set receive_count = 5 where queue = 'intake-bulk'").await;
    assert!(shop.take("intake-bulk", ALL).await.is_empty());
    assert_eq!(shop.queue.dead_letters(Some("intake"), 10).await.unwrap().len(), 2);
    assert_eq!(shop.queue.redrive(None, Some("intake")).await.unwrap(), 2);
    assert_eq!(shop.take("intake", ALL).await.len(), 7);
}
