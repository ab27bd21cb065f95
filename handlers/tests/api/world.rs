//! The shop in memory that the API stands on in these tests, and whoever is told of its decisions.

mod caller;

pub(crate) use caller::*;

use async_trait::async_trait;
use axum::{Router, body::Body, http::Request};
use futures_util::{FutureExt, future::BoxFuture};
use handlers::{
    api::{Acceptances, App, DecisionNotifier, Metrics, PollingNotifier, Reads, router},
    ports::Ports,
    token::TokenKey,
};
use schemas::{
    event::Event,
    ids::OrderId,
    kept::{AcceptedOrder, StoredLine},
};
use std::sync::{
    Arc, Mutex, Once,
    atomic::{AtomicBool, Ordering},
};
use testing::{Contents, Fault, Shop};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::Notify;
use tracing_subscriber::util::SubscriberInitExt;
use workflows::{
    issued_invoice::SeriesPosition,
    lifecycle::Command,
    order::{State, StoredOrder},
    ports::{Acceptance, Applied, Intake, Ledger, OutgoingMessage, Submission, Unavailable},
    wiring::QueueName,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00.123456 UTC);
/// How much each caller may read at once.
pub(crate) const PLACES: u16 = 2;
pub(crate) const SECRET: &[u8] = b"a key for tests, 32 bytes or more";
/// All that reads for somebody.
const READING: [&str; 5] = ["orders.load", "orders.list", "catalogue.product", "catalogue.products", "search."];

pub(crate) struct World {
    pub(crate) shop: Arc<Shop>,
    /// The intake answers without an outcome.
    pub(crate) intake_is_mute: AtomicBool,
    /// Happens right after the next look at the order.
    pub(crate) after_next_look: Mutex<Option<(OrderId, State)>>,
    pub(crate) changed: Arc<Notify>,
    /// So many wait for decisions that nobody more may.
    pub(crate) crowded: AtomicBool,
}

/// Gives every thread somebody who listens to its log. Where there was but one listener in the process, a line that first
/// passes in another thread is turned off for all, and a test that reads the log would miss it.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().init());
}

/// While it is there, nothing that is read comes to its end.
pub(crate) struct Hanging<'w>(&'w World);

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.shop.faults.mend();
    }
}

impl World {
    /// A shop that sells nothing yet.
    pub(crate) fn new() -> Arc<Self> {
        listen();
        let shop = Shop::new();
        shop.clears_its_catalogue();
        shop.clock.set(NOW);
        Arc::new(Self {
            shop,
            intake_is_mute: AtomicBool::default(),
            after_next_look: Mutex::default(),
            changed: Arc::default(),
            crowded: AtomicBool::default(),
        })
    }

    pub(crate) fn router(self: &Arc<Self>) -> Router {
        self.router_with(Arc::new(Told(self.clone())))
    }

    pub(crate) fn polling_router(self: &Arc<Self>) -> Router {
        self.router_with(Arc::new(PollingNotifier))
    }

    fn router_with(self: &Arc<Self>, decision_notifier: Arc<dyn DecisionNotifier>) -> Router {
        router(self.app(decision_notifier)).unwrap()
    }

    pub(crate) fn app(self: &Arc<Self>, decision_notifier: Arc<dyn DecisionNotifier>) -> App {
        let shop = &self.shop;
        let ports = Ports {
            ledger: Arc::new(Looked(self.clone())),
            queue: Some(shop.clone()),
            documents: Some(shop.clone()),
            ..Ports::on_database(shop.clock.clone(), shop.clone(), shop.clone(), shop.clone())
        };
        let intake: Arc<dyn Intake> =
            if self.intake_is_mute.load(Ordering::SeqCst) { Arc::new(Mute(shop.clone())) } else { shop.clone() };
        App {
            ports: Arc::new(ports),
            intake,
            reader: shop.clone(),
            ids: shop.clone(),
            decision_notifier,
            acceptances: Acceptances::default(),
            reads: Reads::new(PLACES, 100),
            readiness: shop.clone(),
            tokens: Some(Arc::new(TokenKey::from_bytes(SECRET).unwrap())),
            edge_key: None,
            metrics: Arc::new(Metrics::default()),
        }
    }

    pub(crate) async fn ask(self: &Arc<Self>, request: Request<Body>) -> Answer {
        ask(self.router(), request).await
    }

    pub(crate) async fn get(self: &Arc<Self>, path: &str, name: &str) -> Answer {
        self.ask(get(path, name)).await
    }

    /// Has whatever is read hang.
    pub(crate) fn hang(&self) -> Hanging<'_> {
        READING.into_iter().for_each(|what| self.shop.faults.always(what, Fault::Hangs));
        Hanging(self)
    }

    /// The order database does not answer.
    pub(crate) fn loses_its_database(&self) {
        ["orders.", "readiness."].into_iter().for_each(|what| self.shop.faults.always(what, Fault::Away));
    }

    /// How many orders were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.shop.contents().submissions.len()
    }

    /// The first that was.
    pub(crate) fn first_accepted(&self) -> OrderId {
        self.shop.contents().submissions.values().map(|submission| submission.order.id).min().unwrap()
    }

    /// How often orders were looked at.
    pub(crate) fn looks(&self) -> usize {
        self.shop.faults.calls_of("orders.load").len()
    }

    /// What was sent to queues, but for the accepted orders themselves.
    pub(crate) fn sent(&self) -> Vec<(QueueName, OutgoingMessage)> {
        self.shop.contents().messages.iter().filter(|(queue, _)| *queue != QueueName::Intake).cloned().collect()
    }

    /// An accepted order reaches the database, and stands there.
    pub(crate) fn store(&self, id: OrderId, state: State) {
        let mut shop = self.shop.contents();
        let stored = stored(accepted_order(&shop, id), state);
        shop.orders.insert(id, stored);
        drop(shop);
        self.changed.notify_waiters();
    }

    /// The order gets invoice 2026-000042.
    pub(crate) fn invoice(&self, id: OrderId, stored: bool) {
        self.shop.has_number(id, SeriesPosition { year: 2026, number: 42 }, stored);
    }

    /// Keeps a file as the document of that invoice.
    pub(crate) fn keep(&self, file: &[u8]) {
        self.shop.contents().documents.insert("invoices/2026/2026-000042.pdf".into(), file.to_vec());
    }
}

fn accepted_order(shop: &Contents, id: OrderId) -> AcceptedOrder {
    shop.submissions.values().map(|submission| &submission.order).find(|order| order.id == id).cloned().unwrap()
}

fn stored(order: AcceptedOrder, state: State) -> StoredOrder {
    let line = |line: schemas::api::order_request::LineRequest| StoredLine {
        sku: line.sku,
        name: Some("Tea".into()),
        quantity: line.quantity,
        unit_price: Some(1666),
        tax_rate_bp: Some(2000),
        ..StoredLine::default()
    };
    StoredOrder {
        id: order.id,
        customer: order.customer,
        state,
        version: 1,
        currency: order.request.currency,
        total: Some(1999),
        lines: order.request.lines.into_iter().map(line).collect(),
        email: order.request.email,
        shipping_address: order.request.shipping_address,
        billing_address: order.request.billing_address,
        payment_method: order.request.payment.method,
        payment: None,
        invoice: None,
        cancel_requested: false,
        traceparent: None,
        created_at: order.accepted_at,
        updated_at: order.accepted_at + Duration::seconds(1),
    }
}

/// Word of changes, as a database gives it: nothing before the listening begins is told.
struct Told(Arc<World>);

impl DecisionNotifier for Told {
    fn listen(&self, _caller: &str, _id: OrderId, _waited: std::time::Duration) -> Option<BoxFuture<'static, ()>> {
        let told = self.0.changed.clone().notified_owned();
        (!self.0.crowded.load(Ordering::SeqCst)).then(|| told.boxed())
    }
}

/// The ledger, in which something may happen right after a look.
struct Looked(Arc<World>);

#[async_trait]
impl Ledger for Looked {
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.0.shop.apply(batch).await
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        let found = self.0.shop.load(ids).await?;
        let change = self.0.after_next_look.lock().unwrap().take();
        if let Some((id, state)) = change {
            self.0.store(id, state);
        }
        Ok(found)
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        self.0.shop.events(id).await
    }
}

/// An intake that forgets to say what became of an order.
struct Mute(Arc<Shop>);

#[async_trait]
impl Intake for Mute {
    async fn accept(&self, _: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        Ok(Vec::new())
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        Intake::find(self.0.as_ref(), id).await
    }
}
