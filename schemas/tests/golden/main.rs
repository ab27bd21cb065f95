//! Shapes that outlive a deploy: what is stored, queued or told today is read by the code of every later day, and by the
//! release before it beside it. Each release has a folder in `golden/` with what it wrote; files are added, never changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod release_0_1_0;

use schemas::{
    event::{Event, EventName},
    intake::AcceptedOrder,
    order::{Order, OrderPage, PaymentStatus, Reason, Status},
    order_request::OrderRequest,
    problem::Problem,
    product::{Product, ProductPage},
    support::SupportOrderPage,
    warehouse::FulfilmentOrder,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// What makes the folder of this release anew.
const MAKE: &str = "run UPDATE_GOLDEN=1 cargo test -p schemas --test golden, and look at what it changed";
/// The release that this is, or will be: what it writes is pinned before its commit is listed.
const THIS: &str = env!("CARGO_PKG_VERSION");

/// The releases that there are and this one, the first one first.
fn releases() -> Vec<String> {
    let mut releases = listed();
    if !releases.iter().any(|release| release == THIS) {
        releases.push(THIS.to_owned());
    }
    releases
}

/// The releases whose commits are listed.
fn listed() -> Vec<String> {
    let list = fs::read_to_string(golden().join("releases.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (release, commit) = line.split_once(' ').unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
            release.to_owned()
        })
        .collect()
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The name and text of each file of every release.
fn files() -> Vec<(String, String)> {
    let mut files: Vec<_> = releases().iter().flat_map(|release| files_of(release)).collect();
    files.sort();
    files
}

/// The name and text of each file of a release.
fn files_of(release: &str) -> Vec<(String, String)> {
    let folder = golden().join(release);
    let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("there is no {}: {MAKE}", folder.display()));
    let named =
        |path: PathBuf| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap());
    entries.map(|entry| named(entry.unwrap().path())).collect()
}

/// Whether all of `part` stands in `whole`, at the same places.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        (whole, part) => whole == part,
    }
}

/// The same with a member in every object that a later release may have added.
fn with_more(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut more: serde_json::Map<_, _> =
                members.iter().map(|(name, value)| (name.clone(), with_more(value))).collect();
            more.insert("added_later".to_owned(), serde_json::json!({ "with": ["something", 1, null] }));
            Value::Object(more)
        }
        Value::Array(items) => Value::Array(items.iter().map(with_more).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Reads it, whatever a later release has added, and writes it again with all that it held.
fn same<T: Serialize + DeserializeOwned>(name: &str, text: &str) -> T {
    let read: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let before: Value = serde_json::from_str(text).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    assert!(holds(&written, &before), "{name}: {written}");
    let later: T = serde_json::from_value(with_more(&before)).unwrap_or_else(|error| panic!("{name}, later: {error}"));
    // An event's data is passed on as it is; everything else is read without what was added.
    if !name.contains("event") {
        assert_eq!(serde_json::to_value(&later).unwrap(), written, "{name}");
    }
    read
}

/// That release 0.1.0 can read it.
fn is_read_by_0_1_0<T: DeserializeOwned>(written: &impl Serialize) {
    let written = serde_json::to_value(written).unwrap();
    if let Err(error) = serde_json::from_value::<T>(written.clone()) {
        panic!("release 0.1.0 cannot read it: {error}: {written}");
    }
}

/// Reads it as it must be read, and gives what this release writes of it.
fn written(name: &str, text: &str) -> Value {
    let value = match shape(name) {
        "order-request" => {
            let request: OrderRequest = same(name, text);
            assert_eq!(request.errors(), [], "{name}");
            is_read_by_0_1_0::<release_0_1_0::OrderRequest>(&request);
            serde_json::to_value(request)
        }
        "order" => serde_json::to_value(same::<Order>(name, text)),
        "order-page" => serde_json::to_value(same::<OrderPage>(name, text)),
        "support-order-page" => serde_json::to_value(same::<SupportOrderPage>(name, text)),
        "product" => serde_json::to_value(same::<Product>(name, text)),
        "product-page" => serde_json::to_value(same::<ProductPage>(name, text)),
        "intake-message" => {
            let accepted: AcceptedOrder = same(name, text);
            is_read_by_0_1_0::<release_0_1_0::AcceptedOrder>(&accepted);
            serde_json::to_value(accepted)
        }
        "event" => {
            let event: Event = same(name, text);
            assert!(event.name().is_some(), "{name}");
            is_read_by_0_1_0::<release_0_1_0::Event>(&event);
            serde_json::to_value(event)
        }
        "warehouse-event" => {
            let event: Event = same(name, text);
            let told: FulfilmentOrder = serde_json::from_value(event.data.clone()).unwrap();
            assert_eq!(serde_json::to_value(&told).unwrap(), event.data, "{name}");
            is_read_by_0_1_0::<release_0_1_0::FulfilmentOrder>(&told);
            assert_eq!((told.order_id, event.name().is_some()), (event.subject, true), "{name}");
            serde_json::to_value(event)
        }
        "problem" => serde_json::to_value(same::<Problem>(name, text)),
        _ => panic!("{name}: no shape of that name is known"),
    };
    value.unwrap()
}

/// What a file is about: its name up to the first point.
fn shape(name: &str) -> &str {
    name.split('.').next().unwrap()
}

fn shapes(files: &[(String, String)]) -> BTreeSet<&str> {
    files.iter().map(|(name, _)| shape(name)).collect()
}

#[test]
fn what_every_release_wrote_is_read_whatever_a_later_one_added_and_written_so_that_the_first_can_read_it() {
    let files = files();
    for (name, text) in &files {
        written(name, text);
    }
    assert_eq!(shapes(&files).len(), 10, "{:?}", shapes(&files));
}

/// What earlier releases wrote is written again under the same name; what only this one writes stands there besides.
#[test]
fn what_this_release_writes_is_in_its_folder() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        assert!(!listed().iter().any(|release| release == THIS), "{THIS} is out: its files are not changed any more");
        let folder = golden().join(THIS);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in listed().iter().map(String::as_str).chain([THIS]).flat_map(files_of) {
            let pretty = serde_json::to_string_pretty(&written(&name, &text)).unwrap();
            fs::write(folder.join(format!("{name}.json")), pretty + "\n").unwrap();
        }
    }
    let mine = files_of(THIS);
    for (name, text) in &mine {
        let kept: Value = serde_json::from_str(text).unwrap();
        assert_eq!(written(name, text), kept, "{name} is not as {THIS} writes it: {MAKE}");
    }
    let all = files();
    assert_eq!(shapes(&mine), shapes(&all), "a shape is missing in {THIS}: {MAKE}");
}

/// What a body can leave out today is written as release 0.1.0 wants to have it.
#[test]
fn an_address_without_a_postal_code_is_read_by_the_first_release() {
    let address = serde_json::json!({"name": "Chan", "line1": "1 Nathan Road", "city": "Hong Kong", "country": "HK"});
    for empty in [None, Some(Value::Null), Some("".into()), Some("  ".into())] {
        let mut body = serde_json::json!({
            "currency": "HKD", "lines": [{"sku": "TEA", "quantity": 1}], "email": "chan@example.com",
            "shipping_address": address, "billing_address": address, "payment": {"method": "pm_card_visa"}
        });
        if let Some(empty) = empty {
            body["shipping_address"]["postal_code"] = empty;
        }
        let request = serde_json::from_value::<OrderRequest>(body).unwrap().without_empty();
        assert_eq!(request.errors(), []);
        assert_eq!(serde_json::to_value(&request.shipping_address).unwrap()["postal_code"], "");
        is_read_by_0_1_0::<release_0_1_0::OrderRequest>(&request);
        is_read_by_0_1_0::<release_0_1_0::Address>(&request.shipping_address);
    }
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
