//! Sends one order of a replay and follows it to its end. Few orders are asked after at once: three thousand open
//! questions would cost the API more than the orders themselves.

use super::{
    outcome::{Cancel, Record, Stage},
    plan::{CURRENCY, Customer, PlannedOrder},
    records::Records,
};
use crate::client::{Answer, CallError, Client, Submitted, persistently, slug};
use runtime::session::Session;
use schemas::{
    address::Address,
    api::order_request::{LineRequest, OrderRequest, PaymentRequest},
    ids::OrderId,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How many orders are asked after at once, the oldest first: the next is hardly ever decided before these are.
const ASKED_AFTER: usize = 32;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After so many looks it is somebody else's turn.
const LOOKS: usize = 5;
/// Tokens are good for a day; a replay in real time takes a month.
const TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// What all orders of a replay share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) records: Records,
    /// Sets the keys of this replay apart from those of others.
    pub(super) run: String,
    session: Arc<Session>,
    tokens: Mutex<HashMap<String, (Instant, Arc<str>)>>,
    decisions: Semaphore,
    ends: Semaphore,
}

/// One order with its time, and the time at which it is called off.
pub(super) struct Errand {
    pub(super) index: usize,
    pub(super) order: PlannedOrder,
    /// From when its latencies count.
    pub(super) due: Instant,
    pub(super) cancel_at: Option<Instant>,
}

impl Shared {
    pub(super) fn new(session: Arc<Session>, orders: usize, run: String) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::new(&session.url)?,
            records: Records::new(orders),
            run,
            session,
            tokens: Mutex::new(HashMap::new()),
            decisions: Semaphore::new(ASKED_AFTER),
            ends: Semaphore::new(ASKED_AFTER),
        })
    }

    fn token(&self, customer: &Customer) -> anyhow::Result<Arc<str>> {
        let name = customer.to_string();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.get(&name) {
            Some((made, token)) if made.elapsed() < TOKEN_LIFE => Ok(Arc::clone(token)),
            Some(_) | None => {
                let token: Arc<str> = self.session.customer_token(&name)?.into();
                tokens.insert(name, (Instant::now(), Arc::clone(&token)));
                Ok(token)
            }
        }
    }

    /// Carries an order through. `sending` is given back once the API has answered it.
    pub(super) async fn carry(self: Arc<Self>, errand: Errand, sending: OwnedSemaphorePermit) {
        let index = errand.index;
        if let Err(error) = self.try_carry(errand, sending).await {
            self.records.lost(index, format!("{error:#}"));
        }
    }

    async fn try_carry(&self, errand: Errand, sending: OwnedSemaphorePermit) -> anyhow::Result<()> {
        if errand.cancel_at.is_some() {
            self.records.cancel(errand.index, Cancel::Planned);
        }
        let accepted = {
            let _waiting = self.records.wait();
            self.submit(&errand).await?
        };
        drop(sending);
        let Some(id) = accepted else { return Ok(()) };
        let (decided, cancelled) = tokio::join!(self.await_decision(&errand, id), self.cancel_in_time(&errand, id));
        decided?;
        cancelled?;
        self.await_end(&errand, id).await
    }

    /// The order's id, if it was accepted.
    async fn submit(&self, errand: &Errand) -> anyhow::Result<Option<OrderId>> {
        let token = self.token(&errand.order.customer)?;
        let request = request(&errand.order)?;
        let key = key(&self.run, &errand.order);
        self.records.send(errand.index);
        let answer = self.persistently(|| self.client.submit(&token, &key, &request, 0)).await?;
        Ok(match answer {
            Submitted::Accepted(answer) | Submitted::Decided(answer) => {
                self.records.accepted(errand.index, errand.due);
                Some(answer.order.id)
            }
            Submitted::Refused(problem) => {
                self.records.not_accepted(errand.index, errand.due, slug(&problem));
                None
            }
        })
    }

    async fn await_decision(&self, errand: &Errand, id: OrderId) -> anyhow::Result<()> {
        let _waiting = self.records.wait();
        self.look_until(errand, id, &self.decisions, |record| record.decided.is_some()).await
    }

    async fn cancel_in_time(&self, errand: &Errand, id: OrderId) -> anyhow::Result<()> {
        let Some(at) = errand.cancel_at else { return Ok(()) };
        tokio::time::sleep_until(at).await;
        let _waiting = self.records.wait();
        let token = self.token(&errand.order.customer)?;
        let answer = match self.persistently(|| self.client.cancel(&token, id)).await? {
            Answer::Ok(_) => Cancel::Promised,
            Answer::Refused(problem) => Cancel::Refused(slug(&problem).to_owned()),
        };
        self.records.cancel(errand.index, answer);
        Ok(())
    }

    async fn await_end(&self, errand: &Errand, id: OrderId) -> anyhow::Result<()> {
        let _waiting = self.records.wait();
        self.look_until(errand, id, &self.ends, |record| matches!(record.stage, Stage::Ended(..))).await
    }

    /// Reads the order until what is known of it is enough.
    async fn look_until(
        &self,
        errand: &Errand,
        id: OrderId,
        turns: &Semaphore,
        enough: impl Fn(&Record) -> bool,
    ) -> anyhow::Result<()> {
        while !self.records.is(errand.index, &enough) {
            let _turn = turns.acquire().await?;
            for _ in 0..LOOKS {
                self.look(errand, id).await?;
                if self.records.is(errand.index, &enough) {
                    break;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    async fn look(&self, errand: &Errand, id: OrderId) -> anyhow::Result<()> {
        let token = self.token(&errand.order.customer)?;
        match self.persistently(|| self.client.order(&token, id, 0)).await? {
            Answer::Ok(order) => self.records.read(errand.index, errand.due, &order),
            Answer::Refused(problem) => anyhow::bail!("accepted, but reading it is answered with {}", slug(&problem)),
        }
        Ok(())
    }

    async fn persistently<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        persistently(call, || self.records.repeated()).await
    }
}

/// One replay sends an invoice once, however often it has to ask; the next replay of the file makes new orders.
fn key(run: &str, order: &PlannedOrder) -> String {
    let plain = !order.invoice.is_empty()
        && order.invoice.len() <= 64
        && order.invoice.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { format!("replay-{run}-{}", order.invoice) } else { format!("replay-{run}-line-{}", order.line) }
}

/// The data set knows a customer's number and country; the rest of the address is made up.
fn request(order: &PlannedOrder) -> anyhow::Result<OrderRequest> {
    let (name, email) = match &order.customer {
        Customer::Number(number) => (format!("Customer {number}"), format!("customer-{number}@example.com")),
        Customer::Guest { .. } => ("Guest".to_owned(), "guest@example.com".to_owned()),
    };
    let lines = order.lines.iter().map(|line| LineRequest { sku: line.sku.as_ref().to_owned(), quantity: line.units });
    Ok(OrderRequest {
        currency: CURRENCY.parse()?,
        lines: lines.collect(),
        expected_total: None,
        email,
        shipping_address: Address {
            name,
            line1: "1 High Street".to_owned(),
            line2: None,
            city: "Sampletown".to_owned(),
            postal_code: "10001".to_owned(),
            country: order.country.to_owned(),
        },
        billing_address: None,
        payment: PaymentRequest { method: "pm_card_visa".to_owned() },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::replay::plan::PlannedLine;
    use time::macros::datetime;

    fn order(invoice: &str) -> PlannedOrder {
        PlannedOrder {
            invoice: invoice.to_owned(),
            line: 7,
            at: datetime!(2011-11-01 08:16),
            customer: Customer::Guest { invoice: invoice.to_owned() },
            country: "GB",
            lines: vec![PlannedLine { sku: "85123A".into(), units: 6 }],
        }
    }

    #[test]
    fn what_is_sent_can_be_accepted_whatever_the_invoice_is_called() {
        for invoice in ["573744", "A 1", "№ 5", "4242424242424242"] {
            let request = request(&order(invoice)).unwrap();
            assert_eq!(request.errors(), [], "{invoice}");
            let body = serde_json::to_vec(&request).unwrap();
            assert!(!schemas::card_number::contains_card_number(std::str::from_utf8(&body).unwrap()), "{invoice}");
        }
    }

    #[test]
    fn each_invoice_of_each_run_has_a_key_of_its_own() {
        assert_eq!(key("ABC", &order("573744")), "replay-ABC-573744");
        assert_ne!(key("ABC", &order("573744")), key("ABD", &order("573744")));
        assert_eq!(key("ABC", &order("№ 5")), "replay-ABC-line-7");
    }
}
