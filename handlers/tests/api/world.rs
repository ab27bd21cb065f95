//! In-memory stand-ins for the ports, and a caller that checks of every answer what every answer must have. They keep no
//! promise beyond what a test needs: the real ones are tested where they are.

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
};
use futures_util::{FutureExt, future::BoxFuture};
use handlers::{
    api::{Acceptances, App, Decisions, LookAgain, Metrics, Reads, openapi_document, router},
    token::{Identity, Role, TokenKey},
};
use http_body_util::BodyExt;
use schemas::{
    event::Event,
    ids::OrderId,
    intake::AcceptedOrder,
    order::{self as api, Status},
    product::{Product, ProductPage},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use time::{Duration, OffsetDateTime, macros::datetime};
use tower::ServiceExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;
use workflows::{
    invoice::InvoiceDocument,
    issued::{Fingerprint, Issued, IssuedInvoices, Place, PrintRecord},
    lifecycle::Command,
    order::{State, StoredInvoice, StoredLine, StoredOrder, submitted},
    ports::*,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00.123456 UTC);
/// How much each caller may read at once.
pub(crate) const PLACES: u16 = 2;
pub(crate) const SECRET: &[u8] = b"a key for tests, 32 bytes or more";

pub(crate) struct World {
    pub(crate) keys: Mutex<HashMap<(String, String), Submission>>,
    pub(crate) stored: Mutex<BTreeMap<OrderId, StoredOrder>>,
    pub(crate) sent: Mutex<Vec<(String, OutgoingMessage)>>,
    pub(crate) documents: Mutex<HashMap<String, Vec<u8>>>,
    /// What was printed of invoices, by order.
    pub(crate) printed: Mutex<HashMap<OrderId, Fingerprint>>,
    pub(crate) products: Mutex<Vec<Product>>,
    /// The intake does not answer.
    pub(crate) intake_down: AtomicBool,
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

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The kind of problem that it is.
    pub(crate) fn slug(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.strip_prefix("urn:sluice:problem:").unwrap().to_owned()
    }
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

pub(crate) fn token(name: &str) -> String {
    let role = match name {
        "support" => Role::Support,
        "warehouse" => Role::Warehouse,
        _ => Role::Customer,
    };
    let warehouse = (role == Role::Warehouse).then(|| "W1".to_owned());
    let identity = Identity { sub: name.into(), role, warehouse };
    TokenKey::from_bytes(SECRET).unwrap().sign(&identity, NOW, Duration::hours(1)).unwrap()
}

pub(crate) fn get(path: &str, name: &str) -> Request<Body> {
    let request = Request::get(path).header("authorization", format!("Bearer {}", token(name)));
    request.body(Body::empty()).unwrap()
}

pub(crate) fn order() -> Value {
    json!({
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 2}],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159", "country": "DE"
        },
        "payment": {"method": "pm_card_visa"}
    })
}

/// A good submission, to be changed where a test wants it.
pub(crate) fn submission(name: &str, key: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/orders")
        .header("authorization", format!("Bearer {}", token(name)))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body.into())
        .unwrap()
}

pub(crate) fn id_of(answer: &Answer) -> OrderId {
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

/// Asks, and checks what every answer must have: an id, safe headers, and that the OpenAPI document knows it.
pub(crate) async fn ask(router: Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = Answer { status: parts.status, headers: parts.headers, body };
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let is_problem = answer.header("content-type") == "application/problem+json";
    assert_eq!(is_problem, answer.status.as_u16() >= 400, "{path}");
    if is_problem {
        let document = answer.json();
        assert_eq!(document["request_id"], answer.header("x-request-id"));
        assert_eq!(document["status"], answer.status.as_u16());
        assert!(!document["title"].as_str().unwrap().is_empty());
    }
    check_documented(&method, &path, &answer, is_problem);
    answer
}

fn check_documented(method: &str, path: &str, answer: &Answer, is_problem: bool) {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let same = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let mut parts = template.iter().zip(&path);
        template.len() == path.len() && parts.all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
    };
    let operation = document["paths"].as_object().unwrap().iter().find(|(t, _)| same(t)).map(|(_, item)| &item[method]);
    let Some(operation) = operation.filter(|o| !o.is_null()) else {
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path} is not documented");
        return;
    };
    let response = &operation["responses"][answer.status.as_str()];
    assert!(!response.is_null(), "{method} {path}: {} is not documented", answer.status);
    if is_problem {
        let known = &response["content"]["application/problem+json"]["examples"][answer.slug()];
        assert!(!known.is_null(), "{method} {path}: {} is not documented", answer.slug());
    }
    for name in response["headers"].as_object().unwrap().keys() {
        let optional = matches!(name.as_str(), "Idempotency-Replayed" | "Preference-Applied" | "Retry-After");
        assert!(optional || answer.headers.contains_key(name), "{method} {path}: no {name}");
    }
}

/// Word of changes, as a database gives it: nothing before the listening begins is told.
struct Told(Arc<World>);

impl Decisions for Told {
    fn listen(&self, _caller: &str, _id: OrderId, _waited: std::time::Duration) -> Option<BoxFuture<'static, ()>> {
        let told = self.0.changed.clone().notified_owned();
        (!self.0.crowded.load(Ordering::SeqCst)).then(|| told.boxed())
    }
}

#[async_trait]
impl Readiness for World {
    async fn check(&self) -> Result<(), Unavailable> {
        self.orders_up()
    }
}

impl Clock for World {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

impl Ids for World {
    fn order_id(&self) -> OrderId {
        let count = u128::from(self.ids.fetch_add(1, Ordering::SeqCst));
        OrderId(Uuid::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0000 + count))
    }
}

#[async_trait]
impl Intake for World {
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        if self.intake_down.load(Ordering::SeqCst) {
            return Err(away("intake.accept"));
        }
        let mut keys = self.keys.lock().unwrap();
        let accept = |submission: Submission| {
            let key = (submission.order.customer.clone(), submission.key.clone());
            match keys.get(&key) {
                None => {
                    keys.insert(key, submission);
                    Acceptance::Accepted
                }
                Some(known) if known.fingerprint == submission.fingerprint || submission.repeats(&known.order) => {
                    Acceptance::Replayed { id: known.order.id, accepted_at: known.order.accepted_at }
                }
                Some(_) => Acceptance::KeyReused,
            }
        };
        Ok(batch.into_iter().map(accept).collect())
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        Ok(self.accepted_order(id))
    }
}

#[async_trait]
impl Orders for World {
    async fn reserve(&self, _: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        unreachable!()
    }

    async fn apply(&self, _: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        unreachable!()
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        drop(self.reading.read().await);
        self.orders_up()?;
        let found = self.stored.lock().unwrap().values().filter(|order| ids.contains(&order.id)).cloned().collect();
        let change = self.after_next_look.lock().unwrap().take();
        if let Some((id, state)) = change {
            self.store(id, state);
        }
        Ok(found)
    }

    async fn list(
        &self,
        customer: &str,
        status: Option<Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable> {
        drop(self.reading.read().await);
        self.orders_up()?;
        let stored = self.stored.lock().unwrap();
        let mut all: BTreeMap<OrderId, api::Order> = self
            .keys
            .lock()
            .unwrap()
            .values()
            .filter(|s| s.order.customer == customer)
            .map(|s| (s.order.id, submitted(s.order.id, &s.order.request, s.order.accepted_at)))
            .collect();
        all.extend(stored.values().filter(|o| o.customer == customer).map(|o| (o.id, o.view())));
        let wanted = |order: &api::Order| {
            status.is_none_or(|status| order.status == status) && before.is_none_or(|before| order.id < before)
        };
        let limit = usize::try_from(limit).unwrap();
        let mut orders: Vec<_> = all.into_values().rev().filter(wanted).take(limit + 1).collect();
        let more = orders.len() > limit;
        orders.truncate(limit);
        let next = orders.last().filter(|_| more).map(|order| order.id);
        Ok(OrderList { orders, next })
    }

    async fn request_cancel(&self, id: OrderId) -> Result<CancelRequest, Unavailable> {
        let mut stored = self.stored.lock().unwrap();
        let Some(order) = stored.get_mut(&id) else { return Ok(CancelRequest::Missing) };
        Ok(match order.state {
            State::Reserved { .. } | State::Confirmed => {
                order.cancel_requested = true;
                CancelRequest::Noted
            }
            State::Cancelled => CancelRequest::Already,
            State::Rejected { .. } => CancelRequest::TooLate(Status::Rejected),
        })
    }

    async fn expired(&self, _: i64) -> Result<Vec<OrderId>, Unavailable> {
        unreachable!()
    }

    async fn stuck(&self, _: Duration, _: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        unreachable!()
    }

    async fn mark_swept(&self, _: &[Sweep]) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn events(&self, _: OrderId) -> Result<Vec<Event>, Unavailable> {
        unreachable!()
    }

    async fn number_invoices(&self, _: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        unreachable!()
    }

    async fn dispatches(&self, _: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        unreachable!()
    }

    async fn mark_told(&self, _: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl Catalogue for World {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        drop(self.reading.read().await);
        assert!(!self.catalogue_panics.load(Ordering::SeqCst), "a fault in the catalogue");
        Ok(self.products.lock().unwrap().iter().find(|p| p.sku == sku).cloned())
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let products = self.products.lock().unwrap();
        Ok(products.iter().map(|p| p.sku.clone()).filter(|sku| skus.contains(sku)).collect())
    }

    async fn products(&self, cursor: Option<&str>, limit: i64) -> Result<ProductPage, Unavailable> {
        drop(self.reading.read().await);
        let after = |p: &&Product| cursor.is_none_or(|sku| p.sku.as_str() > sku);
        let mut items: Vec<_> = self.products.lock().unwrap().iter().filter(after).cloned().collect();
        let limit = usize::try_from(limit).unwrap();
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|p| p.sku.clone());
        Ok(ProductPage { items, next_cursor })
    }
}

#[async_trait]
impl Search for World {
    async fn index_orders(&self, _: &[OrderId]) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn rebuild(&self, _: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable> {
        unreachable!()
    }

    async fn products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable> {
        drop(self.reading.read().await);
        let products = self.products.lock().unwrap();
        let found = products.iter().filter(|p| p.name.contains(query)).cloned();
        Ok(found.take(usize::try_from(limit).unwrap()).collect())
    }

    async fn orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        drop(self.reading.read().await);
        let stored = self.stored.lock().unwrap();
        let found = stored.values().rev().filter(|o| o.email == query).map(|o| o.id);
        Ok(found.take(usize::try_from(limit).unwrap()).collect())
    }
}

#[async_trait]
impl Documents for World {
    async fn put(&self, _: &str, _: Vec<u8>) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.documents.lock().unwrap().get(path).cloned())
    }
}

#[async_trait]
impl IssuedInvoices for World {
    async fn record(&self, _: &[(OrderId, PrintRecord)]) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn adopt(&self, _: &[(OrderId, Fingerprint)]) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn of(&self, orders: &[OrderId]) -> Result<Vec<Issued>, Unavailable> {
        let (stored, printed) = (self.stored.lock().unwrap(), self.printed.lock().unwrap());
        let of = |id: &OrderId| {
            let number = stored.get(id)?.invoice.as_ref().filter(|invoice| invoice.stored)?.number.clone();
            let (place, file) = (Place::default(), printed.get(id).copied());
            Some(Issued { order: *id, number, place, file, xml_sha256: None })
        };
        Ok(orders.iter().filter_map(of).collect())
    }

    async fn behind(&self, _: Place, _: i64) -> Result<Vec<Issued>, Unavailable> {
        unreachable!()
    }

    async fn document(&self, _: OrderId) -> Result<Option<InvoiceDocument>, Unavailable> {
        unreachable!()
    }

    async fn checked(&self) -> Result<Place, Unavailable> {
        unreachable!()
    }

    async fn mark_checked(&self, _: Place) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl Queue for World {
    async fn send(&self, queue: &str, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        self.sent.lock().unwrap().extend(messages.into_iter().map(|m| (queue.to_owned(), m)));
        Ok(())
    }
}
