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
async fn a_document_that_is_filed_never_takes_the_place_of_another() {
    let documents = StoredDocuments::in_bucket(&bucket().await).unwrap();
    let file = async |content: &[u8]| documents.file("invoices/2026/000002.pdf", content.to_vec()).await.unwrap();
    assert_eq!(file(b"first").await, Filed::Stored);
    assert_eq!(file(b"first").await, Filed::Stored, "a replay");
    assert_eq!(file(b"second").await, Filed::Taken(b"first".to_vec()));
    assert_eq!(documents.get("invoices/2026/000002.pdf").await.unwrap(), Some(b"first".to_vec()));
}
