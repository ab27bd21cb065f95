//! All that is in the shop, and what changes orders in it.

use super::{HOLD, Provider};
use schemas::{
    api::order::Status,
    event::{Event, EventName},
    ids::OrderId,
    kept::{AcceptedOrder, StoredLine},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use workflows::{
    allocate::{Goods, allocate},
    billing::{self, Edition, InvoiceDocument, KeptSeller},
    issued_invoice::{Fingerprint, SeriesPosition},
    lifecycle::{Command, FIRST_EVENTS, Stuck, Verdict, decide},
    order::StoredOrder,
    ports::{Applied, Notice, OutgoingMessage, Reservation, Submission},
    wiring::QueueName,
};

/// What is in the shop.
#[derive(Default)]
pub struct Contents {
    /// Stored orders.
    pub orders: BTreeMap<OrderId, StoredOrder>,
    /// Their events, by sequence.
    pub events: BTreeMap<OrderId, Vec<Event>>,
    /// What is for sale.
    pub goods: Goods,
    /// Accepted orders by their customer and key.
    pub submissions: BTreeMap<(String, String), Submission>,
    /// What the event bus was told.
    pub told: Vec<Event>,
    /// Messages that wait, each with its queue, in the order in which they were sent.
    pub messages: Vec<(QueueName, OutgoingMessage)>,
    /// The orders whose workflow was started, as often as that was asked for.
    pub started: Vec<OrderId>,
    /// Those whose workflow runs.
    pub running: BTreeSet<OrderId>,
    /// Since when workflows have ended.
    pub ended: BTreeMap<OrderId, OffsetDateTime>,
    /// What was swept.
    pub marks: Vec<Mark>,
    /// How far the warehouses of each order are known to have been told.
    pub dispatched: BTreeMap<OrderId, i32>,
    /// What warehouses heard, what was said again among it.
    pub feed: Vec<Notice>,
    /// What is known of invoices beside the orders' own numbers.
    pub invoices: BTreeMap<OrderId, Invoice>,
    /// The last number of each year.
    pub last_numbers: BTreeMap<i32, i32>,
    /// What was printed, as often as it was.
    pub printed: Vec<InvoiceDocument>,
    /// Up to where documents were looked at.
    pub checked: SeriesPosition,
    /// Until when invoices that could not be printed again are not asked for.
    pub unmended: BTreeMap<OrderId, OffsetDateTime>,
    /// Documents by their paths.
    pub documents: BTreeMap<String, Vec<u8>>,
    /// What stood in the place of documents.
    pub set_aside: Vec<(String, Vec<u8>)>,
    /// Who moves the money.
    pub provider: Provider,
    /// As what search shows orders.
    pub shown: BTreeMap<OrderId, Status>,
}

/// That something was swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What was stuck.
    pub stuck: Stuck,
    /// How often it was swept.
    pub times: i32,
    /// When it is looked at again.
    pub next_at: OffsetDateTime,
}

/// What is kept with an invoice's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its number.
    pub position: SeriesPosition,
    /// Who sold.
    pub seller: KeptSeller,
    /// By which rules it is worded.
    pub edition: Edition,
    /// The file, if anybody noted it.
    pub file: Option<Fingerprint>,
    /// SHA-256 of the XML within, if anybody noted it.
    pub xml_sha256: Option<[u8; 32]>,
}

impl Contents {
    /// Prices orders and takes their stock; those that are stored are told again.
    pub(super) fn reserve(
        &mut self,
        batch: Vec<AcceptedOrder>,
        seller: billing::Location<'_>,
        now: OffsetDateTime,
    ) -> Vec<Reservation> {
        let mut reservations = Vec::with_capacity(batch.len());
        for accepted in batch {
            let id = accepted.id;
            if !self.orders.contains_key(&id) {
                for new in allocate(vec![accepted], &mut self.goods, seller, now, now + HOLD) {
                    for ((name, data), sequence) in new.events.into_iter().zip(1..) {
                        self.note(&new.order, sequence, name, data, now);
                    }
                    self.orders.insert(id, new.order);
                }
            }
            let is_first = |event: &&Event| event.sequence <= FIRST_EVENTS;
            let first = self.events.get(&id).into_iter().flatten().filter(is_first).cloned().collect();
            reservations.extend(self.orders.get(&id).map(|order| Reservation { order: order.clone(), events: first }));
        }
        reservations
    }

    /// Carries a command out as the lifecycle decides.
    pub fn apply(&mut self, id: OrderId, command: &Command, now: OffsetDateTime) -> Applied {
        let Some(mut order) = self.orders.remove(&id) else { return Applied::Missing };
        let verdict = decide(&mut order, command, now);
        let events = match &verdict {
            Verdict::Changed(effects) => {
                if effects.releases_stock {
                    self.release_stock(&order.lines);
                }
                let fact = effects.event.clone();
                fact.map(|(name, data)| self.note(&order, order.version, name, data, now)).into_iter().collect()
            }
            Verdict::Already => {
                let name = command.event_name(&order);
                let told_by = |event: &&Event| name.is_some() && event.name() == name;
                self.events.get(&id).into_iter().flatten().filter(told_by).cloned().collect()
            }
            Verdict::Refused => Vec::new(),
        };
        self.orders.insert(id, order.clone());
        Applied::Order { order: Box::new(order), verdict, events }
    }

    fn note(&mut self, order: &StoredOrder, sequence: i32, name: EventName, data: Value, now: OffsetDateTime) -> Event {
        let traceparent = order.traceparent.clone();
        let event = Event { traceparent, ..Event::new("test", order.id, sequence, name, now, data) };
        self.events.entry(order.id).or_default().push(event.clone());
        event
    }

    fn release_stock(&mut self, lines: &[StoredLine]) {
        for line in lines {
            let levels = self.goods.stock.get_mut(&line.sku).into_iter().flatten();
            for level in levels.filter(|level| Some(&level.warehouse) == line.warehouse.as_ref()) {
                level.free += line.quantity;
            }
        }
    }

    /// The messages on a queue.
    pub fn on_queue(&self, queue: QueueName) -> Vec<OutgoingMessage> {
        self.messages.iter().filter(|(name, _)| *name == queue).map(|(_, message)| message.clone()).collect()
    }

    /// Whether a message about the order waits on a queue.
    pub fn waits(&self, queue: QueueName, order: OrderId) -> bool {
        self.messages.iter().any(|(name, message)| *name == queue && message.subject == order.0)
    }

    /// Whether the event bus was told that of the order.
    pub fn was_told(&self, order: OrderId, name: EventName) -> bool {
        self.told.iter().any(|event| event.subject == order && event.name() == Some(name))
    }

    /// What a warehouse heard, each event once, as it dedupes them.
    pub fn heard_by(&self, warehouse: &str) -> Vec<Event> {
        let mut seen = BTreeSet::new();
        let heard = self.feed.iter().filter(|notice| notice.warehouse == warehouse).map(|notice| &notice.event);
        heard.filter(|event| seen.insert((event.source.clone(), event.id))).cloned().collect()
    }
}
