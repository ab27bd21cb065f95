//! Issued documents are kept: whatever becomes of the file, it is found and printed again, as it was issued.

use super::shop::{PRINTER, Shop};
use adapters::{documents::StoredDocuments, postgres::runtime::queue::PgQueue};
use schemas::ids::OrderId;
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;
use workflows::{
    issued_invoice::{Fingerprint, SeriesPosition, document_path},
    ports::{InvoiceNumbers, IssuedInvoices, Numbered},
    steps::{
        Outcome,
        billing::{
            invoice_ports::InvoicePorts,
            issue_invoices::issue_invoices,
            keep_documents::{Inspection, keep_documents},
        },
    },
};

/// A shop that has issued some invoices into a folder.
pub(super) struct Archive {
    pub(super) shop: Shop,
    pub(super) ids: Vec<OrderId>,
    pub(super) folder: TempDir,
    pub(super) documents: StoredDocuments,
    /// Where it is told what was issued.
    pub(super) told: Arc<testing::Shop>,
}

impl Archive {
    pub(super) async fn of(count: usize) -> Self {
        let shop = Shop::open().await;
        let ids = shop.reserve(&vec![&[("TEA", 1), ("CUP", 2)][..]; count]).await;
        for id in &ids {
            shop.confirm(*id).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let documents = StoredDocuments::in_folder(folder.path()).unwrap();
        let archive = Self { shop, ids, folder, documents, told: testing::Shop::new() };
        archive.issue(&archive.ids).await;
        archive
    }

    pub(super) async fn try_to_issue(&self, ids: &[OrderId]) -> Vec<Outcome> {
        let orders = self.shop.orders.as_ref();
        let invoice_ports = InvoicePorts {
            numbers: orders,
            ledger: orders,
            issued: orders,
            printer: &PRINTER,
            documents: &self.documents,
            bus: self.told.as_ref(),
        };
        issue_invoices(invoice_ports, ids).await
    }

    pub(super) async fn issue(&self, ids: &[OrderId]) {
        let outcomes = self.try_to_issue(ids).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Done), "{outcomes:?}");
    }

    pub(super) async fn file(&self, id: OrderId) -> PathBuf {
        let number = self.shop.load(id).await.invoice.unwrap().number;
        self.folder.path().join(document_path(&number))
    }

    pub(super) async fn keep(&self) -> Inspection {
        let (orders, queue) = (self.shop.orders.as_ref(), PgQueue::new(self.shop.database.clone()));
        keep_documents(orders, &self.documents, &PRINTER, &queue).await.unwrap()
    }

    /// What is kept aside, by name.
    pub(super) fn set_aside(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(years) = fs::read_dir(self.folder.path().join("set-aside/invoices")) else { return BTreeMap::new() };
        let files = years.flat_map(|year| fs::read_dir(year.unwrap().path()).unwrap()).map(Result::unwrap);
        let read = |file: &fs::DirEntry| {
            if file.file_type().unwrap().is_file() { fs::read(file.path()) } else { Ok(Vec::new()) }
        };
        files.map(|file| (file.file_name().into_string().unwrap(), read(&file).unwrap())).collect()
    }

    /// Which orders' invoices are to be printed again, by the messages.
    async fn asked_for(&self) -> Vec<OrderId> {
        let taken: Option<Vec<uuid::Uuid>> = self
            .shop
            .value("with taken as (delete from messages where queue = 'invoice' returning subject) select array_agg(subject) from taken")
            .await;
        taken.unwrap_or_default().into_iter().map(OrderId).collect()
    }
}

#[tokio::test]
async fn a_file_that_is_emptied_cut_removed_or_swapped_is_found_and_made_again() {
    let archive = Archive::of(6).await;
    let mut good = Vec::new();
    for id in &archive.ids {
        good.push(fs::read(archive.file(*id).await).unwrap());
    }
    let [emptied, cut, removed, swapped, changed, _] = archive.ids[..] else { unreachable!() };
    fs::write(archive.file(emptied).await, b"").unwrap();
    fs::write(archive.file(cut).await, &good[1][..good[1].len() / 2]).unwrap();
    fs::remove_file(archive.file(removed).await).unwrap();
    fs::write(archive.file(swapped).await, &good[5]).unwrap();
    let mut flipped = good[4].clone();
    flipped[1_000] ^= 1;
    fs::write(archive.file(changed).await, &flipped).unwrap();

    let line = adapters::audit::documents(archive.shop.orders.as_ref(), &archive.documents, &printing::PdfReader, true)
        .await
        .unwrap();
    assert_eq!((line.checked, line.violations, line.examples.len()), (6, 5, 5), "{line}");

    let mut found = archive.keep().await;
    let mut damaged = vec![emptied, cut, removed, swapped, changed];
    let mut asked = archive.asked_for().await;
    for ids in [&mut found.to_mend, &mut damaged, &mut asked] {
        ids.sort();
    }
    assert_eq!((found.looked_at, found.to_mend), (6, damaged.clone()));
    assert_eq!(asked, damaged);

    archive.issue(&asked).await;
    for (id, good) in archive.ids.iter().zip(&good) {
        assert_eq!(fs::read(archive.file(*id).await).unwrap(), *good);
    }
    // The one that was swapped in may be all that somebody has of it. There was nothing in the first.
    let kept: Vec<Vec<u8>> = archive.set_aside().into_values().collect();
    assert_eq!(kept, [&good[1][..good[1].len() / 2], &good[5][..], &flipped[..]]);
    assert_eq!(archive.keep().await.to_mend, []);
    // Wherever the schedule's look ended: if that was with the newest, there is nothing behind it.
    for last in [0, 6] {
        archive
            .shop
            .orders
            .mark_checked(SeriesPosition { year: if last == 0 { 0 } else { 2026 }, number: last })
            .await
            .unwrap();
        let line =
            adapters::audit::documents(archive.shop.orders.as_ref(), &archive.documents, &printing::PdfReader, false)
                .await
                .unwrap();
        assert_eq!((line.checked, line.violations), (6, 0), "{line}");
    }
}

#[tokio::test]
async fn what_a_later_printer_prints_again_reads_the_same_and_is_known_by_its_new_bytes() {
    let archive = Archive::of(1).await;
    let (id, file) = (archive.ids[0], archive.file(archive.ids[0]).await);
    let printed = fs::read(&file).unwrap();
    // An earlier printer's bytes were others.
    archive.shop.run("update invoices set printer = 'earlier', size = 1, sha256 = sha256('other')").await;
    archive.issue(&[id]).await;
    assert_eq!(fs::read(&file).unwrap(), printed);
    let known = archive.shop.orders.of(&[id]).await.unwrap().pop().unwrap();
    assert_eq!(known.file, Some(Fingerprint::of(&printed)));
    let printer: String = archive.shop.value("select printer from invoices").await;
    assert_eq!(printer, printing::VERSION);
}

#[tokio::test]
async fn what_would_read_otherwise_than_it_was_issued_is_not_printed() {
    let archive = Archive::of(1).await;
    let (id, file) = (archive.ids[0], archive.file(archive.ids[0]).await);
    fs::remove_file(&file).unwrap();
    archive.shop.run("update invoices set xml_sha256 = sha256('another text')").await;
    let outcomes = archive.try_to_issue(&[id]).await;
    assert!(matches!(&outcomes[..], [Outcome::Retry(why)] if why.contains("read otherwise")), "{outcomes:?}");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_whole_file_of_which_nothing_was_noted_counts_if_it_says_that_it_is_that_invoice() {
    let archive = Archive::of(2).await;
    let forget = "update invoices set edition = null, printer = null, size = null, sha256 = null, xml_sha256 = null";
    archive.shop.run(forget).await;
    let broken = archive.file(archive.ids[1]).await;
    fs::write(&broken, b"%PDF-1.7 and no more").unwrap();
    assert_eq!(archive.keep().await.to_mend, [archive.ids[1]]);
    let whole = archive.shop.orders.of(&archive.ids[..1]).await.unwrap().pop().unwrap();
    let file = fs::read(archive.file(archive.ids[0]).await).unwrap();
    assert_eq!(whole.file, Some(Fingerprint::of(&file)));
    fs::write(archive.file(archive.ids[0]).await, b"%PDF-1.7 another %%EOF").unwrap();
    assert_eq!(archive.keep().await.to_mend.len(), 2);
}

#[tokio::test]
async fn documents_are_looked_at_a_share_at_a_time_and_then_anew() {
    let archive = Archive::of(3).await;
    let orders = archive.shop.orders.as_ref();
    // As if there were as many as a share before them.
    orders.mark_checked(SeriesPosition { year: 2026, number: 2 }).await.unwrap();
    assert_eq!(archive.keep().await.looked_at, 1);
    assert_eq!(archive.keep().await.looked_at, 3);
    assert_eq!(orders.behind(SeriesPosition { year: 2026, number: 1 }, 1).await.unwrap()[0].position.number, 2);
}

#[tokio::test]
async fn an_invoice_of_the_release_before_is_printed_again_as_that_worded_it() {
    let archive = Archive::of(1).await;
    let id = archive.ids[0];
    archive.shop.run("update invoices set edition = null").await;
    let document = archive.shop.orders.bill(id, None).await.unwrap().unwrap().document().unwrap();
    let reference = format!("pi_{id}");
    assert_eq!(document.payment, workflows::billing::Payment::Prepaid { reference });
    archive.shop.run("update invoices set edition = 99").await;
    assert_eq!(archive.shop.orders.bill(id, None).await.unwrap(), None, "only a later release knows how");
    let numbered = archive.shop.orders.number_invoices(&[id]).await.unwrap();
    assert_eq!(numbered, [(id, Numbered::Stored)]);
}

#[tokio::test]
async fn one_that_cannot_be_read_is_named_and_keeps_nobody_from_the_others() {
    let archive = Archive::of(5).await;
    let [folder, circle, pipe, removed, _] = archive.ids[..] else { unreachable!() };
    let mut good = Vec::new();
    for id in &archive.ids[..4] {
        let file = archive.file(*id).await;
        good.push(fs::read(&file).unwrap());
        fs::remove_file(&file).unwrap();
    }
    let blocked = archive.file(folder).await;
    fs::create_dir(&blocked).unwrap();
    let itself = archive.file(circle).await;
    std::os::unix::fs::symlink(&itself, &itself).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(archive.file(pipe).await).status().unwrap().success());

    let line = adapters::audit::documents(archive.shop.orders.as_ref(), &archive.documents, &printing::PdfReader, true)
        .await
        .unwrap();
    assert_eq!((line.checked, line.violations), (5, 4), "{line}");
    let unreadable = line.examples.iter().filter(|example| example["problem"] == "the document cannot be read");
    assert!(unreadable.clone().all(|example| example["why"].is_string()) && unreadable.count() == 3, "{line}");

    let kept = archive.keep().await;
    assert_eq!((kept.looked_at, kept.unreadable.len()), (5, 3), "{kept:?}");
    let mut asked = archive.asked_for().await;
    asked.sort();
    let mut expected = vec![circle, pipe, removed];
    expected.sort();
    assert_eq!(asked, expected, "a folder is in nobody's power but an operator's");
    archive.issue(&asked).await;
    for (id, good) in [circle, pipe, removed].iter().zip(&good[1..]) {
        assert_eq!(fs::read(archive.file(*id).await).unwrap(), *good);
    }
    assert_eq!(archive.set_aside().len(), 2, "what nobody can read is kept, too");
    let outcomes = archive.try_to_issue(&[folder]).await;
    assert!(matches!(&outcomes[..], [Outcome::Retry(why)] if why.contains("move it away")), "{outcomes:?}");
    fs::remove_dir(&blocked).unwrap();
    assert_eq!(archive.keep().await.to_mend, [folder]);
    archive.issue(&[folder]).await;
    assert_eq!(fs::read(&blocked).unwrap(), good[0]);
}

#[tokio::test]
async fn an_invoice_that_cannot_be_mended_is_asked_for_once_and_anew_once_it_was() {
    let archive = Archive::of(2).await;
    let [lost, _] = archive.ids[..] else { unreachable!() };
    let file = archive.file(lost).await;
    let good = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let on_queue = async |queue: &str| {
        let query = format!("select count(*) from messages where queue = '{queue}'");
        archive.shop.value::<i64>(&query).await
    };
    // By a message that waits, and by one that was set aside.
    for queue in ["invoice", "invoice-dlq"] {
        archive.shop.run(&format!("update messages set queue = '{queue}'")).await;
        for _ in 0..3 {
            assert_eq!(archive.keep().await.to_mend, [lost]);
        }
        let asked = archive.shop.value::<i64>("select count(*) from messages where queue like 'invoice%'").await;
        assert_eq!((asked, on_queue(queue).await), (1, 1));
    }
    // Where queues are a service, no message is seen: that it failed is noted.
    assert_eq!(archive.asked_for().await, []);
    archive.shop.run("delete from messages; update invoices set edition = edition + 1000").await;
    let outcomes = archive.try_to_issue(&[lost]).await;
    assert!(matches!(&outcomes[..], [Outcome::Retry(why)] if why.contains("later release")), "{outcomes:?}");
    assert_eq!(archive.keep().await.to_mend, [lost]);
    assert_eq!(archive.asked_for().await, [], "within a day");
    archive.shop.time_passes(std::time::Duration::from_secs(25 * 3_600)).await;
    archive.keep().await;
    assert_eq!(archive.asked_for().await, [lost], "after a day");
    archive.try_to_issue(&[lost]).await;
    archive.shop.run("update invoices set edition = edition - 1000").await;
    archive.issue(&[lost]).await;
    assert_eq!(fs::read(&file).unwrap(), good);
    // What was mended and is damaged again is mended at once.
    fs::remove_file(&file).unwrap();
    archive.keep().await;
    assert_eq!(archive.asked_for().await, [lost]);
}
