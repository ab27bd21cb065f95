//! In-memory stand-ins for the ports. They keep no promise beyond what a test needs: the real ones are tested where they are.

use super::{NOW, World, away};
use async_trait::async_trait;
use futures_util::{FutureExt, future::BoxFuture};
use handlers::api::Decisions;
use schemas::{
    api::{
        order::{self as api, Status},
        product::{Product, ProductPage},
    },
    event::Event,
    ids::OrderId,
    kept::AcceptedOrder,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, atomic::Ordering},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    billing::{Bill, Edition},
    issued::{Fingerprint, Issued, IssuedInvoices, Place, PrintRecord, ReadBack},
    lifecycle::{Command, Stuck, decide},
    order::{StoredOrder, submitted},
    ports::*,
    wiring::QueueName,
};

/// Word of changes, as a database gives it: nothing before the listening begins is told.
pub(super) struct Told(pub(super) Arc<World>);

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
        if self.intake_mute.load(Ordering::SeqCst) {
            return Ok(Vec::new());
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

    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        let mut stored = self.stored.lock().unwrap();
        let applied = batch.into_iter().map(|(id, command)| match stored.get_mut(&id) {
            None => Applied::Missing,
            Some(order) => {
                let verdict = decide(order, &command, NOW);
                Applied::Order { order: Box::new(order.clone()), verdict, events: Vec::new() }
            }
        });
        Ok(applied.collect())
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
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        let mut documents = self.documents.lock().unwrap();
        let found = documents.entry(path.to_owned()).or_insert_with(|| content.clone());
        Ok(if *found == content { Filed::Stored } else { Filed::Taken(found.clone()) })
    }

    async fn put(&self, _: &str, _: Vec<u8>) -> Result<Option<String>, Unavailable> {
        unreachable!()
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.documents.lock().unwrap().get(path).cloned())
    }
}

/// A file here names its order and its number in its second and third word.
impl InvoiceReader for World {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        let mut words = str::from_utf8(file).ok()?.split(' ').skip(1);
        let order = OrderId(words.next()?.parse().ok()?);
        Some(ReadBack { order, number: words.next()?.to_owned(), xml_sha256: [0; 32] })
    }
}

#[async_trait]
impl IssuedInvoices for World {
    async fn record(&self, _: &[(OrderId, PrintRecord)]) -> Result<HashSet<OrderId>, Unavailable> {
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

    async fn bill(&self, _: OrderId, _: Option<Edition>) -> Result<Option<Bill>, Unavailable> {
        unreachable!()
    }

    async fn checked(&self) -> Result<Place, Unavailable> {
        unreachable!()
    }

    async fn mark_checked(&self, _: Place) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn unasked(&self, orders: &[OrderId]) -> Result<Vec<OrderId>, Unavailable> {
        let sent = self.sent.lock().unwrap();
        let is_asked =
            |order: &OrderId| sent.iter().any(|(queue, m)| *queue == QueueName::Invoice && m.subject == order.0);
        Ok(orders.iter().filter(|order| !is_asked(order)).copied().collect())
    }

    async fn mark_unmended(&self, _: OrderId) -> Result<(), Unavailable> {
        unreachable!()
    }

    async fn mark_mended(&self, _: OrderId) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl Queue for World {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        self.sent.lock().unwrap().extend(messages.into_iter().map(|m| (queue, m)));
        Ok(())
    }
}
