//! The document store in a folder.

use adapters::documents::StoredDocuments;
use workflows::ports::Documents;

#[tokio::test]
async fn a_document_is_kept_under_its_path_and_found_by_a_later_process() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("not/there/yet");
    let documents = StoredDocuments::in_folder(&below).unwrap();
    documents.put("invoices/2026/000001.pdf", b"%PDF".to_vec()).await.unwrap();
    let later = StoredDocuments::in_folder(&below).unwrap();
    assert_eq!(later.get("invoices/2026/000001.pdf").await.unwrap(), Some(b"%PDF".to_vec()));
    assert_eq!(std::fs::read(below.join("invoices/2026/000001.pdf")).unwrap(), b"%PDF");
}

#[tokio::test]
async fn a_document_is_put_over_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    documents.put("a.pdf", b"long before".to_vec()).await.unwrap();
    documents.put("a.pdf", b"now".to_vec()).await.unwrap();
    assert_eq!(documents.get("a.pdf").await.unwrap(), Some(b"now".to_vec()));
}

#[tokio::test]
async fn a_document_that_was_never_put_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    assert_eq!(documents.get("invoices/none.pdf").await.unwrap(), None);
}

#[tokio::test]
async fn a_path_never_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(&folder.path().join("documents")).unwrap();
    documents.put("../escaped.pdf", b"%PDF".to_vec()).await.unwrap();
    assert!(!folder.path().join("escaped.pdf").exists());
    assert_eq!(documents.get("../escaped.pdf").await.unwrap(), Some(b"%PDF".to_vec()));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_away_and_works_again_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    // A file in the folder's place stops even root, whom permissions do not.
    std::fs::write(folder.path().join("invoices"), b"").unwrap();
    let error = documents.put("invoices/1.pdf", b"%PDF".to_vec()).await.unwrap_err();
    assert_eq!((error.what, error.away), ("documents.put", true));
    std::fs::remove_file(folder.path().join("invoices")).unwrap();
    documents.put("invoices/1.pdf", b"%PDF".to_vec()).await.unwrap();
}
