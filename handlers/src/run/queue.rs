//! The messages of a queue, for both runtimes: each is read on its own, so that a malformed one fails only itself, and the
//! step does the rest together.

use crate::ports::{NotWired, Ports};
use futures_util::FutureExt;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use serde_json::Value;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use workflows::{
    backoff::Backoff,
    ports::{
        Dispatches, Documents, EventBus, InvoiceNumbers, InvoicePrinter, IssuedInvoices, Ledger, PaymentProvider,
        Reservations, Search, Warehouses, Workflows,
    },
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices},
        checkout::{cancel_order::cancel_order, reserve_orders::reserve_orders, void_payments::void_payments},
        fulfilment::dispatch_orders::dispatch_orders,
        upkeep::index_orders::index_orders,
    },
    wiring::Step,
};

/// How long a message waits for something that is away, before it is tried again.
const BUSY: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

/// How long a message waits that is busy: a quarter of its age, so that what was sent too early comes again at once, and a
/// long outage is not asked about by every message all the time.
pub fn wait_of_busy(age: Duration) -> Duration {
    BUSY.by_age(age, 4)
}

/// A step that a queue feeds, with the ports that it needs.
#[derive(Clone)]
pub struct Handler {
    step: Step,
    needs: Needs,
}

#[derive(Clone)]
enum Needs {
    Reserve { reservations: Arc<dyn Reservations>, workflows: Arc<dyn Workflows>, bus: Arc<dyn EventBus> },
    Invoice(Issuing),
    Index { search: Arc<dyn Search> },
    Cancel { ledger: Arc<dyn Ledger>, bus: Arc<dyn EventBus> },
    Void { ledger: Arc<dyn Ledger>, provider: Arc<dyn PaymentProvider> },
    Dispatch { dispatches: Arc<dyn Dispatches>, warehouses: Arc<dyn Warehouses> },
}

#[derive(Clone)]
struct Issuing {
    numbers: Arc<dyn InvoiceNumbers>,
    ledger: Arc<dyn Ledger>,
    issued: Arc<dyn IssuedInvoices>,
    printer: Arc<dyn InvoicePrinter>,
    documents: Arc<dyn Documents>,
    bus: Arc<dyn EventBus>,
}

impl Handler {
    /// That step.
    ///
    /// # Errors
    /// If it needs what is not reached here.
    pub fn of(step: Step, ports: &Ports) -> Result<Self, NotWired> {
        let needs = match step {
            Step::Reserve => Needs::Reserve {
                reservations: ports.reservations.clone(),
                workflows: ports.workflows()?,
                bus: ports.bus()?,
            },
            Step::Invoice => Needs::Invoice(Issuing {
                numbers: ports.invoice_numbers.clone(),
                ledger: ports.ledger.clone(),
                issued: ports.issued_invoices.clone(),
                printer: ports.printer()?,
                documents: ports.documents()?,
                bus: ports.bus()?,
            }),
            Step::Index => Needs::Index { search: ports.search.clone() },
            Step::Cancel => Needs::Cancel { ledger: ports.ledger.clone(), bus: ports.bus()? },
            Step::Void => Needs::Void { ledger: ports.ledger.clone(), provider: ports.provider()? },
            Step::Dispatch => Needs::Dispatch { dispatches: ports.dispatches.clone(), warehouses: ports.warehouses()? },
        };
        Ok(Self { step, needs })
    }

    /// Has the step work on the messages: one outcome for each, in their order. A panic is the end of this batch only, which
    /// then comes again.
    pub async fn handle(&self, bodies: Vec<Value>) -> Vec<Outcome> {
        let count = bodies.len();
        match AssertUnwindSafe(self.work(bodies)).catch_unwind().await {
            Ok(outcomes) => outcomes,
            Err(_) => vec![Outcome::Retry("the step panicked".to_owned()); count],
        }
    }

    async fn work(&self, bodies: Vec<Value>) -> Vec<Outcome> {
        let named_order = |body: Value| order_of(self.step, &body).ok_or_else(|| "names no order".to_owned());
        match &self.needs {
            Needs::Reserve { reservations, workflows, bus } => {
                let reserve = |batch| reserve_orders(reservations.as_ref(), workflows.as_ref(), bus.as_ref(), batch);
                parsed(bodies, accepted_order, reserve).await
            }
            Needs::Invoice(issuing) => {
                let issue = |ids: Vec<_>| async move { issue_invoices(issuing.invoice_ports(), &ids).await };
                parsed(bodies, named_order, issue).await
            }
            Needs::Index { search } => {
                let index = |ids: Vec<_>| async move { index_orders(search.as_ref(), &ids).await };
                parsed(bodies, named_order, index).await
            }
            Needs::Cancel { ledger, bus } => {
                let cancel = |ids: Vec<_>| async move { cancel_order(ledger.as_ref(), bus.as_ref(), &ids).await };
                parsed(bodies, named_order, cancel).await
            }
            Needs::Void { ledger, provider } => {
                let void = |ids: Vec<_>| async move { void_payments(ledger.as_ref(), provider.as_ref(), &ids).await };
                parsed(bodies, named_order, void).await
            }
            Needs::Dispatch { dispatches, warehouses } => {
                let dispatch =
                    |ids: Vec<_>| async move { dispatch_orders(dispatches.as_ref(), warehouses.as_ref(), &ids).await };
                parsed(bodies, named_order, dispatch).await
            }
        }
    }
}

impl Issuing {
    fn invoice_ports(&self) -> InvoicePorts<'_> {
        InvoicePorts {
            numbers: self.numbers.as_ref(),
            ledger: self.ledger.as_ref(),
            issued: self.issued.as_ref(),
            printer: self.printer.as_ref(),
            documents: self.documents.as_ref(),
            bus: self.bus.as_ref(),
        }
    }
}

async fn parsed<T, F: Future<Output = Vec<Outcome>>>(
    bodies: Vec<Value>,
    parse: impl Fn(Value) -> Result<T, String>,
    step: impl FnOnce(Vec<T>) -> F,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(bodies.len());
    let mut items = Vec::with_capacity(bodies.len());
    for body in bodies {
        match parse(body) {
            Ok(item) => {
                items.push(item);
                outcomes.push(None);
            }
            Err(error) => outcomes.push(Some(Outcome::Retry(error))),
        }
    }
    let done = if items.is_empty() { Vec::new() } else { step(items).await };
    let mut done = done.into_iter();
    let unanswered = || Outcome::Retry("the step gave no outcome".to_owned());
    outcomes.into_iter().map(|outcome| outcome.or_else(|| done.next()).unwrap_or_else(unanswered)).collect()
}

/// The message on queue `intake`. An error says where something is wrong, not what stands there: that may be somebody's
/// address, and errors are logged.
fn accepted_order(body: Value) -> Result<AcceptedOrder, String> {
    serde_path_to_error::deserialize(body).map_err(|error| match error.path().iter().len() {
        0 => "no accepted order: a field is missing, or it is no object".to_owned(),
        _ => format!("no accepted order: cannot read {}", error.path()),
    })
}

/// The order that a message is about: an accepted order's own id, an event's subject, or what a plain request names.
pub fn order_of(step: Step, body: &Value) -> Option<OrderId> {
    let field = match step {
        Step::Reserve => body.get("id"),
        Step::Invoice | Step::Index | Step::Cancel | Step::Void | Step::Dispatch => {
            body.get("subject").or_else(|| body.get("order_id"))
        }
    };
    field?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::in_memory::{accepted, on_database, ports, shop};
    use schemas::api::order::Reason;
    use serde_json::json;
    use testing::{Fault, Shop, samples::order_id as id};
    use workflows::lifecycle::Command;

    fn request(number: u128) -> Value {
        json!({ "order_id": id(number) })
    }

    fn bad(error: &str) -> Outcome {
        Outcome::Retry(error.to_owned())
    }

    async fn handle(step: Step, shop: &Arc<Shop>, bodies: Vec<Value>) -> Vec<Outcome> {
        Handler::of(step, &ports(shop)).unwrap().handle(bodies).await
    }

    #[tokio::test]
    async fn each_message_has_its_own_outcome() {
        let shop = shop();
        let good = shop.reserved(1);
        shop.happens(shop.reserved(2), Command::Reject { reason: Reason::OutOfStock, detail: None });
        let event = json!({ "id": id(9), "subject": shop.reserved(3), "type": "sluice.OrderConfirmed.v1" });
        let malformed = json!({ "order_id": "2026-000042" });
        let bodies = vec![request(1), malformed, request(2), event, request(4), json!(["order_id"])];
        let outcomes = handle(Step::Cancel, &shop, bodies).await;
        let refused = Outcome::Refused("an order that is rejected cannot be cancelled".into());
        let busy = Outcome::Busy("the order is not stored yet".into());
        let expected = [Outcome::Done, bad("names no order"), refused, Outcome::Done, busy, bad("names no order")];
        assert_eq!(outcomes, expected);
        assert_eq!(shop.faults.calls_of("orders.apply"), [[good, id(2), id(3), id(4)]]);
    }

    #[tokio::test]
    async fn a_malformed_order_is_named_by_its_place_and_not_by_what_stands_there() {
        let shop = shop();
        let mut wrong = accepted(2);
        wrong["request"]["lines"][0]["quantity"] = json!("zoe@example.com");
        let mut short = accepted(3);
        short.as_object_mut().unwrap().remove("customer");
        let bodies = vec![accepted(1), wrong, short, accepted(4), json!("zoe@example.com")];
        let outcomes = handle(Step::Reserve, &shop, bodies).await;
        let nothing = "no accepted order: a field is missing, or it is no object";
        let quantity = "no accepted order: cannot read request.lines[0].quantity";
        assert_eq!(outcomes, [Outcome::Done, bad(quantity), bad(nothing), Outcome::Done, bad(nothing)]);
        assert_eq!(shop.contents().started, [id(1), id(4)]);
    }

    #[test]
    fn what_is_busy_never_waits_for_longer_than_anything_does() {
        assert!(wait_of_busy(Duration::from_secs(31 * 86_400)) < workflows::wiring::LONGEST_WAIT);
    }

    #[tokio::test]
    async fn a_panic_returns_the_batch() {
        let shop = shop();
        shop.faults.always("orders.apply", Fault::Panics);
        let outcomes = handle(Step::Cancel, &shop, vec![request(1), json!({}), request(2)]).await;
        assert_eq!(outcomes, vec![bad("the step panicked"); 3]);
    }

    #[tokio::test]
    async fn without_a_good_message_the_step_has_nothing_to_do() {
        let shop = shop();
        assert_eq!(handle(Step::Cancel, &shop, vec![json!({})]).await, [bad("names no order")]);
        assert_eq!(handle(Step::Cancel, &shop, Vec::new()).await, []);
        assert!(shop.faults.calls().is_empty());
    }

    #[test]
    fn a_step_that_needs_what_is_not_reached_does_not_begin_and_says_what() {
        let ports = on_database(&shop());
        assert!(Handler::of(Step::Index, &ports).is_ok());
        let missing = Handler::of(Step::Reserve, &ports).err().unwrap();
        assert_eq!(missing, NotWired { port: "workflows" });
        assert!(missing.to_string().contains("it needs workflows, and nothing stands behind that port here"));
    }
}
