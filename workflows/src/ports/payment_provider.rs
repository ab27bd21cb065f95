//! The payment provider, and what its books say.

use async_trait::async_trait;
use schemas::{ids::OrderId, money::Amount};

/// What the provider said to a request for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The money is held under this id.
    Authorized {
        /// The provider's id.
        id: String,
    },
    /// Refused, for good.
    Declined {
        /// The provider's code, such as `insufficient_funds`.
        code: String,
    },
    /// Voided before: no money can be taken under this key.
    Voided,
}

/// Why a request for money got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It said that it did nothing: asking again is safe.
    #[error("the payment provider is not available: {0}")]
    Unavailable(String),
    /// It may or may not have taken the money: only its books can tell.
    #[error("the payment provider did not answer in time")]
    InDoubt,
}

/// A request for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The idempotency key: the same key takes the money once.
    pub key: String,
    /// The order it is for.
    pub order: OrderId,
    /// How much.
    pub amount: Amount,
    /// The buyer's token.
    pub method: String,
}

/// An entry of the provider's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// The caller's key.
    pub key: String,
    /// The provider's id.
    pub id: String,
    /// What the caller called it.
    pub reference: String,
    /// How much.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Whether the money is held.
    pub holds_money: bool,
}

/// Whoever moves the money. Calls stand alone: providers have no batches.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Asks for the money to be held. MUST take it at most once for a key, however often it is asked.
    async fn authorize(&self, request: AuthorizationRequest) -> Result<Authorization, ProviderError>;

    /// What became of a key; `None` if the provider has taken no decision under it.
    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError>;

    /// Lets the money of a key go. MUST make sure that none is held and none can be taken under it any more, even by a
    /// request that is still on its way.
    async fn void(&self, key: &str) -> Result<(), ProviderError>;

    /// The entries of the books for the orders from `first` to `last`, both among them, at most `limit`. MUST have every
    /// entry in exactly one of ranges that leave no id out, also one that names no order.
    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError>;
}
