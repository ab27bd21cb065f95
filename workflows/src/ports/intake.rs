//! Taking orders in, under the key of their caller, before the order database knows them.

use super::Unavailable;
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use time::OffsetDateTime;

/// An order to be accepted under a key.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The order, with the id it gets if the key is new.
    pub order: AcceptedOrder,
    /// The caller's idempotency key.
    pub key: String,
    /// SHA-256 of the request as it was written.
    pub fingerprint: [u8; 32],
}

impl Submission {
    /// Whether it asks for what was accepted before. Equal fingerprints say so at once; others may come of fields that were
    /// sent empty in the one and not at all in the other.
    pub fn repeats(&self, earlier: &AcceptedOrder) -> bool {
        earlier.request.clone().without_empty() == self.order.request.clone().without_empty()
    }
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The key was new.
    Accepted,
    /// The key was used for the same request: this is the order it made.
    Replayed {
        /// The order's id.
        id: OrderId,
        /// When it was accepted.
        accepted_at: OffsetDateTime,
    },
    /// The key was used for another request.
    KeyReused,
}

/// Takes orders in without touching the order database.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Stores key and order and puts the order on queue `intake`. MUST take a known key's order for the same if its
    /// fingerprint is, or if the submission repeats it. MUST, for `Accepted` and `Replayed`, have made both
    /// durable; a crash between them is healed by a retry, so a replay puts the order on the queue again.
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable>;

    /// The accepted order of that id, for a moment in which the order database does not know it yet.
    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable>;
}
