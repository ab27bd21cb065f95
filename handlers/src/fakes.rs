//! In-memory ports for the tests of this crate. Orders change by the real lifecycle; whatever else is asked of a port is
//! answered as by one that nothing stands behind.

use crate::{ports::Ports, unwired::Unwired};
use async_trait::async_trait;
use schemas::{
    address::Address,
    api::{
        order::{self as api, PaymentStatus, Reason},
        product::{Product, ProductPage},
    },
    event::Event,
    ids::OrderId,
    kept::AcceptedOrder,
    money::Amount,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, Once},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Stuck, decide},
    order::{State, StoredOrder, StoredPayment},
    ports::*,
    wiring::QueueName,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

pub(crate) fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

/// What the database does instead of its work.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Away,
    Panics,
    #[cfg(feature = "lambda")]
    Hangs,
    #[cfg(feature = "lambda")]
    Takes(std::time::Duration),
}

/// Everything behind the ports.
pub(crate) struct Shop {
    pub(crate) fault: Mutex<Option<Fault>>,
    pub(crate) stored: Mutex<BTreeMap<OrderId, StoredOrder>>,
    pub(crate) stuck: Mutex<Vec<Stuck>>,
    pub(crate) provider: Mutex<Result<Authorization, ProviderError>>,
    pub(crate) documents: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The batches that the orders were asked to change in.
    pub(crate) batches: Mutex<Vec<Vec<OrderId>>>,
    pub(crate) started: Mutex<Vec<OrderId>>,
    pub(crate) sent: Mutex<Vec<(QueueName, OutgoingMessage)>>,
}

/// Gives every thread somebody who listens to its log. Where there was but one listener in the process, a line that first
/// passes in another thread is turned off for all, and a test that reads the log would miss it.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().init());
}

impl Shop {
    pub(crate) fn new() -> Arc<Self> {
        listen();
        Arc::new(Self {
            fault: Mutex::default(),
            stored: Mutex::default(),
            stuck: Mutex::default(),
            provider: Mutex::new(Ok(Authorization::Authorized { id: "auth".into() })),
            documents: Mutex::default(),
            batches: Mutex::default(),
            started: Mutex::default(),
            sent: Mutex::default(),
        })
    }

    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            orders: self.clone(),
            bus: self.clone(),
            queue: self.clone(),
            provider: self.clone(),
            workflows: self.clone(),
            documents: self.clone(),
            ..Ports::unwired(self.clone())
        }
    }

    pub(crate) fn store(&self, number: u128, state: State) -> OrderId {
        let order = StoredOrder {
            id: id(number),
            customer: "alice".into(),
            state,
            version: 1,
            currency: "EUR".parse().unwrap(),
            total: Some(1_999),
            lines: Vec::new(),
            email: "zoe@example.com".into(),
            shipping_address: address(),
            billing_address: None,
            payment_method: "pm_card_visa".into(),
            payment: None,
            invoice: None,
            cancel_requested: false,
            traceparent: None,
            created_at: NOW,
            updated_at: NOW,
        };
        self.stored.lock().unwrap().insert(order.id, order);
        id(number)
    }

    pub(crate) fn reserved(&self, number: u128) -> OrderId {
        self.store(number, State::Reserved { until: NOW + Duration::minutes(30) })
    }

    pub(crate) fn rejected(&self, number: u128) -> OrderId {
        self.store(number, State::Rejected { reason: Reason::OutOfStock, detail: None })
    }

    pub(crate) fn paid(&self, number: u128) -> OrderId {
        let id = self.reserved(number);
        let payment = StoredPayment {
            key: "key".into(),
            state: PaymentStatus::Authorized,
            amount: Amount { amount: 1_999, currency: "EUR".parse().unwrap() },
            authorization_id: Some("auth".into()),
            code: None,
            calls: 1,
        };
        self.stored.lock().unwrap().get_mut(&id).unwrap().payment = Some(payment);
        id
    }

    pub(crate) fn fails(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    async fn database(&self, what: &'static str) -> Result<(), Unavailable> {
        let fault = *self.fault.lock().unwrap();
        match fault {
            None => Ok(()),
            Some(Fault::Away) => Err(Unavailable::because(what, "the plug was pulled")),
            Some(Fault::Panics) => panic!("a fault in {what}"),
            #[cfg(feature = "lambda")]
            Some(Fault::Hangs) => std::future::pending().await,
            #[cfg(feature = "lambda")]
            Some(Fault::Takes(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

fn address() -> Address {
    serde_json::from_value(json!({
        "name": "Zoe", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"
    }))
    .unwrap()
}

/// The message on queue `intake`.
pub(crate) fn accepted(number: u128) -> Value {
    json!({
        "id": id(number), "customer": "alice", "accepted_at": "2026-11-22T10:00:00Z",
        "request": {
            "currency": "EUR", "lines": [{ "sku": "TEA", "quantity": 2 }], "email": "zoe@example.com",
            "shipping_address": address(), "payment": { "method": "pm_card_visa" }
        }
    })
}

impl Clock for Shop {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

#[async_trait]
impl Orders for Shop {
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        self.batches.lock().unwrap().push(batch.iter().map(|order| order.id).collect());
        self.database("orders.reserve").await?;
        let until = NOW + Duration::minutes(30);
        let reserved =
            |order: AcceptedOrder| Reservation { id: order.id, state: State::Reserved { until }, events: Vec::new() };
        Ok(batch.into_iter().map(reserved).collect())
    }

    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.batches.lock().unwrap().push(batch.iter().map(|(id, _)| *id).collect());
        self.database("orders.apply").await?;
        let mut stored = self.stored.lock().unwrap();
        let apply = |(id, command): (OrderId, Command)| match stored.get_mut(&id) {
            None => Applied::Missing,
            Some(order) => {
                let verdict = decide(order, &command, NOW);
                Applied::Order { order: Box::new(order.clone()), verdict, events: Vec::new() }
            }
        };
        Ok(batch.into_iter().map(apply).collect())
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.database("orders.load").await?;
        Ok(self.stored.lock().unwrap().values().filter(|order| ids.contains(&order.id)).cloned().collect())
    }

    async fn stuck(&self, _: Duration, _: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        self.database("orders.stuck").await?;
        Ok(self.stuck.lock().unwrap().iter().map(|stuck| (*stuck, 0)).collect())
    }

    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        self.stuck.lock().unwrap().retain(|stuck| !swept.iter().any(|sweep| sweep.stuck == *stuck));
        Ok(())
    }

    async fn list(
        &self,
        customer: &str,
        status: Option<api::Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable> {
        Unwired.list(customer, status, before, limit).await
    }

    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        Unwired.expired(limit).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        Unwired.events(id).await
    }

    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        Unwired.number_invoices(ids).await
    }

    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        Unwired.dispatches(ids).await
    }

    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        Unwired.mark_told(told).await
    }
}

#[async_trait]
impl EventBus for Shop {
    async fn publish(&self, _: &[Event]) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[async_trait]
impl Queue for Shop {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        self.sent.lock().unwrap().extend(messages.into_iter().map(|message| (queue, message)));
        Ok(())
    }
}

#[async_trait]
impl Workflows for Shop {
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable> {
        self.started.lock().unwrap().extend(orders);
        Ok(())
    }
}

#[async_trait]
impl Documents for Shop {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        let mut documents = self.documents.lock().unwrap();
        let found = documents.entry(path.to_owned()).or_insert_with(|| content.clone());
        Ok(if *found == content { Filed::Stored } else { Filed::Taken(found.clone()) })
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        self.documents.lock().unwrap().insert(path.to_owned(), content);
        Ok(None)
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.documents.lock().unwrap().get(path).cloned())
    }
}

#[async_trait]
impl PaymentProvider for Shop {
    async fn authorize(&self, _: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        self.provider.lock().unwrap().clone()
    }

    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError> {
        PaymentProvider::find(&Unwired, key).await
    }

    async fn void(&self, key: &str) -> Result<(), ProviderError> {
        Unwired.void(key).await
    }

    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError> {
        Unwired.books(first, last, limit).await
    }
}

/// A catalogue.
pub(crate) struct Shelf(Mutex<BTreeMap<String, Product>>);

impl Shelf {
    pub(crate) fn of(skus: &[&str]) -> Arc<Self> {
        let price = Amount { amount: 1_999, currency: "EUR".parse().unwrap() };
        let product = |sku: &&str| {
            let sku = (*sku).to_owned();
            (
                sku.clone(),
                Product { sku, name: "Tea".into(), price, tax_rate_bp: 700, price_includes_tax: false, available: 3 },
            )
        };
        Arc::new(Self(Mutex::new(skus.iter().map(product).collect())))
    }
}

#[async_trait]
impl Catalogue for Shelf {
    async fn product(&self, sku: &str) -> Result<Option<Product>, Unavailable> {
        Ok(self.0.lock().unwrap().get(sku).cloned())
    }

    async fn known(&self, skus: &[String]) -> Result<HashSet<String>, Unavailable> {
        let products = self.0.lock().unwrap();
        Ok(skus.iter().filter(|sku| products.contains_key(*sku)).cloned().collect())
    }

    async fn products(&self, _: Option<&str>, _: i64) -> Result<ProductPage, Unavailable> {
        Ok(ProductPage { items: self.0.lock().unwrap().values().cloned().collect(), next_cursor: None })
    }
}

#[async_trait]
impl CatalogueCopy for Shelf {
    async fn put(&self, products: &[Product]) -> Result<(), Unavailable> {
        self.0.lock().unwrap().extend(products.iter().map(|product| (product.sku.clone(), product.clone())));
        Ok(())
    }

    async fn remove(&self, skus: &[String]) -> Result<(), Unavailable> {
        self.0.lock().unwrap().retain(|sku, _| !skus.contains(sku));
        Ok(())
    }
}
