//! Documents: where they are kept, and how an invoice becomes one.

use super::Unavailable;
use crate::{invoice::InvoiceDocument, issued::Printed};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use schemas::ids::OrderId;

/// How many documents are on their way to a store at once.
const PUTS: usize = 8;

/// What became of a document that was to be the first of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Filed {
    /// It is there.
    Stored,
    /// Another one was there before, with this content, and still is.
    Taken(Vec<u8>),
}

/// What a store has of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Look {
    /// This content.
    Document(Vec<u8>),
    /// Nothing.
    Nothing,
    /// Something that cannot be read, for the reason given. Another one may be stored in its place.
    Unreadable(String),
    /// Something that nothing can be stored in place of until a person has removed it, for the reason given.
    Blocked(String),
}

/// Where documents are kept.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Stores a document if there is none of that path: another one MUST stay as it is, whoever else stores one at the same
    /// moment. One with this very content counts as stored. As durable as with [`put`](Self::put).
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable>;

    /// Stores several, as [`file`](Self::file) does one: a result for each, in their order.
    async fn file_all(&self, documents: Vec<(String, Vec<u8>)>) -> Vec<Result<Filed, Unavailable>> {
        let filing = stream::iter(documents).map(|(path, content)| async move { self.file(&path, content).await });
        filing.buffered(PUTS).collect().await
    }

    /// Stores a document, over an earlier one of that path. MUST be on disk, under that path, when it returns: somebody
    /// is told of it next.
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), Unavailable>;

    /// The document of that path.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable>;

    /// The same, where what is wrong with this document alone is no error.
    async fn look(&self, path: &str) -> Result<Look, Unavailable> {
        Ok(self.get(path).await?.map_or(Look::Nothing, Look::Document))
    }
}

/// Makes an invoice printable.
#[async_trait]
pub trait InvoicePrinter: Send + Sync {
    /// The PDF. MUST give the same bytes for the same document, as it may be printed twice; and a later release MUST give
    /// the same XML, as it may have been issued long ago.
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable>;

    /// Whether a file is an invoice of that order, whichever release printed it.
    fn is_invoice_of(&self, file: &[u8], order: OrderId) -> bool;
}
