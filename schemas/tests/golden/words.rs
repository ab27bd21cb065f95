//! The words that are stored, and that each status has its golden order.

use crate::{files::files, shapes::SHAPES};
use schemas::{
    api::order::{Order, PaymentStatus, Reason, Status},
    event::EventName,
};
use std::collections::BTreeSet;

#[test]
fn every_status_has_a_golden_order() {
    let orders: Vec<_> = files().into_iter().filter(|file| file.shape() == "order").collect();
    let status = |text: &str| serde_json::from_str::<Order>(text).unwrap().status;
    let seen: BTreeSet<Status> = orders.iter().map(|file| status(&file.text)).collect();
    assert_eq!(seen, Status::ALL.iter().copied().collect());
}

#[test]
fn what_every_event_tells_has_a_shape() {
    let file_of = |event: EventName| {
        let words = event.as_str().chars().map(|c| if c.is_uppercase() { format!("-{c}") } else { c.to_string() });
        words.collect::<String>().trim_start_matches('-').to_lowercase()
    };
    let shapes = SHAPES.iter().filter(|shape| shape.folder == "event" && shape.name != "event");
    let named: BTreeSet<String> = EventName::ALL.iter().copied().map(file_of).collect();
    assert_eq!(named, shapes.map(|shape| shape.name.to_owned()).collect());
}

#[test]
fn the_words_that_are_stored_stay_what_they_are() {
    let words = |all: Vec<&'static str>| all.join(" ");
    assert_eq!(
        words(Status::ALL.iter().map(Status::as_str).collect()),
        "submitted reserved confirmed rejected cancelled"
    );
    assert_eq!(
        words(Reason::ALL.iter().map(Reason::as_str).collect()),
        "unknown_sku currency_mismatch out_of_stock price_changed total_too_large payment_declined \
         payment_unavailable reservation_expired"
    );
    assert_eq!(
        words(PaymentStatus::ALL.iter().map(PaymentStatus::as_str).collect()),
        "pending authorized declined voided"
    );
    assert_eq!(
        words(EventName::ALL.iter().map(EventName::as_str).collect()),
        "OrderSubmitted OrderReserved OrderRejected PaymentAuthorized OrderConfirmed OrderCancelled InvoiceIssued"
    );
    for word in Status::ALL.iter().map(Status::as_str) {
        let status: Status = word.parse().unwrap();
        assert_eq!(serde_json::to_value(status).unwrap(), word);
    }
}
