//! One order with everything around it in memory: the lifecycle itself decides what happens to the order, the provider
//! keeps books, and the bus remembers what it was told. Every call waits once before its work and once after it, so
//! that a test can let others act in between, or end the caller there.

use async_trait::async_trait;
use handlers::ports::Ports;
use schemas::{address::Address, api::order as api, event::Event, event::EventName, ids::OrderId, kept::AcceptedOrder};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use time::{Duration, OffsetDateTime};
use tokio::task::yield_now;
use uuid::Uuid;
use workflows::{
    lifecycle::{Command, Stuck, Verdict, decide},
    order::{State, StoredOrder},
    ports::{
        Applied, Authorization, AuthorizationRequest, BookEntry, Clock, Dispatch, EventBus, Numbered, OrderList,
        Orders, PaymentProvider, ProviderError, Reservation, Sweep, Unavailable,
    },
};

pub(crate) const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
pub(crate) const ORDER: OrderId = OrderId(Uuid::from_u128(7));

/// How the provider behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Answers,
    Declines,
    /// It says that it does nothing.
    Down,
    /// It does what it is asked and does not say so.
    Silent,
    /// What it is asked stays under way, and may reach it later.
    Slow,
}

/// What the provider's books have under the order's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Book {
    Nothing,
    Held,
    Declined,
    Closed,
}

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// A message, by the queue that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Void,
    Cancel,
    /// Comes from a clock in truth.
    Expire,
}

pub(crate) struct Contents {
    pub(crate) order: StoredOrder,
    pub(crate) events: Vec<Event>,
    pub(crate) told: Vec<Event>,
    pub(crate) messages: Vec<Message>,
    pub(crate) provider: Provider,
    pub(crate) book: Book,
    /// A request that has not reached the provider.
    pub(crate) under_way: bool,
    /// Has the next call to the database or the bus fail.
    pub(crate) failure: Option<(&'static str, Moment)>,
}

pub(crate) struct World(Mutex<Contents>);

impl World {
    /// A reserved order that nothing was done for.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Contents {
            order: reserved(),
            events: Vec::new(),
            told: Vec::new(),
            messages: Vec::new(),
            provider: Provider::Answers,
            book: Book::Nothing,
            under_way: false,
            failure: None,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }

    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports { orders: self.clone(), provider: self.clone(), bus: self.clone(), ..Ports::unwired(self.clone()) }
    }

    pub(crate) fn status(&self) -> api::Status {
        self.lock().order.state.status()
    }

    /// What the ledger says of the money.
    pub(crate) fn payment(&self) -> Option<api::PaymentStatus> {
        self.lock().order.payment.as_ref().map(|payment| payment.state)
    }

    pub(crate) fn was_told(&self, name: EventName) -> bool {
        self.lock().told.iter().any(|event| event.name() == Some(name))
    }

    /// Carries a command out that somebody else had carried out.
    pub(crate) fn happened(&self, command: Command) {
        self.lock().carry_out(&command);
    }

    async fn call<T>(&self, what: &'static str, work: impl FnOnce(&mut Contents) -> T) -> Result<T, Unavailable> {
        yield_now().await;
        let away = || Unavailable::because(what, "out of order");
        let done = {
            let mut contents = self.lock();
            let failure = contents.failure.filter(|(failing, _)| *failing == what).map(|(_, moment)| moment);
            if failure.is_some() {
                contents.failure = None;
            }
            match failure {
                Some(Moment::Before) => Err(away()),
                Some(Moment::After) => {
                    work(&mut contents);
                    Err(away())
                }
                None => Ok(work(&mut contents)),
            }
        };
        yield_now().await;
        done
    }
}

impl Contents {
    /// A request reaches the provider.
    pub(crate) fn arrives(&mut self) {
        if self.book == Book::Nothing {
            self.book = if self.provider == Provider::Declines { Book::Declined } else { Book::Held };
        }
    }

    fn carry_out(&mut self, command: &Command) -> Applied {
        let verdict = decide(&mut self.order, command, START);
        let events = match &verdict {
            Verdict::Changed(effects) => {
                let event = effects.event.clone().map(|(name, data)| event(self.order.version, name, data));
                self.events.extend(event.clone());
                Vec::from_iter(event)
            }
            Verdict::Already => {
                let told_by =
                    |event: &&Event| event.name().is_some() && event.name() == command.event_name(&self.order);
                self.events.iter().filter(told_by).cloned().collect()
            }
            Verdict::Refused => Vec::new(),
        };
        Applied::Order { order: Box::new(self.order.clone()), verdict, events }
    }
}

fn event(sequence: i32, name: EventName, data: Value) -> Event {
    Event::new("test", ORDER, sequence, name, START, data)
}

fn reserved() -> StoredOrder {
    let address: Address = serde_json::from_value(json!({
        "name": "Zoe", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"
    }))
    .unwrap();
    StoredOrder {
        id: ORDER,
        customer: "zoe".into(),
        state: State::Reserved { until: START + Duration::minutes(30) },
        version: 2,
        currency: "EUR".parse().unwrap(),
        total: Some(600),
        lines: Vec::new(),
        email: "zoe@example.com".into(),
        shipping_address: address,
        billing_address: None,
        payment_method: "pm_card_visa".into(),
        payment: None,
        invoice: None,
        cancel_requested: false,
        traceparent: None,
        created_at: START,
        updated_at: START,
    }
}

impl Clock for World {
    fn now(&self) -> OffsetDateTime {
        START
    }
}

#[async_trait]
impl Orders for World {
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        self.call("orders.apply", |world| batch.iter().map(|(_, command)| world.carry_out(command)).collect()).await
    }

    async fn load(&self, _: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.call("orders.load", |world| vec![world.order.clone()]).await
    }

    async fn reserve(&self, _: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
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

    async fn dispatches(&self, _: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        unreachable!()
    }

    async fn mark_told(&self, _: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        unreachable!()
    }
}

#[async_trait]
impl EventBus for World {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        if events.is_empty() {
            return Ok(());
        }
        self.call("bus.publish", |world| {
            for event in events {
                if matches!(event.name(), Some(EventName::OrderRejected | EventName::OrderCancelled)) {
                    world.messages.push(Message::Void);
                }
                world.told.push(event.clone());
            }
        })
        .await
    }
}

#[async_trait]
impl PaymentProvider for World {
    async fn authorize(&self, _: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        yield_now().await;
        let answer = {
            let mut world = self.lock();
            match world.provider {
                Provider::Down => Err(ProviderError::Unavailable("503".to_owned())),
                Provider::Silent => {
                    world.arrives();
                    Err(ProviderError::InDoubt)
                }
                Provider::Slow => {
                    world.under_way = true;
                    Err(ProviderError::InDoubt)
                }
                Provider::Answers | Provider::Declines => {
                    world.arrives();
                    word(world.book).ok_or(ProviderError::InDoubt)
                }
            }
        };
        yield_now().await;
        answer
    }

    async fn find(&self, _: &str) -> Result<Option<Authorization>, ProviderError> {
        yield_now().await;
        let found = {
            let world = self.lock();
            if world.provider == Provider::Down {
                Err(ProviderError::Unavailable("503".to_owned()))
            } else {
                Ok(word(world.book))
            }
        };
        yield_now().await;
        found
    }

    async fn void(&self, _: &str) -> Result<(), ProviderError> {
        yield_now().await;
        let voided = {
            let mut world = self.lock();
            match (world.provider, world.book) {
                (Provider::Down, _) => Err(ProviderError::Unavailable("503".to_owned())),
                (_, Book::Declined) => Ok(()),
                (_, Book::Nothing | Book::Held | Book::Closed) => {
                    world.book = Book::Closed;
                    Ok(())
                }
            }
        };
        yield_now().await;
        voided
    }

    async fn books(&self, _: OrderId, _: OrderId, _: i64) -> Result<Vec<BookEntry>, ProviderError> {
        unreachable!()
    }
}

fn word(book: Book) -> Option<Authorization> {
    match book {
        Book::Nothing => None,
        Book::Held => Some(Authorization::Authorized { id: "pi_7".to_owned() }),
        Book::Declined => Some(Authorization::Declined { code: "card_declined".to_owned() }),
        Book::Closed => Some(Authorization::Voided),
    }
}
