//! Where documents are kept.

use super::Unavailable;
use crate::issued_invoice::Look;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};

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
    /// Something was there before, and still is, that is certainly no document, for the reason given. What may be one and
    /// cannot be read now is an error: it can be told later.
    Unreadable(String),
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

    /// Stores a document, in place of an earlier one of that path. That one MUST be kept elsewhere, as it was, if there is
    /// anything in it and it is not the same: it may be the only copy of what somebody was given. Says where. The new one
    /// MUST be on disk, under that path, when this returns: somebody is told of it next.
    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable>;

    /// Puts a document in place of what was looked at and judged. If another one is there by now, that is to be judged first:
    /// it stays, and the caller comes again.
    async fn put_over(&self, path: &str, judged: &Look, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        let now = self.look(path).await?;
        let is_judged = match &now {
            Look::Document(found) => found.is_empty() || *found == content || now == *judged,
            Look::Nothing | Look::Unreadable(_) | Look::Blocked(_) => true,
        };
        if !is_judged {
            let why = format!("{path} is another one than a moment ago and is looked at again");
            return Err(Unavailable::because("documents.put", why));
        }
        self.put(path, content).await
    }

    /// The document of that path.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable>;

    /// The same, where what is wrong with this document alone is no error.
    async fn look(&self, path: &str) -> Result<Look, Unavailable> {
        Ok(self.get(path).await?.map_or(Look::Nothing, Look::Document))
    }
}
