//! Which shape each golden file has, by the name of the file up to its first point; one line for a new one.

use crate::{files::File, release_0_1_0 as first};
use schemas::{
    address::Address,
    api::{
        order::{Order, OrderPage},
        order_request::OrderRequest,
        problem::Problem,
        product::{Product, ProductPage},
        support::SupportOrderPage,
    },
    event::{
        Event,
        data::{
            InvoiceIssued, OrderCancelled, OrderConfirmed, OrderRejected, OrderReserved, OrderSubmitted,
            PaymentAuthorized,
        },
    },
    kept::{
        AcceptedOrder, CheckoutInput, ErrorOutput, Execution, FulfilmentOrder, HeldUnits, OrderMessage, Party,
        PayloadReference, PaymentOutput, StatusOutput, StoredLine,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What is known of a shape.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// Where its files lie.
    pub(crate) folder: &'static str,
    /// Reads a value as it must be read, and gives what this release writes of it.
    pub(crate) rewritten: fn(Value) -> Result<Value, serde_json::Error>,
    /// Holds some of the JSON as it is, whatever that is.
    pub(crate) passes_on: bool,
    /// Is something else as soon as it has a member more.
    is_closed: bool,
    /// Reads it as release 0.1.0 does, for what it reads of what is written today.
    pub(crate) read_by_first: Option<fn(Value) -> Result<(), serde_json::Error>>,
    /// What else must hold of what is read.
    check: fn(Value),
}

/// All shapes.
pub(crate) const SHAPES: &[Shape] = &[
    Shape { check: has_no_errors, ..shape::<OrderRequest>("api", "order-request").first::<first::OrderRequest>() },
    shape::<Order>("api", "order"),
    shape::<OrderPage>("api", "order-page"),
    shape::<SupportOrderPage>("api", "support-order-page"),
    shape::<Product>("api", "product"),
    shape::<ProductPage>("api", "product-page"),
    shape::<Problem>("api", "problem"),
    Shape { check: has_a_name, passes_on: true, ..shape::<Event>("event", "event").first::<first::Event>() },
    shape::<OrderSubmitted<'static>>("event", "order-submitted"),
    shape::<OrderReserved<'static>>("event", "order-reserved"),
    shape::<OrderRejected<'static>>("event", "order-rejected"),
    shape::<PaymentAuthorized>("event", "payment-authorized"),
    shape::<OrderConfirmed<'static>>("event", "order-confirmed"),
    shape::<OrderCancelled>("event", "order-cancelled"),
    shape::<InvoiceIssued<'static>>("event", "invoice-issued"),
    shape::<AcceptedOrder>("kept", "intake-message").first::<first::AcceptedOrder>(),
    shape::<OrderMessage>("kept", "order-message").first::<first::OrderMessage>(),
    shape::<CheckoutInput>("kept", "checkout-input").first::<first::OrderMessage>(),
    shape::<Address>("kept", "address").first::<first::Address>(),
    shape::<Vec<StoredLine>>("kept", "order-lines").first::<Vec<first::StoredLine>>(),
    shape::<Party>("kept", "party").first::<first::Party>(),
    Shape { passes_on: true, ..shape::<Execution>("kept", "execution").first::<first::Execution>() },
    Shape {
        check: tells_a_warehouse,
        passes_on: true,
        ..shape::<Event>("kept", "warehouse-event").first::<first::Event>()
    },
    shape::<FulfilmentOrder>("kept", "notice").first::<first::FulfilmentOrder>(),
    shape::<PaymentOutput<'static>>("kept", "payment-output"),
    shape::<StatusOutput>("kept", "status-output"),
    shape::<ErrorOutput>("kept", "error-output"),
    shape::<Vec<HeldUnits>>("kept", "held-units"),
    Shape { is_closed: true, ..shape::<PayloadReference>("kept", "payload-reference") },
];

/// The shape of a file.
pub(crate) fn shape_of(file: &File) -> &'static Shape {
    let shape = SHAPES.iter().find(|shape| shape.name == file.shape());
    let shape = shape.unwrap_or_else(|| panic!("{}: no shape of that name is known", file.name));
    assert_eq!(shape.folder, file.folder, "{} lies in the wrong folder", file.name);
    shape
}

const fn shape<T: Serialize + DeserializeOwned>(folder: &'static str, name: &'static str) -> Shape {
    let (rewritten, check) = (rewritten::<T>, holds_as_it_is);
    Shape { name, folder, rewritten, passes_on: false, is_closed: false, read_by_first: None, check }
}

fn rewritten<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value)?)
}

fn reads<T: DeserializeOwned>(value: Value) -> Result<(), serde_json::Error> {
    serde_json::from_value::<T>(value).map(|_| ())
}

fn holds_as_it_is(_: Value) {}

fn has_no_errors(request: Value) {
    assert_eq!(serde_json::from_value::<OrderRequest>(request).unwrap().errors(), []);
}

fn has_a_name(event: Value) {
    assert!(serde_json::from_value::<Event>(event).unwrap().name().is_some());
}

fn tells_a_warehouse(event: Value) {
    let event: Event = serde_json::from_value(event).unwrap();
    let told: FulfilmentOrder = serde_json::from_value(event.data.clone()).unwrap();
    assert_eq!(serde_json::to_value(&told).unwrap(), event.data);
    reads::<first::FulfilmentOrder>(event.data.clone()).unwrap();
    assert_eq!((told.order_id, event.name().is_some()), (event.subject, true));
}

impl Shape {
    const fn first<T: DeserializeOwned>(self) -> Self {
        Self { read_by_first: Some(reads::<T>), ..self }
    }

    /// Reads a golden text as it must be read, whatever a later release has added, and gives what this release writes of it:
    /// all that the text holds, in a form that the first release can read.
    pub(crate) fn written(&self, name: &str, text: &str) -> Value {
        let before: Value = serde_json::from_str(text).unwrap();
        let read = |what: &str, value: Value| {
            (self.rewritten)(value).unwrap_or_else(|error| panic!("{name}{what} cannot be read: {error}"))
        };
        let written = read("", before.clone());
        assert!(holds(&written, &before), "{name}: {written}");
        if self.is_closed {
            assert!((self.rewritten)(with_more(&before)).is_err(), "{name} is read with a member more");
        } else {
            let later = read(", with what a later release added,", with_more(&before));
            assert!(self.passes_on || later == written, "{name}: {later}");
        }
        (self.check)(before);
        if let Some(Err(error)) = self.read_by_first.map(|first| first(written.clone())) {
            panic!("release 0.1.0 cannot read {name}: {error}: {written}");
        }
        written
    }
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
