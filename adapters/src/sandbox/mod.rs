//! A payment provider for trying things out. It stands for somebody else's service: it honours idempotency keys, keeps
//! its own books in a schema that nobody else reads, and behaves by Stripe's test tokens and a few of its own.

pub(crate) mod books;
mod method;

use crate::{
    batching::{BatchTiming, Batcher},
    postgres::Database,
};
use async_trait::async_trait;
use books::{Entry, State};
use method::Behaviour;
use schemas::ids::OrderId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use workflows::ports::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError, Unavailable};

/// How long a caller waits for an answer: a call out is short, and what got no answer is in doubt.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request is sent that gets no answer, before it is in doubt.
const ATTEMPTS: usize = 3;
/// How long `pm_sandbox_slow` takes.
const SLOW: Duration = Duration::from_secs(3);

/// The sandbox provider.
pub struct Sandbox {
    database: Database,
    /// The provider serves many callers at once; so does this, a batch a transaction.
    requests: Batcher<books::Request, Result<Entry, ProviderError>>,
    money_is_real: bool,
    down: Arc<AtomicBool>,
}

impl Sandbox {
    /// A provider with its books in that database.
    pub fn new(database: Database) -> Self {
        let books = database.clone();
        let requests = Batcher::new(500, 2, BatchTiming::WINDOW, move |batch: Vec<books::Request>| {
            let books = books.clone();
            async move { books::decide(&books, batch).await }
        });
        Self { database, requests, money_is_real: false, down: Arc::new(AtomicBool::new(false)) }
    }

    /// The same where goods are really shipped: it holds money for no test token. What was held before is let go as ever.
    #[must_use]
    pub fn where_money_is_real(self) -> Self {
        Self { money_is_real: true, ..self }
    }

    /// A switch that takes the provider down and up again, for whoever tests what happens then.
    pub fn outage(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.down)
    }

    fn reachable(&self) -> Result<(), ProviderError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(ProviderError::Unavailable("503 service unavailable".to_owned()));
        }
        Ok(())
    }

    fn behaviour_of(&self, method: &str) -> Behaviour {
        let behaviour = Behaviour::of(method);
        if self.money_is_real { behaviour.where_money_is_real() } else { behaviour }
    }

    /// Has a request decided. Without an answer it is sent again, as the clients of providers do: its key makes it one.
    async fn take(&self, request: AuthorizationRequest, behaviour: Behaviour) -> Result<Entry, ProviderError> {
        for _ in 1..ATTEMPTS {
            if let Ok(Ok(entry)) = self.requests.call((request.clone(), behaviour)).await {
                return Ok(entry);
            }
        }
        self.requests.call((request, behaviour)).await.unwrap_or(Err(ProviderError::InDoubt))
    }
}

fn answer(entry: Entry) -> Result<Authorization, ProviderError> {
    match entry.state {
        State::Authorized => Ok(Authorization::Authorized { id: entry.id }),
        State::Declined => Ok(Authorization::Declined { code: entry.code.unwrap_or_default() }),
        State::Canceled => Ok(Authorization::Voided),
        State::RequiresPayment => Err(ProviderError::Unavailable("500 internal server error".to_owned())),
    }
}

fn away(error: Unavailable) -> ProviderError {
    ProviderError::Unavailable(error.chain())
}

#[async_trait]
impl PaymentProvider for Sandbox {
    async fn authorize(&self, request: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        self.reachable()?;
        let behaviour = self.behaviour_of(&request.method);
        match behaviour {
            Behaviour::Decides(_) | Behaviour::FailsTwice => answer(self.take(request, behaviour).await?),
            Behaviour::Slow => {
                tokio::time::sleep(SLOW).await;
                answer(self.take(request, behaviour).await?)
            }
            Behaviour::ChargesSilently => {
                self.take(request, behaviour).await?;
                tokio::time::sleep(READ_TIMEOUT).await;
                Err(ProviderError::InDoubt)
            }
            Behaviour::LosesRequests => {
                tokio::time::sleep(READ_TIMEOUT).await;
                Err(ProviderError::InDoubt)
            }
        }
    }

    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError> {
        self.reachable()?;
        let entry = books::find(&self.database, key).await.map_err(away)?;
        match entry {
            Some(Entry { state: State::RequiresPayment, .. }) | None => Ok(None),
            Some(entry) => answer(entry).map(Some),
        }
    }

    async fn void(&self, key: &str) -> Result<(), ProviderError> {
        self.reachable()?;
        books::cancel(&self.database, key).await.map_err(away)
    }

    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError> {
        self.reachable()?;
        books::books_between(&self.database, first, last, limit).await.map_err(away)
    }
}
