//! The shop that the API stands on in these tests: what is in it, and what of it is out of order.

mod caller;
mod ports;

pub(crate) use caller::*;

use axum::{Router, body::Body, http::Request};
use handlers::{
    api::{Acceptances, App, Decisions, LookAgain, Metrics, Reads, router},
    token::TokenKey,
};
use ports::Told;
use schemas::{
    api::product::Product,
    ids::OrderId,
    kept::{AcceptedOrder, StoredLine},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use time::{Duration, OffsetDateTime, macros::datetime};
use tracing_subscriber::util::SubscriberInitExt;
use workflows::{
    issued::Fingerprint,
    order::{State, StoredInvoice, StoredOrder},
    ports::{OutgoingMessage, Submission, Unavailable},
    wiring::QueueName,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00.123456 UTC);
/// How much each caller may read at once.
pub(crate) const PLACES: u16 = 2;
pub(crate) const SECRET: &[u8] = b"a key for tests, 32 bytes or more";

pub(crate) struct World {
    pub(crate) keys: Mutex<HashMap<(String, String), Submission>>,
    pub(crate) stored: Mutex<BTreeMap<OrderId, StoredOrder>>,
    pub(crate) sent: Mutex<Vec<(QueueName, OutgoingMessage)>>,
    pub(crate) documents: Mutex<HashMap<String, Vec<u8>>>,
    /// What was printed of invoices, by order.
    pub(crate) printed: Mutex<HashMap<OrderId, Fingerprint>>,
    pub(crate) products: Mutex<Vec<Product>>,
    /// The intake does not answer.
    pub(crate) intake_down: AtomicBool,
    /// The intake answers without an outcome.
    pub(crate) intake_mute: AtomicBool,
    /// The order database does not answer.
    pub(crate) orders_down: AtomicBool,
    /// The catalogue has a fault.
    pub(crate) catalogue_panics: AtomicBool,
    /// Happens right after the next look at the order.
    pub(crate) after_next_look: Mutex<Option<(OrderId, State)>>,
    ids: AtomicU64,
    pub(crate) changed: Arc<tokio::sync::Notify>,
    /// So many wait for decisions that nobody more may.
    pub(crate) crowded: AtomicBool,
    /// How often orders were looked at.
    pub(crate) looks: AtomicUsize,
    /// While it is held by somebody, nothing that is read comes to its end.
    pub(crate) reading: tokio::sync::RwLock<()>,
}

fn away(what: &'static str) -> Unavailable {
    Unavailable::because(what, "the plug was pulled")
}

/// Gives every thread somebody who listens to its log. Where there was but one listener in the process, a line that first
/// passes in another thread is turned off for all, and a test that reads the log would miss it.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().init());
}

impl World {
    /// Keeps a file as the document of invoice 2026-000042.
    pub(crate) fn keep(&self, file: &[u8]) {
        self.documents.lock().unwrap().insert("invoices/2026/2026-000042.pdf".into(), file.to_vec());
    }

    pub(crate) fn new() -> Arc<Self> {
        listen();
        Arc::new(Self {
            keys: Mutex::default(),
            stored: Mutex::default(),
            sent: Mutex::default(),
            documents: Mutex::default(),
            printed: Mutex::default(),
            products: Mutex::default(),
            intake_down: AtomicBool::default(),
            intake_mute: AtomicBool::default(),
            orders_down: AtomicBool::default(),
            catalogue_panics: AtomicBool::default(),
            after_next_look: Mutex::default(),
            ids: AtomicU64::default(),
            changed: Arc::default(),
            crowded: AtomicBool::default(),
            looks: AtomicUsize::default(),
            reading: tokio::sync::RwLock::default(),
        })
    }

    pub(crate) fn router(self: &Arc<Self>) -> Router {
        self.router_with(Arc::new(Told(self.clone())))
    }

    pub(crate) fn polling_router(self: &Arc<Self>) -> Router {
        self.router_with(Arc::new(LookAgain))
    }

    fn router_with(self: &Arc<Self>, decisions: Arc<dyn Decisions>) -> Router {
        router(self.app(decisions))
    }

    pub(crate) fn app(self: &Arc<Self>, decisions: Arc<dyn Decisions>) -> App {
        App {
            intake: self.clone(),
            orders: self.clone(),
            catalogue: self.clone(),
            search: self.clone(),
            documents: self.clone(),
            issued: self.clone(),
            reader: self.clone(),
            queue: self.clone(),
            clock: self.clone(),
            ids: self.clone(),
            decisions,
            acceptances: Acceptances::default(),
            reads: Reads::new(PLACES, 100),
            readiness: self.clone(),
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

    /// How many orders were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    /// An accepted order reaches the database.
    pub(crate) fn store(&self, id: OrderId, state: State) {
        let order = self.accepted_order(id).unwrap();
        let stored = StoredOrder {
            id,
            customer: order.customer,
            state,
            version: 1,
            currency: order.request.currency,
            total: Some(1999),
            lines: order
                .request
                .lines
                .into_iter()
                .map(|line| StoredLine {
                    sku: line.sku,
                    name: Some("Tea".into()),
                    quantity: line.quantity,
                    unit_price: Some(1666),
                    tax_rate_bp: Some(2000),
                    ..StoredLine::default()
                })
                .collect(),
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
        };
        self.stored.lock().unwrap().insert(id, stored);
        self.changed.notify_waiters();
    }

    pub(crate) fn invoice(&self, id: OrderId, number: &str, stored: bool) {
        let invoice = StoredInvoice { number: number.into(), issued_on: NOW.date(), stored };
        self.stored.lock().unwrap().get_mut(&id).unwrap().invoice = Some(invoice);
    }

    fn accepted_order(&self, id: OrderId) -> Option<AcceptedOrder> {
        self.keys.lock().unwrap().values().find(|s| s.order.id == id).map(|s| s.order.clone())
    }

    fn orders_up(&self) -> Result<(), Unavailable> {
        if self.orders_down.load(Ordering::SeqCst) { Err(away("orders")) } else { Ok(()) }
    }
}
