//! Orders whose events come from the lifecycle itself, warehouses that remember what they hear, and one call to a port
//! that can be made to fail, before it has done its work or after.

use async_trait::async_trait;
use schemas::{
    address::Address,
    api::order as api,
    event::Event,
    ids::OrderId,
    kept::{AcceptedOrder, StoredLine},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Mutex,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Stuck, Verdict, decide},
    order::{State, StoredOrder},
    ports::{Applied, Dispatch, Notice, Numbered, OrderList, Orders, Reservation, Sweep, Unavailable, Warehouses},
    steps::{Outcome, dispatch_orders::dispatch_orders},
};

/// The first order's id; the others follow.
pub(crate) const ID: u128 = 7;
const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

pub(crate) fn order_id(id: u128) -> OrderId {
    OrderId(Uuid::from_u128(id))
}

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

#[derive(Default)]
struct Contents {
    orders: BTreeMap<OrderId, (StoredOrder, Vec<Event>)>,
    told: BTreeMap<OrderId, i32>,
    said: Vec<Notice>,
    calls: usize,
    calls_to_tell: usize,
    failure: Option<(usize, Moment)>,
    refused: HashSet<OrderId>,
}

#[derive(Default)]
pub(crate) struct World(Mutex<Contents>);

impl World {
    /// Orders whose money is held, with two lines of TEA in `north` and one of CUP in `south`.
    pub(crate) fn with_paid_orders(count: u128) -> Self {
        let world = Self::default();
        for id in ID..ID + count {
            let order = reserved(order_id(id));
            let first = [event(&order, 1, "OrderSubmitted", json!({})), event(&order, 2, "OrderReserved", json!({}))];
            world.0.lock().unwrap().orders.insert(order.id, (order, first.into()));
            world.happens(id, Command::AskForPayment);
            world.happens(id, Command::RecordAuthorization { authorization_id: format!("pi_{id}") });
        }
        world
    }

    /// Carries a command out, which must change the order.
    pub(crate) fn happens(&self, id: u128, command: Command) {
        let mut world = self.0.lock().unwrap();
        let (order, events) = world.orders.get_mut(&order_id(id)).unwrap();
        let Verdict::Changed(effects) = decide(order, &command, START) else { panic!("{command:?} is refused") };
        if let Some((name, data)) = effects.event {
            events.push(event(order, order.version, name.as_str(), data));
        }
    }

    pub(crate) fn events(&self, id: u128) -> Vec<Event> {
        self.0.lock().unwrap().orders[&order_id(id)].1.clone()
    }

    /// Has one call to a port fail, counted from 0.
    pub(crate) fn fail(&self, call: usize, moment: Moment) {
        self.0.lock().unwrap().failure = Some((call, moment));
    }

    /// Has the warehouses take nothing that holds a notice of this order.
    pub(crate) fn refuses(&self, id: u128) {
        self.0.lock().unwrap().refused.insert(order_id(id));
    }

    pub(crate) async fn deliver(&self, ids: &[u128]) -> Vec<Outcome> {
        let ids: Vec<OrderId> = ids.iter().copied().map(order_id).collect();
        dispatch_orders(self, self, &ids).await
    }

    /// What a warehouse heard, each event once, as it dedupes them.
    pub(crate) fn feed(&self, warehouse: &str) -> Vec<Event> {
        let mut seen = HashSet::new();
        let world = self.0.lock().unwrap();
        let heard = world.said.iter().filter(|notice| notice.warehouse == warehouse).map(|notice| &notice.event);
        heard.filter(|event| seen.insert((event.source.clone(), event.id))).cloned().collect()
    }

    /// How many notices went out, those told again among them.
    pub(crate) fn said(&self) -> usize {
        self.0.lock().unwrap().said.len()
    }

    pub(crate) fn calls_to_tell(&self) -> usize {
        self.0.lock().unwrap().calls_to_tell
    }

    pub(crate) fn mark(&self, id: u128) -> i32 {
        self.0.lock().unwrap().told.get(&order_id(id)).copied().unwrap_or_default()
    }

    /// Does the work of a call, unless it is the one that fails before; and says so if it fails after.
    fn call<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Contents) -> Result<T, Unavailable>,
    ) -> Result<T, Unavailable> {
        let mut world = self.0.lock().unwrap();
        let call = world.calls;
        world.calls += 1;
        let away = || Err(Unavailable::because(what, "out of order"));
        match world.failure.filter(|(failing, _)| *failing == call) {
            Some((_, Moment::Before)) => away(),
            Some((_, Moment::After)) => work(&mut world).and_then(|_| away()),
            None => work(&mut world),
        }
    }
}

fn reserved(id: OrderId) -> StoredOrder {
    let line = |sku: &str, quantity, warehouse: &str| StoredLine {
        sku: sku.into(),
        name: Some(format!("Fine {sku}")),
        quantity,
        unit_price: Some(100),
        tax_rate_bp: Some(0),
        warehouse: Some(warehouse.into()),
        ..StoredLine::default()
    };
    let address = |name: &str, line1: &str| Address {
        name: name.into(),
        line1: line1.into(),
        line2: None,
        city: "London".into(),
        postal_code: "N1".into(),
        country: "GB".into(),
    };
    StoredOrder {
        id,
        customer: "zoe".into(),
        state: State::Reserved { until: START },
        version: 2,
        currency: "EUR".parse().unwrap(),
        total: Some(600),
        lines: vec![line("TEA", 2, "north"), line("CUP", 3, "south"), line("TEA", 1, "north")],
        email: "zoe@example.com".into(),
        shipping_address: address("Zoe", "1 High Street"),
        billing_address: Some(address("Ann", "1 Billing Street")),
        payment_method: "pm_card_visa".into(),
        payment: None,
        invoice: None,
        cancel_requested: false,
        traceparent: None,
        created_at: START,
        updated_at: START,
    }
}

fn event(order: &StoredOrder, sequence: i32, name: &str, data: serde_json::Value) -> Event {
    Event::new("test", order.id, sequence, name.parse().unwrap(), START, data)
}

#[async_trait]
impl Warehouses for World {
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        self.0.lock().unwrap().calls_to_tell += 1;
        self.call("warehouses.tell", |world| {
            if notices.iter().any(|notice| world.refused.contains(&notice.event.subject)) {
                return Err(Unavailable::refused("warehouses.tell", "too large"));
            }
            world.said.extend_from_slice(notices);
            Ok(())
        })
    }
}

#[async_trait]
impl Orders for World {
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        self.call("orders.dispatches", |world| {
            let found = world.orders.iter().filter(|(id, _)| ids.contains(id)).map(|(id, (order, events))| Dispatch {
                order: order.clone(),
                events: events.clone(),
                told: world.told.get(id).copied().unwrap_or_default(),
            });
            Ok(found.collect())
        })
    }

    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        self.call("orders.mark_told", |world| {
            world.told.extend(told.iter().copied());
            Ok(())
        })
    }

    async fn reserve(&self, _: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        unreachable!()
    }

    async fn apply(&self, _: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        unreachable!()
    }

    async fn load(&self, _: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        unreachable!()
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
}
