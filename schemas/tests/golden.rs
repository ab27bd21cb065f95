//! Shapes that outlive a deploy: what is stored, queued or told today is read by the code of every later day. Each file
//! in `golden/` must parse for ever and be written again as it is. Files are added, never changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use schemas::{
    event::{Event, EventName},
    intake::AcceptedOrder,
    order::{Order, OrderPage, PaymentStatus, Reason, Status},
    order_request::OrderRequest,
    problem::Problem,
    product::{Product, ProductPage},
    warehouse::FulfilmentOrder,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn files() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Reads and writes it, and holds what comes out against what went in.
fn same<T: Serialize + DeserializeOwned>(name: &str, text: &str) -> T {
    let read: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let before: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), before, "{name}");
    // As text too: a number or a time must not change its spelling.
    assert_eq!(serde_json::to_string_pretty(&read).unwrap() + "\n", text, "{name}");
    read
}

#[test]
fn every_golden_file_is_read_and_written_as_it_is() {
    let mut shapes = BTreeSet::new();
    for (name, text) in files() {
        let shape = name.split('.').next().unwrap();
        match shape {
            "order-request" => {
                let request: OrderRequest = same(&name, &text);
                assert_eq!(request.errors(), [], "{name}");
            }
            "order" => drop(same::<Order>(&name, &text)),
            "order-page" => drop(same::<OrderPage>(&name, &text)),
            "product" => drop(same::<Product>(&name, &text)),
            "product-page" => drop(same::<ProductPage>(&name, &text)),
            "intake-message" => drop(same::<AcceptedOrder>(&name, &text)),
            "event" => assert!(same::<Event>(&name, &text).name().is_some(), "{name}"),
            "warehouse-event" => {
                let event: Event = same(&name, &text);
                let told: FulfilmentOrder = serde_json::from_value(event.data.clone()).unwrap();
                assert_eq!(serde_json::to_value(&told).unwrap(), event.data, "{name}");
                assert_eq!((told.order_id, event.name().is_some()), (event.subject, true), "{name}");
            }
            "problem" => drop(same::<Problem>(&name, &text)),
            _ => panic!("{name}: no shape of that name is known"),
        }
        shapes.insert(shape.to_owned());
    }
    assert_eq!(shapes.len(), 9, "{shapes:?}");
}

#[test]
fn every_status_has_a_golden_order() {
    let orders: Vec<_> = files().into_iter().filter(|(name, _)| name.starts_with("order.")).collect();
    let seen: BTreeSet<Status> = orders.iter().map(|(name, text)| same::<Order>(name, text).status).collect();
    assert_eq!(seen, Status::ALL.iter().copied().collect());
}

#[test]
fn the_words_that_are_stored_stay_what_they_are() {
    let words = |all: Vec<&'static str>| all.join(" ");
    assert_eq!(
        words(Status::ALL.iter().map(Status::as_str).collect()),
        "submitted reserved in_review confirmed shipped rejected cancelled refunded"
    );
    assert_eq!(
        words(Reason::ALL.iter().map(Reason::as_str).collect()),
        "unknown_sku currency_mismatch out_of_stock price_changed total_too_large payment_declined \
         payment_unavailable review_declined reservation_expired"
    );
    assert_eq!(
        words(PaymentStatus::ALL.iter().map(PaymentStatus::as_str).collect()),
        "pending authorized declined voided"
    );
    assert_eq!(
        words(EventName::ALL.iter().map(EventName::as_str).collect()),
        "OrderSubmitted OrderReserved OrderRejected PaymentAuthorized OrderConfirmed OrderCancelled OrderShipped \
         PaymentCaptured PaymentRefunded InvoiceIssued StockChanged"
    );
    for word in Status::ALL.iter().map(Status::as_str) {
        let status: Status = word.parse().unwrap();
        assert_eq!(serde_json::to_value(status).unwrap(), word);
    }
}
