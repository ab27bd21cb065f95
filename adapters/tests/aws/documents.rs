//! The document store in a bucket keeps the same promises as in a folder.

use super::account::bucket;
use adapters::documents::StoredDocuments;
use workflows::ports::{Documents, Filed};

#[tokio::test]
async fn a_document_is_kept_under_its_path_and_put_over_an_earlier_one() {
    let bucket = bucket().await;
    let documents = StoredDocuments::in_bucket(&bucket).unwrap();
    assert_eq!(documents.get("invoices/2026/000001.pdf").await.unwrap(), None);
    documents.put("invoices/2026/000001.pdf", b"long before".to_vec()).await.unwrap();
    documents.put("invoices/2026/000001.pdf", b"%PDF".to_vec()).await.unwrap();
    let later = StoredDocuments::in_bucket(&bucket).unwrap();
    assert_eq!(later.get("invoices/2026/000001.pdf").await.unwrap(), Some(b"%PDF".to_vec()));
}

#[tokio::test]
async fn what_another_document_takes_the_place_of_is_kept_aside() {
    let documents = StoredDocuments::in_bucket(&bucket().await).unwrap();
    let put = async |content: &[u8]| documents.put("invoices/2026/000003.pdf", content.to_vec()).await.unwrap();
    assert_eq!(put(b"").await, None);
    assert_eq!(put(b"first").await, None, "there was nothing in the one before");
    assert_eq!(put(b"first").await, None, "a replay");
    // By its SHA-256.
    let first = "set-aside/invoices/2026/000003.a7937b64b8caa58f.pdf";
    for _ in 0..2 {
        assert_eq!(put(b"second").await.as_deref(), Some(first));
        assert_eq!(documents.get(first).await.unwrap(), Some(b"first".to_vec()));
        let second = put(b"first").await.unwrap();
        assert_eq!(documents.get(&second).await.unwrap(), Some(b"second".to_vec()));
    }
}

#[tokio::test]
async fn a_document_that_is_filed_never_takes_the_place_of_another() {
    let documents = StoredDocuments::in_bucket(&bucket().await).unwrap();
    let file = async |content: &[u8]| documents.file("invoices/2026/000002.pdf", content.to_vec()).await.unwrap();
    assert_eq!(file(b"first").await, Filed::Stored);
    assert_eq!(file(b"first").await, Filed::Stored, "a replay");
    assert_eq!(file(b"second").await, Filed::Taken(b"first".to_vec()));
    assert_eq!(documents.get("invoices/2026/000002.pdf").await.unwrap(), Some(b"first".to_vec()));
}
