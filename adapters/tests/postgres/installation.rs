//! A folder of documents and a database belong together, or nobody starts on them.

use super::{keeping::Archive, shop::Shop};
use adapters::documents::installation::{FolderError, check, claim};
use std::{fs, path::Path};
use tempfile::tempdir;
use uuid::Uuid;

async fn id_of(shop: &Shop) -> String {
    shop.value::<Uuid>("select id from installation").await.to_string()
}

/// As a release leaves them that knew no ids.
async fn forget(shop: &Shop, folder: &Path) {
    shop.run("update installation set has_folder = false").await;
    fs::remove_file(folder.join("installation")).unwrap();
}

#[tokio::test]
async fn a_new_folder_is_the_databases_from_then_on_and_no_other_databases() {
    let (shop, data) = (Shop::open().await, tempdir().unwrap());
    let folder = data.path().join("not/there/yet");
    for _ in 0..2 {
        claim(&shop.database, &folder).await.unwrap();
    }
    let first = id_of(&shop).await;
    assert_eq!(fs::read_to_string(folder.join("installation")).unwrap().trim(), first);

    // Another shop's database.
    shop.run("update installation set id = gen_random_uuid(), has_folder = false").await;
    let second = id_of(&shop).await;
    for refused in [claim(&shop.database, &folder).await.map(drop), check(&shop.database, &folder).await] {
        let error = refused.unwrap_err().to_string();
        assert!([&first, &second].iter().all(|id| error.contains(id.as_str())), "{error}");
        assert!(error.contains("SLUICE_DATA_DIR"), "{error}");
    }
    // Unless somebody says that they belong together.
    fs::write(folder.join("installation"), second).unwrap();
    claim(&shop.database, &folder).await.unwrap();
}

#[tokio::test]
async fn where_the_database_of_the_documents_is_missing_it_is_said_first_to_restore_it() {
    let (archive, new) = (Archive::of(1).await, Shop::open().await);
    // Both are copies of one template.
    new.run("update installation set id = gen_random_uuid()").await;
    claim(&archive.shop.database, archive.folder.path()).await.unwrap();
    // With the folder's own word, and as a release leaves it that knew no ids.
    for is_named in [true, false] {
        if !is_named {
            fs::remove_file(archive.folder.path().join("installation")).unwrap();
        }
        let refused = claim(&new.database, archive.folder.path()).await.unwrap_err();
        assert_eq!(matches!(refused, FolderError::DatabaseMissing { .. }), is_named, "{refused:?}");
        let advice = refused.to_string();
        let place = |words: &str| advice.find(words).unwrap_or_else(|| panic!("no {words:?} in: {advice}"));
        assert!(place("the database of these documents is missing") < place("Restore it"), "{advice}");
        assert!(place("Restore it") < place("SLUICE_DATA_DIR"), "{advice}");
        assert!(place("SLUICE_DATA_DIR") < place(&format!("write {} into", id_of(&new).await)), "{advice}");
    }
}

#[tokio::test]
async fn another_folder_is_refused_before_and_after_the_first_invoice() {
    let (shop, folder, other) = (Shop::open().await, tempdir().unwrap(), tempdir().unwrap());
    claim(&shop.database, folder.path()).await.unwrap();
    let refused = claim(&shop.database, other.path()).await;
    assert!(matches!(refused, Err(FolderError::Elsewhere { issued: 0, .. })), "{refused:?}");

    let archive = Archive::of(2).await;
    claim(&archive.shop.database, archive.folder.path()).await.unwrap();
    let refused = claim(&archive.shop.database, other.path()).await.unwrap_err();
    assert!(matches!(refused, FolderError::Elsewhere { issued: 2, there: 0, .. }), "{refused:?}");
    let missed = [other.path().to_owned(), other.path().join("gone")];
    for folder in missed {
        let looked = check(&archive.shop.database, &folder).await;
        assert!(matches!(looked, Err(FolderError::Elsewhere { issued: 2, there: 0, .. })), "{looked:?}");
    }
    let id = id_of(&archive.shop).await;
    assert!(refused.to_string().contains(&format!("write {id} into")), "{refused}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "it is left as it is");
    fs::write(other.path().join("installation"), id).unwrap();
    claim(&archive.shop.database, other.path()).await.unwrap();
}

#[tokio::test]
async fn a_folder_of_the_release_before_is_known_by_its_newest_documents() {
    let archive = Archive::of(5).await;
    let (shop, folder) = (&archive.shop, archive.folder.path());
    claim(&shop.database, folder).await.unwrap();
    forget(shop, folder).await;
    let unnoted = format!("update invoices set sha256 = null, size = null where order_id = '{}'", archive.ids[4]);
    shop.run(&unnoted).await;
    claim(&shop.database, folder).await.unwrap();
    // Two are lost, and are no reason not to start.
    for id in &archive.ids[..2] {
        forget(shop, folder).await;
        fs::remove_file(archive.file(*id).await).unwrap();
        claim(&shop.database, folder).await.unwrap();
    }
    // As on a host of which another one has most.
    forget(shop, folder).await;
    fs::write(archive.file(archive.ids[2]).await, b"%PDF of another shop %%EOF").unwrap();
    let refused = claim(&shop.database, folder).await;
    assert!(matches!(refused, Err(FolderError::Elsewhere { issued: 5, there: 2, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_mark_that_a_power_cut_emptied_is_written_again() {
    let archive = Archive::of(2).await;
    let (shop, mark) = (&archive.shop, archive.folder.path().join("installation"));
    claim(&shop.database, archive.folder.path()).await.unwrap();
    fs::write(&mark, b"").unwrap();
    check(&shop.database, archive.folder.path()).await.unwrap();
    claim(&shop.database, archive.folder.path()).await.unwrap();
    assert_eq!(fs::read_to_string(&mark).unwrap().trim(), id_of(shop).await);
}

#[tokio::test]
async fn documents_that_nobody_issued_are_not_taken_over() {
    let (archive, fresh) = (Archive::of(1).await, Shop::open().await);
    let refused = claim(&fresh.database, archive.folder.path()).await;
    assert!(matches!(refused, Err(FolderError::Unknown { .. })), "{refused:?}");
    assert!(!archive.folder.path().join("installation").exists());
    // A number was given, and whoever gave it was cut short before the document was known to be there.
    archive.shop.run("update invoices set stored_at = null").await;
    claim(&archive.shop.database, archive.folder.path()).await.unwrap();
}
