//! A shop in memory with one order, and the messages about it. Every call of a port lets others act before its work and after
//! it, so that a test can let them act in between, or end the caller there.

use handlers::ports::Ports;
use schemas::{api::order as api, event::EventName, every, ids::OrderId};
use std::{cell::Cell, sync::Arc};
use testing::{Book, Mood, Shop, samples};
use uuid::Uuid;
use workflows::{order::StoredOrder, ports::OutgoingMessage, wiring::QueueName};

pub(crate) const ORDER: OrderId = OrderId(Uuid::from_u128(7));

/// A message, by the queue that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Cancel,
    Void,
    /// Comes from a clock in truth.
    Expire,
}

impl Message {
    const ALL: [Self; 3] = every!(Self: Cancel, Void, Expire);

    fn queue(self) -> Option<QueueName> {
        match self {
            Self::Cancel => Some(QueueName::Cancel),
            Self::Void => Some(QueueName::Void),
            Self::Expire => None,
        }
    }
}

pub(crate) struct Site {
    pub(crate) shop: Arc<Shop>,
    pub(crate) ports: Ports,
    /// How often the clock is to strike yet.
    strikes: Cell<usize>,
    /// Which kind of message is looked for first: they come from different queues.
    turn: Cell<usize>,
}

impl Site {
    /// With a reserved order that nothing was done for.
    pub(crate) fn new() -> Self {
        let shop = Shop::new();
        shop.takes(samples::accepted(ORDER));
        shop.faults.step_aside();
        let ports = Ports {
            provider: Some(shop.clone()),
            bus: Some(shop.clone()),
            ..Ports::on_database(shop.clock.clone(), shop.clone(), shop.clone(), shop.clone())
        };
        Self { shop, ports, strikes: Cell::default(), turn: Cell::default() }
    }

    /// Has the order be otherwise.
    pub(crate) fn alter(&self, change: impl FnOnce(&mut StoredOrder)) {
        change(self.shop.contents().orders.get_mut(&ORDER).unwrap());
    }

    pub(crate) fn order(&self) -> StoredOrder {
        self.shop.contents().orders[&ORDER].clone()
    }

    pub(crate) fn status(&self) -> api::Status {
        self.order().state.status()
    }

    /// What the ledger says of the money.
    pub(crate) fn payment(&self) -> Option<api::PaymentStatus> {
        self.order().payment.map(|payment| payment.state)
    }

    /// What the provider says of it.
    pub(crate) fn book(&self) -> Option<Book> {
        self.shop.contents().provider.book(ORDER)
    }

    pub(crate) fn provider_is(&self, mood: Mood) {
        self.shop.contents().provider.mood = mood;
    }

    pub(crate) fn was_told(&self, name: EventName) -> bool {
        self.shop.contents().was_told(ORDER, name)
    }

    /// Puts a message on its queue.
    pub(crate) fn send(&self, message: Message) {
        match message.queue() {
            Some(queue) => self.shop.contents().messages.push((queue, OutgoingMessage::naming(ORDER))),
            None => self.strikes.set(self.strikes.get() + 1),
        }
    }

    /// The message that is worked on next; what the other queues hear of the order is not tried here.
    pub(crate) fn next_message(&self) -> Option<Message> {
        let first = self.turn.get();
        let mut in_turn = Message::ALL.into_iter().cycle().skip(first).take(Message::ALL.len());
        in_turn.find(|message| match message.queue() {
            Some(queue) => self.shop.contents().waits(queue, ORDER),
            None => self.strikes.get() > 0,
        })
    }

    /// It was worked on: its queue forgets it, and another's turn comes.
    pub(crate) fn forget(&self, message: Message) {
        let mut shop = self.shop.contents();
        match message.queue() {
            Some(of) => {
                let at = shop.messages.iter().position(|(queue, _)| *queue == of).unwrap();
                shop.messages.remove(at);
            }
            None => self.strikes.set(self.strikes.get() - 1),
        }
        self.turn.set((self.turn.get() + 1) % Message::ALL.len());
    }
}
