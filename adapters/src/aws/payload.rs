//! Bodies that are too large for a message: they lie in a bucket, and the message says where.

use schemas::kept::PayloadReference;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;
use workflows::{
    ports::{Documents, Unavailable},
    wiring::QueueName,
};

/// The largest body that travels in the message itself. A queue takes 256 KiB with everything around the body, and a
/// table's item 400 KB.
pub const LARGEST: usize = 200 * 1024;

/// Where large bodies are put. What lies there must outlast whatever names it: messages, those that were set aside among
/// them, and the table of accepted orders.
#[derive(Clone)]
pub struct Payloads {
    bucket: Arc<dyn Documents>,
}

impl Payloads {
    /// Large bodies lie in that bucket.
    pub fn new(bucket: Arc<dyn Documents>) -> Self {
        Self { bucket }
    }

    /// The body as it can travel: itself, or a reference to where it was put. The same body comes to lie at the same
    /// place, so that a repeated call leaves nothing behind.
    ///
    /// # Errors
    /// If the bucket does not answer.
    pub async fn put(&self, queue: QueueName, subject: Uuid, body: Value) -> Result<Value, Unavailable> {
        let text = body.to_string();
        if text.len() <= LARGEST {
            return Ok(body);
        }
        let path = format!("{queue}/{subject}/{}.json", Uuid::new_v5(&subject, text.as_bytes()));
        self.bucket
            .put(&path, text.into_bytes())
            .await
            .map_err(|error| Unavailable { what: "payloads.put", ..error })?;
        Ok(json!(PayloadReference { path }))
    }

    /// The body that a received one stands for.
    ///
    /// # Errors
    /// If the bucket does not answer, or holds no such body: then asking again helps only if somebody puts it back.
    pub async fn resolve(&self, body: Value) -> Result<Value, Unavailable> {
        self.resolve_counted(body).await.map(|(body, _)| body)
    }

    /// The same, and how many bytes of text were fetched for it: a message says nothing of that beforehand.
    ///
    /// # Errors
    /// As above.
    pub async fn resolve_counted(&self, body: Value) -> Result<(Value, usize), Unavailable> {
        let Some(PayloadReference { path }) = referred(&body) else { return Ok((body, 0)) };
        let content = self
            .bucket
            .get(&path)
            .await
            .map_err(|error| Unavailable { what: "payloads.get", ..error })?
            .ok_or_else(|| Unavailable::at_fault("payloads.get", format!("{path} is gone")))?;
        let body = serde_json::from_slice(&content).map_err(|error| Unavailable::at_fault("payloads.get", error))?;
        Ok((body, content.len()))
    }
}

/// The reference that a body is. Most are none, which their number of members shows.
fn referred(body: &Value) -> Option<PayloadReference> {
    if body.as_object()?.len() == 1 { PayloadReference::deserialize(body).ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use async_trait::async_trait;
    use std::{collections::BTreeMap, sync::Mutex};
    use workflows::ports::Filed;

    const ORDER: Uuid = Uuid::from_u128(7);

    /// A bucket, of which payloads know no more than that it keeps what it is given.
    #[derive(Default)]
    struct InMemory(Mutex<BTreeMap<String, Vec<u8>>>);

    #[async_trait]
    impl Documents for InMemory {
        async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
            let mut kept = self.0.lock().unwrap();
            let found = kept.entry(path.to_owned()).or_insert_with(|| content.clone());
            Ok(if *found == content { Filed::Stored } else { Filed::Taken(found.clone()) })
        }

        async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
            self.0.lock().unwrap().insert(path.to_owned(), content);
            Ok(None)
        }

        async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
            Ok(self.0.lock().unwrap().get(path).cloned())
        }
    }

    fn payloads(bucket: &Arc<InMemory>) -> Payloads {
        Payloads::new(bucket.clone())
    }

    /// A body of exactly that many bytes.
    fn body_of(bytes: usize) -> Value {
        json!({ "text": "x".repeat(bytes - r#"{"text":""}"#.len()) })
    }

    #[tokio::test]
    async fn a_body_that_fits_travels_as_it_is() {
        let bucket = Arc::<InMemory>::default();
        let payloads = payloads(&bucket);
        let body = body_of(LARGEST);
        assert_eq!(payloads.put(QueueName::Intake, ORDER, body.clone()).await.unwrap(), body);
        assert_eq!(payloads.resolve(body.clone()).await.unwrap(), body);
        assert!(bucket.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_larger_body_travels_as_a_reference_and_comes_back_whole() {
        let bucket = Arc::<InMemory>::default();
        let payloads = payloads(&bucket);
        let body = body_of(LARGEST + 1);
        let reference = payloads.put(QueueName::Intake, ORDER, body.clone()).await.unwrap();
        assert!(referred(&reference).unwrap().path.starts_with(&format!("intake/{ORDER}/")));
        assert_eq!(payloads.put(QueueName::Intake, ORDER, body.clone()).await.unwrap(), reference);
        assert_eq!(payloads.resolve(reference).await.unwrap(), body);
    }

    #[tokio::test]
    async fn a_reference_to_nothing_is_refused() {
        let bucket = Arc::<InMemory>::default();
        let error = payloads(&bucket).resolve(json!({ "$payload": "intake/none.json" })).await.unwrap_err();
        assert_eq!((error.what, error.away), ("payloads.get", false));
    }

    #[tokio::test]
    async fn a_body_that_only_mentions_a_reference_is_no_reference() {
        let bucket = Arc::<InMemory>::default();
        for body in [json!({ "$payload": "a", "more": 1 }), json!({ "$payload": 1 }), json!(["$payload"]), json!(null)]
        {
            assert_eq!(payloads(&bucket).resolve(body.clone()).await.unwrap(), body);
        }
    }
}
