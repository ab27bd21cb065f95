//! The provider's books, a range of orders at a time.

use schemas::ids::OrderId;
use uuid::Uuid;
use workflows::ports::{BookEntry, PaymentProvider, Unavailable};

/// Entries, column by column as `unnest` takes them.
#[derive(Default)]
pub(super) struct Books {
    pub(super) keys: Vec<String>,
    pub(super) ids: Vec<String>,
    pub(super) references: Vec<String>,
    pub(super) amounts: Vec<i64>,
    pub(super) currencies: Vec<String>,
    pub(super) held: Vec<bool>,
}

impl Books {
    /// Those of the orders from `first` to `last`; `None` if there are more than `limit`: then smaller ranges are asked for.
    pub(super) async fn read(
        provider: &dyn PaymentProvider,
        first: Uuid,
        last: Uuid,
        limit: i64,
    ) -> Result<Option<Self>, Unavailable> {
        let entries = provider
            .books(OrderId(first), OrderId(last), limit.saturating_add(1))
            .await
            .map_err(|error| Unavailable::because("payment_provider.books", error))?;
        if entries.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        let mut books = Self::default();
        for BookEntry { key, id, reference, amount, currency, holds_money } in entries {
            books.keys.push(key);
            books.ids.push(id);
            books.references.push(reference);
            books.amounts.push(amount);
            books.currencies.push(currency);
            books.held.push(holds_money);
        }
        Ok(Some(books))
    }
}
