//! A disk or a share that fails for a while says nothing of what stands there. Only what is certainly no document gives way.

use super::{keeping::Archive, shop::PRINTER};
use adapters::{
    documents::{Disk, Folder, SystemDisk},
    postgres::runtime::queue::PgQueue,
};
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::{
    collections::VecDeque,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use workflows::{
    issued_invoice::{Look, document_path},
    ports::{Documents, Filed, InvoiceNumbers, IssuedInvoices, Numbered, Unavailable},
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices, keep_documents::keep_documents},
    },
};

/// What the operating system says when a file is there and cannot be read now.
const PASSING: [(&str, i32); 6] =
    [("EIO", 5), ("EAGAIN", 11), ("EACCES", 13), ("EMFILE", 24), ("ETIMEDOUT", 110), ("ESTALE", 116)];
/// A link in a circle.
const ELOOP: i32 = 40;

/// This machine's disk, whose next reads of a document fail as they are told to.
#[derive(Clone, Default)]
struct Failing(Arc<Mutex<VecDeque<i32>>>);

impl Failing {
    fn fail_with(&self, codes: &[i32]) {
        *self.0.lock().unwrap() = codes.iter().copied().collect();
    }
}

impl Disk for Failing {
    type File = File;

    fn create(&self, path: &Path, content: &[u8]) -> io::Result<File> {
        SystemDisk.create(path, content)
    }

    fn start_sync(&self, file: &File) {
        SystemDisk.start_sync(file);
    }

    fn sync(&self, file: File) -> io::Result<()> {
        SystemDisk.sync(file)
    }

    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.name(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        SystemDisk.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        // No document, but what says whose they are.
        if path.ends_with("installation") {
            return SystemDisk.read(path, limit);
        }
        match self.0.lock().unwrap().pop_front() {
            Some(code) => Err(io::Error::from_raw_os_error(code)),
            None => SystemDisk.read(path, limit),
        }
    }

    fn is_there(&self, path: &Path) -> bool {
        SystemDisk.is_there(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }
}

async fn issue(archive: &Archive, documents: &dyn Documents, order: OrderId) -> Outcome {
    let orders = archive.shop.orders.as_ref();
    let bus = archive.told.as_ref();
    let invoice_ports =
        InvoicePorts { numbers: orders, ledger: orders, issued: orders, printer: &PRINTER, documents, bus };
    issue_invoices(invoice_ports, &[order]).await.remove(0)
}

/// An order that is due, and the file of its invoice, where another one's stands.
async fn due_where_anothers_is(archive: &Archive) -> (OrderId, PathBuf, Vec<u8>) {
    let whole = fs::read(archive.file(archive.ids[0]).await).unwrap();
    let order = archive.shop.reserve(&[&[("TEA", 1)]]).await[0];
    archive.shop.confirm(order).await;
    let Some((_, Numbered::Due(bill))) = archive.shop.orders.number_invoices(&[order]).await.unwrap().pop() else {
        unreachable!()
    };
    let file = archive.folder.path().join(document_path(&bill.number));
    fs::write(&file, &whole).unwrap();
    (order, file, whole)
}

#[tokio::test]
async fn another_invoice_stays_while_nobody_can_read_it() {
    let archive = Archive::of(1).await;
    let (order, file, whole) = due_where_anothers_is(&archive).await;
    let disk = Failing::default();
    let documents = Folder::open(disk.clone(), archive.folder.path()).unwrap();
    for (name, code) in PASSING {
        disk.fail_with(&[code; 8]);
        let outcome = issue(&archive, &documents, order).await;
        assert!(matches!(outcome, Outcome::Busy(_)), "{name}: {outcome:?}");
        assert_eq!(fs::read(&file).unwrap(), whole, "{name}");
    }
    // It can be read again when it is looked at once more.
    disk.fail_with(&[ELOOP]);
    let outcome = issue(&archive, &documents, order).await;
    assert!(matches!(&outcome, Outcome::Busy(why) if why.contains("looked at again")), "{outcome:?}");
    disk.fail_with(&[]);
    let outcome = issue(&archive, &documents, order).await;
    assert!(matches!(&outcome, Outcome::Retry(why) if why.contains("another invoice")), "{outcome:?}");
    assert_eq!(fs::read(&file).unwrap(), whole);
    assert!(archive.set_aside().is_empty());
    let noted = archive.shop.orders.of(&[order]).await.unwrap().pop().unwrap();
    assert_eq!(noted.file, None, "nothing was issued");
}

#[tokio::test]
async fn a_document_that_fails_to_be_read_is_named_and_not_printed_again() {
    let archive = Archive::of(1).await;
    let (disk, queue) = (Failing::default(), PgQueue::new(archive.shop.database.clone()));
    let documents = Folder::open(disk.clone(), archive.folder.path()).unwrap();
    let orders = archive.shop.orders.as_ref();
    for (name, code) in PASSING {
        disk.fail_with(&[code]);
        match keep_documents(orders, &documents, &PRINTER, &queue).await {
            Ok(kept) => assert_eq!((kept.to_mend.len(), kept.unreadable.len()), (0, 1), "{name}: {kept:?}"),
            Err(error) => assert!(error.away && !["EIO", "EACCES"].contains(&name), "{name}: {}", error.chain()),
        }
        disk.fail_with(&[code; 8]);
        let outcome = issue(&archive, &documents, archive.ids[0]).await;
        assert_ne!(outcome, Outcome::Done, "{name}");
    }
    assert!(archive.set_aside().is_empty());
    archive.issue(&archive.ids).await;
    assert!(archive.set_aside().is_empty(), "it was whole all the while");
}

/// Renumbers what is due at the moment in which a document is filed, as README.md says for after a restore.
struct Renumbering<'a>(&'a Archive);

#[async_trait]
impl Documents for Renumbering<'_> {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        let filed = self.0.documents.file(path, content).await;
        self.0.shop.run("update invoices set number = 7 where stored_at is null").await;
        filed
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        self.0.documents.put(path, content).await
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.0.documents.get(path).await
    }

    async fn look(&self, path: &str) -> Result<Look, Unavailable> {
        self.0.documents.look(path).await
    }
}

#[tokio::test]
async fn no_invoice_is_put_under_the_number_that_it_had_before() {
    let archive = Archive::of(1).await;
    let (order, file, whole) = due_where_anothers_is(&archive).await;
    let damaged = &whole[..whole.len() / 2];
    fs::write(&file, damaged).unwrap();
    let outcome = issue(&archive, &Renumbering(&archive), order).await;
    assert!(matches!(&outcome, Outcome::Retry(why) if why.contains("number")), "{outcome:?}");
    assert_eq!(fs::read(&file).unwrap(), damaged);
    assert!(archive.set_aside().is_empty());
    assert_eq!(issue(&archive, &archive.documents, order).await, Outcome::Done);
    let issued = archive.file(order).await;
    assert!(issued.exists() && issued.to_str().unwrap().ends_with("-000007.pdf"), "{}", issued.display());
    assert_eq!(fs::read(&file).unwrap(), damaged);
}
