//! A payment provider in every mood, and its books.

use super::Shop;
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::collections::BTreeMap;
use workflows::{
    lifecycle::payment_key_prefix,
    ports::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError, Unavailable},
};

/// How the provider behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It holds the money that it is asked for.
    #[default]
    Answers,
    /// It refuses.
    Declines,
    /// It says that it does nothing.
    Down,
    /// It does what it is asked and does not say so.
    Silent,
    /// What it is asked stays under way, and may reach it later.
    Slow,
}

/// What the books have under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// The money is held.
    Held,
    /// It was refused.
    Declined,
    /// It was let go, or can be taken no more.
    Closed,
}

/// Who moves the money.
#[derive(Debug, Default)]
pub struct Provider {
    /// How it behaves.
    pub mood: Mood,
    /// What it decided, by key, with the request if there was one.
    pub books: BTreeMap<String, (Book, Option<AuthorizationRequest>)>,
    /// Requests that have not reached it.
    pub under_way: Vec<AuthorizationRequest>,
}

impl Provider {
    /// What the books have of an order; nothing if no decision was taken.
    pub fn book(&self, order: OrderId) -> Option<Book> {
        let prefix = payment_key_prefix(order);
        self.books.iter().find(|(key, _)| key.starts_with(&prefix)).map(|(_, (book, _))| *book)
    }

    /// What was under way arrives.
    pub fn hears_late(&mut self) {
        std::mem::take(&mut self.under_way).into_iter().for_each(|request| drop(self.hears(request)));
    }

    fn hears(&mut self, request: AuthorizationRequest) -> Authorization {
        let book = if self.mood == Mood::Declines { Book::Declined } else { Book::Held };
        let key = request.key.clone();
        let (book, _) = self.books.entry(key.clone()).or_insert((book, Some(request)));
        word(&key, *book)
    }

    fn asked(&mut self, request: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        match self.mood {
            Mood::Down => Err(is_down()),
            Mood::Silent => {
                self.hears(request);
                Err(ProviderError::InDoubt)
            }
            Mood::Slow => {
                self.under_way.push(request);
                Err(ProviderError::InDoubt)
            }
            Mood::Answers | Mood::Declines => Ok(self.hears(request)),
        }
    }
}

fn is_down() -> ProviderError {
    ProviderError::Unavailable("503".to_owned())
}

fn unanswered(error: &Unavailable) -> ProviderError {
    ProviderError::Unavailable(error.chain())
}

fn word(key: &str, book: Book) -> Authorization {
    match book {
        Book::Held => Authorization::Authorized { id: format!("pi_{key}") },
        Book::Declined => Authorization::Declined { code: "card_declined".to_owned() },
        Book::Closed => Authorization::Voided,
    }
}

#[async_trait]
impl PaymentProvider for Shop {
    async fn authorize(&self, request: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        let answered = self.faults.begin("payments.authorize", &[request.order]).await;
        let answered = answered.map_err(|error| unanswered(&error))?;
        let answer = self.contents().provider.asked(request);
        self.faults.end("payments.authorize", answered).await.map_err(|_| ProviderError::InDoubt)?;
        answer
    }

    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError> {
        let found = self.call("payments.find", &[], |shop| match shop.provider.mood {
            Mood::Down => Err(is_down()),
            Mood::Answers | Mood::Declines | Mood::Silent | Mood::Slow => {
                Ok(shop.provider.books.get(key).map(|(book, _)| word(key, *book)))
            }
        });
        found.await.map_err(|error| unanswered(&error))?
    }

    async fn void(&self, key: &str) -> Result<(), ProviderError> {
        let voided = self.call("payments.void", &[], |shop| match shop.provider.mood {
            Mood::Down => Err(is_down()),
            Mood::Answers | Mood::Declines | Mood::Silent | Mood::Slow => {
                let (book, _) = shop.provider.books.entry(key.to_owned()).or_insert((Book::Closed, None));
                if *book == Book::Held {
                    *book = Book::Closed;
                }
                Ok(())
            }
        });
        voided.await.map_err(|error| unanswered(&error))?
    }

    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError> {
        let entries = self.call("payments.books", &[], |shop| {
            let entries = shop.provider.books.iter().filter_map(|(key, (book, request))| {
                let request = request.as_ref().filter(|request| (first..=last).contains(&request.order))?;
                Some(BookEntry {
                    key: key.clone(),
                    id: format!("pi_{key}"),
                    reference: request.order.to_string(),
                    amount: request.amount.amount,
                    currency: request.amount.currency.code().to_owned(),
                    holds_money: *book == Book::Held,
                })
            });
            entries.take(super::orders::up_to(limit)).collect()
        });
        entries.await.map_err(|error| unanswered(&error))
    }
}
