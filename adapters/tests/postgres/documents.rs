//! The document store in a folder.

use adapters::documents::StoredDocuments;
use std::os::unix::fs::PermissionsExt;
use uuid::Uuid;
use workflows::{
    issued_invoice::Look,
    ports::{Documents, Filed},
};

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
async fn what_another_document_takes_the_place_of_is_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    let put = async |content: &[u8]| documents.put("a/1.pdf", content.to_vec()).await.unwrap();
    assert_eq!(put(b"").await, None);
    assert_eq!(put(b"first").await, None, "there was nothing in the one before");
    assert_eq!(put(b"first").await, None, "a replay");
    assert_eq!(put(b"second").await.as_deref(), Some("set-aside/a/1.1.pdf"));
    assert_eq!(put(b"first").await.as_deref(), Some("set-aside/a/1.2.pdf"));
    for (path, content) in [("a/1.pdf", "first"), ("set-aside/a/1.1.pdf", "first"), ("set-aside/a/1.2.pdf", "second")] {
        assert_eq!(std::fs::read_to_string(folder.path().join(path)).unwrap(), content);
    }
}

#[tokio::test]
async fn a_document_that_is_filed_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    let file = async |content: &[u8]| documents.file("a/1.pdf", content.to_vec()).await.unwrap();
    assert_eq!(file(b"first").await, Filed::Stored);
    assert_eq!(file(b"first").await, Filed::Stored, "a replay");
    assert_eq!(file(b"second").await, Filed::Taken(b"first".to_vec()));
    let batch = ["a/1.pdf", "a/2.pdf"].map(|path| (path.to_owned(), b"second".to_vec()));
    let filed: Vec<_> = documents.file_all(batch.into()).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(filed, [Filed::Taken(b"first".to_vec()), Filed::Stored]);
    assert_eq!(documents.get("a/1.pdf").await.unwrap(), Some(b"first".to_vec()));
    std::os::unix::fs::symlink("nowhere", folder.path().join("a/3.pdf")).unwrap();
    assert_eq!(documents.file("a/3.pdf", b"third".to_vec()).await.unwrap(), Filed::Taken(Vec::new()));
    assert_eq!(std::fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn of_many_who_file_another_document_under_one_path_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<_> = (0..8).map(|_| StoredDocuments::in_folder(folder.path()).unwrap()).collect();
    let filing = stores.iter().enumerate().map(|(which, store)| store.file("a/1.pdf", which.to_string().into_bytes()));
    let filed = futures_util::future::join_all(filing).await;
    let stored = filed.iter().filter(|filed| matches!(filed, Ok(Filed::Stored))).count();
    assert_eq!((stored, filed.iter().filter(|filed| filed.is_err()).count()), (1, 0), "{filed:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_of_that_document_and_replaced_if_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder.pdf")).unwrap();
    std::os::unix::fs::symlink("loop.pdf", path("loop.pdf")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe.pdf")).status().unwrap().success());
    for name in ["loop.pdf", "pipe.pdf"] {
        let found = documents.look(name).await.unwrap();
        assert!(matches!(&found, Look::Unreadable(why) if why.contains(name)), "{found:?}");
        let filed = documents.file(name, b"%PDF".to_vec()).await.unwrap();
        assert!(matches!(filed, Filed::Unreadable(_)), "{filed:?}");
        documents.put(name, b"%PDF".to_vec()).await.unwrap();
        assert_eq!(documents.look(name).await.unwrap(), Look::Document(b"%PDF".to_vec()));
    }
    let found = documents.look("folder.pdf").await.unwrap();
    assert!(matches!(&found, Look::Blocked(why) if why.contains("folder.pdf") && why.contains("move")), "{found:?}");
    let error = documents.put("folder.pdf", b"%PDF".to_vec()).await.unwrap_err();
    assert!(!error.away && error.chain().contains("move it away"), "{}", error.chain());
    assert_eq!(documents.look("none.pdf").await.unwrap(), Look::Nothing);
    assert_eq!(std::fs::read_dir(path("incoming")).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn no_document_is_to_blame_for_a_folder_that_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("documents");
    std::fs::write(&root, "a disk that went wrong").unwrap();
    let documents = StoredDocuments::read_from_folder(&root);
    assert!(documents.look("invoices/2026/1.pdf").await.unwrap_err().away);
    // One of its folders is not the whole.
    std::fs::remove_file(&root).unwrap();
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("invoices"), "no folder").unwrap();
    assert!(matches!(documents.look("invoices/2026/1.pdf").await, Ok(Look::Unreadable(_))));
}

#[tokio::test]
async fn what_is_larger_than_any_document_is_moved_and_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    let (large, size) = (folder.path().join("large.pdf"), 1_u64 << 30);
    std::fs::File::create(&large).unwrap().set_len(size).unwrap();
    let found = documents.look("large.pdf").await.unwrap();
    assert!(matches!(&found, Look::Unreadable(why) if why.contains("large.pdf") && why.contains("bytes")), "{found:?}");
    let filed = documents.file("large.pdf", b"%PDF".to_vec()).await.unwrap();
    assert!(matches!(filed, Filed::Unreadable(_)), "{filed:?}");
    let kept = documents.put("large.pdf", b"%PDF".to_vec()).await.unwrap().unwrap();
    assert_eq!(std::fs::metadata(folder.path().join(kept)).unwrap().len(), size);
    assert_eq!(documents.look("large.pdf").await.unwrap(), Look::Document(b"%PDF".to_vec()));
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
    for path in [
        "../escaped.pdf",
        "a/../../escaped.pdf",
        "/escaped.pdf",
        "a//b.pdf",
        ".hidden",
        "incoming/1",
        "set-aside/1",
        "a\0b",
        "",
    ] {
        let error = documents.put(path, b"%PDF".to_vec()).await.unwrap_err();
        assert_eq!((error.what, error.away), ("documents.put", false), "{path:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn documents_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("documents");
    // As an earlier release made it.
    std::fs::create_dir(&root).unwrap();
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
    let documents = StoredDocuments::in_folder(&root).unwrap();
    documents.put("invoices/2026/1.pdf", b"%PDF".to_vec()).await.unwrap();
    let mode = |path: &str| std::fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("invoices"), mode("invoices/2026")), (0o700, 0o700, 0o700));
    assert_eq!(mode("invoices/2026/1.pdf"), 0o600);
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_removed_and_what_a_living_one_writes_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let incoming = folder.path().join("incoming");
    std::fs::create_dir(&incoming).unwrap();
    for (name, hours) in [("old", 2), ("new", 0)] {
        let file = std::fs::File::create(incoming.join(name)).unwrap();
        let made = file.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(hours * 3_600);
        file.set_modified(made).unwrap();
    }
    // What nobody can remove so keeps no folder from being opened.
    let stubborn = incoming.join("stubborn");
    std::fs::create_dir(&stubborn).unwrap();
    std::fs::File::open(&stubborn).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    StoredDocuments::in_folder(folder.path()).unwrap();
    assert!(!incoming.join("old").exists() && incoming.join("new").exists());
}

#[tokio::test]
async fn those_of_a_batch_fail_each_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let documents = StoredDocuments::in_folder(folder.path()).unwrap();
    std::fs::write(folder.path().join("taken"), b"").unwrap();
    let batch = ["a/1.pdf", "taken/2.pdf", "../3.pdf", "b/4.pdf"].map(|path| (path.to_owned(), b"%PDF".to_vec()));
    let results = documents.file_all(batch.into()).await;
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(documents.get("b/4.pdf").await.unwrap(), Some(b"%PDF".to_vec()));
    assert_eq!(std::fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0, "nothing is left behind");
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

#[tokio::test]
async fn nothing_is_filed_or_looked_for_where_the_folder_was_before_it_went_away() {
    let place = tempfile::tempdir().unwrap();
    let (root, elsewhere) = (place.path().join("documents"), place.path().join("elsewhere"));
    let (ours, another) = (Uuid::from_u128(0x197), Uuid::from_u128(0x198));
    let stated = |id: Uuid| std::fs::write(root.join("installation"), id.to_string());
    assert!(StoredDocuments::in_folder_of(ours, &root).is_err(), "it does not say so");
    assert!(!root.exists());
    std::fs::create_dir(&root).unwrap();
    stated(another).unwrap();
    assert!(StoredDocuments::in_folder_of(ours, &root).is_err());
    stated(ours).unwrap();
    // Nothing was filed there yet, nor looked for.
    let documents = StoredDocuments::in_folder_of(ours, &root).unwrap();
    // As when a share is gone: there is nothing, then an empty folder, then another one's.
    std::fs::rename(&root, &elsewhere).unwrap();
    for stands_there in [None, Some(None), Some(Some(another))] {
        if let Some(mark) = stands_there {
            std::fs::create_dir_all(&root).unwrap();
            if let Some(mark) = mark {
                stated(mark).unwrap();
            }
        }
        let filed = documents.file("a/2.pdf", b"second".to_vec()).await.unwrap_err();
        let put = documents.put("a/1.pdf", b"second".to_vec()).await.unwrap_err();
        let looked_for = documents.look("a/1.pdf").await.unwrap_err();
        assert!(filed.away && put.away && looked_for.away, "{stands_there:?}");
        assert!(!root.join("a").exists() && !root.join("incoming").exists(), "{stands_there:?}");
    }
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::rename(&elsewhere, &root).unwrap();
    for written in [format!("{ours}\r\n"), format!(" {}", ours.to_string().to_uppercase())] {
        std::fs::write(root.join("installation"), &written).unwrap();
        assert_eq!(documents.file("a/2.pdf", b"second".to_vec()).await.unwrap(), Filed::Stored, "{written:?}");
    }
}
