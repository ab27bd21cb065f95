//! Every kept shape with a value in each of its members, and each of its variants. The literals name all members, so that
//! one that is added does not compile here until it is given a value, and stands in the golden files of its release.

use schemas::{
    address::Address,
    api::{
        order::{Reason, Status},
        order_request::{LineRequest, OrderRequest, PaymentRequest},
    },
    event::{
        Event, EventName,
        data::{
            InvoiceIssued, OrderCancelled, OrderConfirmed, OrderLine, OrderRejected, OrderReserved, OrderSubmitted,
            PaymentAuthorized,
        },
    },
    ids::OrderId,
    kept::{
        AcceptedOrder, CheckoutInput, ErrorOutput, Execution, FulfilmentLine, FulfilmentOrder, HeldUnits, Identity,
        LastError, OrderMessage, Party, PayloadReference, PaymentOutput, Phase, StatusOutput, StoredLine, TaxCategory,
    },
    money::Amount,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

const ORDER: OrderId = OrderId(Uuid::from_u128(0x0192_f0c1_2222_7333_8444_5555_6666_7777));
const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00.123456 UTC);
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The values, by the names of their golden files.
pub(crate) fn full() -> Vec<(String, Value)> {
    let mut all = vec![
        ("event.full".to_owned(), json(&event(json!(confirmed())))),
        ("order-submitted.full".to_owned(), json(&OrderSubmitted { currency: amount().currency, lines: lines() })),
        ("order-reserved.full".to_owned(), json(&reserved())),
        ("order-rejected.full".to_owned(), json(&rejected())),
        ("payment-authorized.full".to_owned(), json(&PaymentAuthorized { amount: amount() })),
        ("order-confirmed.full".to_owned(), json(&confirmed())),
        ("order-cancelled.full".to_owned(), json(&OrderCancelled { was: Status::Confirmed, reserved: true })),
        ("invoice-issued.full".to_owned(), json(&issued())),
        ("intake-message.full".to_owned(), json(&accepted())),
        ("order-message.full".to_owned(), json(&OrderMessage { order_id: ORDER })),
        ("checkout-input.full".to_owned(), json(&CheckoutInput { order_id: ORDER })),
        ("address.full".to_owned(), json(&address())),
        ("order-lines.full".to_owned(), json(&TaxCategory::ALL.map(stored_line))),
        ("party.full".to_owned(), json(&party())),
        ("warehouse-event.full".to_owned(), json(&event(json(&notice())))),
        ("notice.full".to_owned(), json(&notice())),
        ("status-output.full".to_owned(), json(&StatusOutput { status: Some(Status::Confirmed) })),
        ("error-output.full".to_owned(), json(&error_output())),
        ("held-units.full".to_owned(), json(&[HeldUnits("TEA".to_owned(), "main".to_owned(), 2)])),
        ("payload-reference.full".to_owned(), json(&PayloadReference { path: format!("intake/{ORDER}/{ORDER}.json") })),
    ];
    all.extend(payments().map(|output| (format!("payment-output.full-{}", result(&output)), json(&output))));
    all.extend(phases().map(|phase| (format!("execution.full-{}", word(&phase)), json(&execution(phase)))));
    all
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn amount() -> Amount {
    Amount { amount: 1999, currency: "EUR".parse().unwrap() }
}

fn address() -> Address {
    Address {
        name: "Zoë Müller".to_owned(),
        line1: "Lange Straße 12".to_owned(),
        line2: Some("Hinterhaus".to_owned()),
        city: "Hannover".to_owned(),
        postal_code: "30159".to_owned(),
        country: "DE".to_owned(),
    }
}

fn event(data: Value) -> Event {
    let event = Event::new("local", ORDER, 4, EventName::OrderConfirmed, NOW, data);
    let Event { specversion, id, source, kind, subject, time, sequence, traceparent: _, datacontenttype, data } = event;
    let traceparent = Some(TRACE.to_owned());
    Event { specversion, id, source, kind, subject, time, sequence, traceparent, datacontenttype, data }
}

fn lines() -> Vec<OrderLine<'static>> {
    vec![OrderLine { sku: "TEA".into(), quantity: 2 }]
}

fn reserved() -> OrderReserved<'static> {
    OrderReserved { currency: amount().currency, total: Some(amount()), lines: lines() }
}

fn confirmed() -> OrderConfirmed<'static> {
    OrderConfirmed { currency: amount().currency, total: Some(amount()), lines: lines() }
}

fn rejected() -> OrderRejected<'static> {
    OrderRejected { reason: Reason::OutOfStock, detail: Some(Some("TEA: 2 wanted, 1 free".into())), reserved: false }
}

fn issued() -> InvoiceIssued<'static> {
    let href = format!("/v1/orders/{ORDER}/invoice");
    InvoiceIssued { number: "2026-000042".into(), issued_on: "2026-11-22".into(), href: href.into() }
}

fn accepted() -> AcceptedOrder {
    AcceptedOrder {
        id: ORDER,
        customer: "alice".to_owned(),
        accepted_at: NOW,
        traceparent: Some(TRACE.to_owned()),
        request: OrderRequest {
            currency: amount().currency,
            lines: vec![LineRequest { sku: "TEA".to_owned(), quantity: 2 }],
            expected_total: Some(amount()),
            email: "zoe@example.com".to_owned(),
            shipping_address: address(),
            billing_address: Some(address()),
            payment: PaymentRequest { method: "pm_card_visa".to_owned() },
        },
    }
}

fn stored_line(tax_category: TaxCategory) -> StoredLine {
    StoredLine {
        sku: "TEA".to_owned(),
        name: Some("Tea".to_owned()),
        quantity: 2,
        unit_price: Some(499),
        tax_rate_bp: Some(700),
        tax_category: Some(tax_category),
        tax_exemption_reason: Some("Education".to_owned()),
        price_includes_tax: true,
        warehouse: Some("main".to_owned()),
    }
}

fn party() -> Party {
    Party {
        name: "Tea Ltd".to_owned(),
        line1: "1 High Street".to_owned(),
        line2: Some("Unit 3".to_owned()),
        postal_code: "N1".to_owned(),
        city: "London".to_owned(),
        country: "GB".to_owned(),
        vat_id: Some("GB123456789".to_owned()),
        tax_number: Some("12/345".to_owned()),
        legal_id: Some("0987".to_owned()),
        email: Some("tea@example.com".to_owned()),
    }
}

fn notice() -> FulfilmentOrder {
    FulfilmentOrder {
        order_id: ORDER,
        warehouse: "main".to_owned(),
        lines: vec![FulfilmentLine { sku: "TEA".to_owned(), quantity: 2 }],
        ship_to: Some(address()),
    }
}

fn error_output() -> ErrorOutput {
    ErrorOutput { error: "Payment.InDoubt".to_owned(), cause: "no answer".to_owned() }
}

fn payments() -> impl Iterator<Item = PaymentOutput<'static>> {
    let declined = PaymentOutput::Declined { code: Some("card_declined".into()) };
    let none = PaymentOutput::None { calls: 1 };
    [PaymentOutput::Authorized, declined, PaymentOutput::Voided, none, PaymentOutput::Closed].into_iter()
}

/// Another result does not compile here until it stands among those above.
fn result(output: &PaymentOutput<'_>) -> &'static str {
    match output {
        PaymentOutput::Authorized => "authorized",
        PaymentOutput::Declined { code: _ } => "declined",
        PaymentOutput::Voided => "voided",
        PaymentOutput::None { calls: _ } => "none",
        PaymentOutput::Closed => "closed",
    }
}

fn execution(phase: Phase) -> Execution {
    Execution {
        identity: Identity {
            execution_id: format!("checkout:{ORDER}"),
            execution_name: ORDER.to_string(),
            state_machine_name: "checkout".to_owned(),
        },
        started_at: NOW,
        original_input: Some(json!(CheckoutInput { order_id: ORDER })),
        state: "AuthorizePayment".to_owned(),
        input: json!(CheckoutInput { order_id: ORDER }),
        variables: Map::from_iter([("calls".to_owned(), json!(1))]),
        entered_at: NOW,
        retries: vec![0, 1, 0],
        visit: 1,
        events: 5,
        last_error: Some(LastError { error: "Payment.Unavailable".to_owned(), cause: "no answer".to_owned() }),
        phase,
    }
}

fn phases() -> impl Iterator<Item = Phase> {
    let until = datetime!(2026-11-22 10:00:02 UTC);
    [
        Phase::Calling,
        Phase::Waiting { until },
        Phase::Retrying { until },
        Phase::Succeeded { output: json!({ "status": "confirmed" }) },
        Phase::Failed { error: "Payment.Unavailable".to_owned(), cause: "no answer".to_owned() },
    ]
    .into_iter()
}

/// Another phase does not compile here until it stands among those above.
fn word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Calling => "calling",
        Phase::Waiting { until: _ } => "waiting",
        Phase::Retrying { until: _ } => "retrying",
        Phase::Succeeded { output: _ } => "succeeded",
        Phase::Failed { error: _, cause: _ } => "failed",
    }
}
