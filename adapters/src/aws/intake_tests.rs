//! What an earlier use of a key means, and the layout of the table.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use serde_json::json;
use std::collections::HashSet;
use time::macros::datetime;
use uuid::Uuid;

const FIRST: OrderId = OrderId(Uuid::from_u128(1));
const SECOND: OrderId = OrderId(Uuid::from_u128(2));
const THEN: OffsetDateTime = datetime!(2026-03-01 10:00:00.123456 UTC);

fn submission(id: OrderId, fingerprint: u8) -> Submission {
    let request = json!({
        "currency": "EUR",
        "lines": [{ "sku": "TEA", "quantity": 1 }],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159", "country": "DE",
        },
        "payment": { "method": "pm_card_visa" },
    });
    let order = AcceptedOrder {
        id,
        customer: "zoe".to_owned(),
        accepted_at: THEN + time::Duration::hours(1),
        traceparent: None,
        request: serde_json::from_value(request).unwrap(),
    };
    Submission { order, key: "k".to_owned(), fingerprint: [fingerprint; 32] }
}

fn earlier(id: OrderId, fingerprint: u8) -> Option<Earlier> {
    Some(Earlier { id, fingerprint: vec![fingerprint; 32], accepted_at: THEN })
}

#[test]
fn a_new_key_passes_the_order_on() {
    let (answer, order) = judge(submission(SECOND, 1), None);
    assert_eq!((answer, order.unwrap()), (Acceptance::Accepted, submission(SECOND, 1).order));
}

#[test]
fn a_replay_passes_the_order_on_again_as_it_was_accepted() {
    let (answer, order) = judge(submission(SECOND, 1), earlier(FIRST, 1));
    assert_eq!(answer, Acceptance::Replayed { id: FIRST, accepted_at: THEN });
    assert_eq!(order.unwrap(), AcceptedOrder { id: FIRST, accepted_at: THEN, ..submission(SECOND, 1).order });
}

#[test]
fn another_request_under_the_key_passes_nothing_on() {
    assert_eq!(judge(submission(SECOND, 2), earlier(FIRST, 1)), (Acceptance::KeyReused, None));
}

#[test]
fn a_key_that_the_client_wrote_twice_for_want_of_an_answer_is_new() {
    let (answer, order) = judge(submission(FIRST, 1), earlier(FIRST, 1));
    assert_eq!((answer, order.map(|order| order.id)), (Acceptance::Accepted, Some(FIRST)));
}

#[test]
fn what_stands_under_a_key_is_read_as_it_was_written() {
    let written = Item::from([
        ("order_id".to_owned(), S(FIRST.to_string())),
        ("fingerprint".to_owned(), B(Blob::new([7; 32]))),
        ("accepted_at".to_owned(), S(THEN.format(&Rfc3339).unwrap())),
    ]);
    assert_eq!(earlier_of(&written), earlier(FIRST, 7));
    for attribute in ["order_id", "fingerprint", "accepted_at"] {
        let mut damaged = written.clone();
        damaged.insert(attribute.to_owned(), S("?".to_owned()));
        assert_eq!(earlier_of(&damaged), None, "{attribute}");
    }
}

#[test]
fn keys_and_orders_expire_by_the_second_after_the_time_that_keys_live() {
    assert_eq!(expiry(THEN), N((1_772_359_200 + KEYS_LIVE.whole_seconds()).to_string()));
}

#[test]
fn no_customer_meets_the_key_of_another() {
    let names = ["", "a", "#", "##", "a#", "#a", "a#a", "%", "%23", "%25", "%2523", "a%23", "a%23a"];
    let pairs: Vec<_> = names.iter().flat_map(|customer| names.iter().map(move |key| (customer, key))).collect();
    let places: HashSet<String> = pairs.iter().map(|(customer, key)| key_pk(customer, key)).collect();
    assert_eq!(places.len(), pairs.len());
    assert_eq!(key_pk("zoe", "k#1"), "KEY#zoe#k#1");
}
