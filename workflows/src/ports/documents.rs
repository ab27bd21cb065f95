//! Documents: where they are kept, and how an invoice becomes one.

use super::Unavailable;
use crate::{invoice::InvoiceDocument, issued::Printed};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};

/// How many documents are on their way to a store at once.
const PUTS: usize = 8;

/// Where documents are kept.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Stores a document, over an earlier one of that path. MUST be on disk, under that path, when it returns: somebody
    /// is told of it next.
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), Unavailable>;

    /// Stores several, as [`put`](Self::put) does one: a result for each, in their order.
    async fn put_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<(), Unavailable>> {
        let storing = stream::iter(documents).map(|(path, content)| async move { self.put(&path, content).await });
        storing.buffered(PUTS).collect().await
    }

    /// The document of that path.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// Makes an invoice printable.
#[async_trait]
pub trait InvoicePrinter: Send + Sync {
    /// The PDF. MUST give the same bytes for the same document, as it may be printed twice; and a later release MUST give
    /// the same XML, as it may have been issued long ago.
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable>;
}
