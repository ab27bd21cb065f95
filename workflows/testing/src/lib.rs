//! One shop in memory behind all ports, for the tests of `workflows` and of whoever builds on it.
//!
//! It decides nothing by itself: orders are priced and reserved by `allocate`, changed by `lifecycle`, billed by `billing`, and
//! events are routed by the rules of the wiring, so no rule is written twice and none is tried against a copy of itself. What a
//! database promises beyond that (transactions, locks, indexes) it does not have: adapters are tried on the real one.
//!
//! Any call of any port can be made to fail, before its work or after it ([`Faults`]); the clock stands still until a test
//! moves it, and chance gives one number until a test sets another; ids come from a seed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and this is for tests alone")]

mod chance;
mod clock;
mod contents;
mod documents;
mod faults;
mod ids;
mod intake;
mod invoices;
mod memory_catalogue;
mod messages;
mod orders;
mod products;
mod provider;
pub mod samples;
mod upkeep;

pub use chance::SetChance;
pub use clock::{START, SetClock};
pub use contents::{Contents, Invoice, Mark};
pub use faults::{Call, Fault, FaultPoint, Faults};
pub use memory_catalogue::MemoryCatalogue;
pub use provider::{Book, Mood, Provider};

use ids::Seed;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::Duration;
use workflows::{
    billing::{Location, Seller},
    lifecycle::{Command, Verdict},
    ports::{Applied, Unavailable},
};

/// How long stock is held here.
pub const HOLD: Duration = Duration::minutes(30);

/// A shop.
pub struct Shop {
    /// The time.
    pub clock: Arc<SetClock>,
    /// What is drawn.
    pub chance: Arc<SetChance>,
    /// What goes wrong, and what was asked.
    pub faults: Arc<Faults>,
    /// Who sells.
    pub seller: Seller,
    ids: Seed,
    contents: Mutex<Contents>,
}

impl Shop {
    /// One that sells TEA from `north` and CUP from `south`, and has no order.
    pub fn new() -> Arc<Self> {
        Self::seeded(0)
    }

    /// The same, with ids that follow from a seed.
    pub fn seeded(seed: u64) -> Arc<Self> {
        let clock = Arc::new(SetClock::default());
        let contents = Contents { goods: samples::goods(), ..Contents::default() };
        Arc::new(Self {
            faults: Arc::new(Faults::by(Arc::clone(&clock))),
            clock,
            chance: Arc::default(),
            seller: samples::seller().into(),
            ids: Seed::of(seed),
            contents: Mutex::new(contents),
        })
    }

    /// All that is in it, to be looked at and changed by a test.
    pub fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An order of the samples whose stock is held, under that number.
    pub fn reserved(&self, number: u128) -> OrderId {
        let id = samples::order_id(number);
        self.takes(samples::accepted(id));
        id
    }

    /// One whose money is held, too.
    pub fn paid(&self, number: u128) -> OrderId {
        let id = self.reserved(number);
        self.happens(id, Command::AskForPayment);
        self.happens(id, Command::RecordAuthorization { authorization_id: format!("pi_{number}") });
        id
    }

    /// One that is confirmed.
    pub fn confirmed(&self, number: u128) -> OrderId {
        let id = self.paid(number);
        self.happens(id, Command::Confirm);
        id
    }

    /// Prices and reserves an accepted order, as if queue `intake` had brought it.
    pub fn takes(&self, order: AcceptedOrder) {
        self.contents().reserve(vec![order], self.location(), self.clock.at());
    }

    /// Carries a command out for somebody else; it must change the order.
    pub fn happens(&self, order: OrderId, command: Command) {
        let applied = self.contents().apply(order, &command, self.clock.at());
        let is_changed = matches!(applied, Applied::Order { verdict: Verdict::Changed(_), .. });
        assert!(is_changed, "{command:?} changes nothing: {applied:?}");
    }

    fn location(&self) -> Location<'_> {
        (&self.seller.party).into()
    }

    /// A call of a port: it fails before its work, or does it and may lose the answer.
    async fn call<T>(
        &self,
        what: &'static str,
        orders: &[OrderId],
        work: impl FnOnce(&mut Contents) -> T,
    ) -> Result<T, Unavailable> {
        let answered = self.faults.begin(what, orders).await?;
        let done = work(&mut self.contents());
        self.faults.end(what, answered).await?;
        Ok(done)
    }
}
