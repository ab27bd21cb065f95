//! Orders that change by the lifecycle itself, a clock that is set, and ports that remember what they were asked, refuse
//! what names a bad order, or are away.

use async_trait::async_trait;
use schemas::{
    address::Address,
    api::order as api,
    event::{Event, EventName},
    ids::OrderId,
    kept::AcceptedOrder,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::Mutex,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Stuck, Verdict, decide},
    order::{State, StoredOrder},
    ports::{
        Applied, Clock, Dispatch, EventBus, Numbered, OrderList, Orders, OutgoingMessage, Queue, Reservation, Sweep,
        Unavailable, Workflows,
    },
    wiring::QueueName,
};

pub(crate) const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

pub(crate) fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

/// A call to a port, and the orders that it names.
pub(crate) type Call = (&'static str, Vec<OrderId>);

pub(crate) struct World {
    pub(crate) now: Mutex<OffsetDateTime>,
    pub(crate) stuck: Mutex<Vec<Stuck>>,
    pub(crate) orders: Mutex<BTreeMap<OrderId, StoredOrder>>,
    /// How often each was set going, and until when it is left alone; by the order and what it was stuck for.
    pub(crate) marks: Mutex<BTreeMap<String, (i32, OffsetDateTime)>>,
    pub(crate) told: Mutex<Vec<Event>>,
    pub(crate) calls: Mutex<Vec<Call>>,
    /// How long it takes to apply a batch.
    pub(crate) slowness: Duration,
    /// What names one of these is refused.
    pub(crate) bad: BTreeSet<OrderId>,
    /// The ports that do not answer.
    pub(crate) away: Mutex<BTreeSet<&'static str>>,
    /// Nobody hears from the workflows.
    pub(crate) workflows_hang: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: Mutex::new(START),
            stuck: Mutex::default(),
            orders: Mutex::default(),
            marks: Mutex::default(),
            told: Mutex::default(),
            calls: Mutex::default(),
            slowness: Duration::ZERO,
            bad: BTreeSet::new(),
            away: Mutex::default(),
            workflows_hang: false,
        }
    }

    pub(crate) fn with_stuck(stuck: impl IntoIterator<Item = Stuck>) -> Self {
        let world = Self::new();
        world.stuck.lock().unwrap().extend(stuck);
        world
    }

    pub(crate) fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    /// What was asked of the ports, all but the looking.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn mark(&self, stuck: Stuck) -> Option<(i32, OffsetDateTime)> {
        self.marks.lock().unwrap().get(&format!("{stuck:?}")).copied()
    }

    /// An order in that state.
    pub(crate) fn store(&self, number: u128, state: State) {
        let order = StoredOrder {
            id: id(number),
            customer: "zoe".into(),
            state,
            version: 2,
            currency: "EUR".parse().unwrap(),
            total: Some(600),
            lines: Vec::new(),
            email: "zoe@example.com".into(),
            shipping_address: Address {
                name: "Zoe".into(),
                line1: "1 High Street".into(),
                line2: None,
                city: "London".into(),
                postal_code: "N1".into(),
                country: "GB".into(),
            },
            billing_address: None,
            payment_method: "pm_card_visa".into(),
            payment: None,
            invoice: None,
            cancel_requested: false,
            traceparent: None,
            created_at: START,
            updated_at: START,
        };
        self.orders.lock().unwrap().insert(order.id, order);
    }

    fn call(&self, what: &'static str, orders: Vec<OrderId>) -> Result<(), Unavailable> {
        let is_bad = orders.iter().any(|order| self.bad.contains(order));
        self.calls.lock().unwrap().push((what, orders));
        if self.away.lock().unwrap().contains(what) {
            return Err(Unavailable::because(what, "away"));
        }
        if is_bad { Err(Unavailable::refused(what, "it names a bad order")) } else { Ok(()) }
    }
}

fn event(order: OrderId, sequence: i32, name: EventName) -> Event {
    Event::new("test", order, sequence, name, START, serde_json::json!({}))
}

impl Clock for World {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }
}

#[async_trait]
impl Orders for World {
    async fn stuck(&self, _: Duration, _: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        let stuck = self.stuck.lock().unwrap();
        let due = stuck.iter().filter_map(|stuck| match self.mark(*stuck) {
            Some((_, next_at)) if next_at > self.now() => None,
            mark => Some((*stuck, mark.map_or(0, |(times, _)| times))),
        });
        Ok(due.collect())
    }

    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        self.call("orders.mark_swept", Vec::new())?;
        let now = self.now();
        let marks = swept.iter().map(|sweep| (format!("{:?}", sweep.stuck), (sweep.times, now + sweep.pause)));
        self.marks.lock().unwrap().extend(marks);
        Ok(())
    }

    async fn events(&self, order: OrderId) -> Result<Vec<Event>, Unavailable> {
        let names = [EventName::OrderReserved, EventName::OrderConfirmed, EventName::OrderCancelled];
        Ok((2..).zip(names).map(|(sequence, name)| event(order, sequence, name)).collect())
    }

    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let orders = self.orders.lock().unwrap();
        let due = orders.values().filter(|order| match order.state {
            State::Reserved { until } => until <= START,
            // It was read before it was confirmed.
            State::Confirmed => true,
            State::Rejected { .. } | State::Cancelled => false,
        });
        Ok(due.take(limit.try_into().unwrap()).map(|order| order.id).collect())
    }

    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.pass(self.slowness);
        self.call("orders.apply", batch.iter().map(|(id, _)| *id).collect())?;
        let mut orders = self.orders.lock().unwrap();
        let apply = |(id, command): (OrderId, Command)| {
            let order = orders.get_mut(&id).unwrap();
            let verdict = decide(order, &command, self.now());
            let events = match verdict {
                Verdict::Changed(_) => vec![event(id, order.version, command.event_name(order).unwrap())],
                Verdict::Already | Verdict::Refused => Vec::new(),
            };
            Applied::Order { order: Box::new(order.clone()), verdict, events }
        };
        Ok(batch.into_iter().map(apply).collect())
    }

    async fn reserve(&self, _: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        unreachable!()
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        let orders = self.orders.lock().unwrap();
        Ok(ids.iter().filter_map(|id| orders.get(id).cloned()).collect())
    }

    async fn list(
        &self,
        _: &str,
        _: Option<api::Status>,
        _: Option<OrderId>,
        _: i64,
    ) -> Result<OrderList, Unavailable> {
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
impl Workflows for World {
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable> {
        if self.workflows_hang {
            return pending().await;
        }
        self.call("workflows.start", orders.to_vec())
    }
}

#[async_trait]
impl Queue for World {
    async fn send(&self, queue: QueueName, messages: Vec<OutgoingMessage>) -> Result<(), Unavailable> {
        assert_eq!(queue, QueueName::Cancel);
        self.call("queue.send", messages.iter().map(|message| OrderId(message.subject)).collect())
    }
}

#[async_trait]
impl EventBus for World {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        self.call("event_bus.publish", events.iter().map(|event| event.subject).collect())?;
        self.told.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}
