//! What stands under the number of an invoice that is to be filed: the order's own stays as it is, another's stops the
//! issuing, and whatever cannot be told is kept aside, so that nobody loses a document and everybody gets one.

use super::{keeping::Archive, shop::PRINTER};
use schemas::ids::OrderId;
use std::{collections::HashSet, fs, path::PathBuf};
use workflows::{
    billing::Edition,
    issued_invoice::{Condition, Fingerprint, Look, PrintRecord, Printed, document_path},
    ports::{Documents, InvoiceNumbers, InvoicePrinter, InvoiceReader, IssuedInvoices, Numbered, Reservations},
    steps::{Outcome, billing::keep_documents::Inspection},
};

/// An invoice that has its number and no document yet.
struct Due {
    order: OrderId,
    printed: Printed,
    file: PathBuf,
}

impl Due {
    fn write(&self, content: &[u8]) {
        fs::create_dir_all(self.file.parent().unwrap()).unwrap();
        fs::write(&self.file, content).unwrap();
    }

    fn found(&self) -> Vec<u8> {
        fs::read(&self.file).unwrap()
    }

    fn good(&self) -> &[u8] {
        &self.printed.pdf
    }
}

impl Archive {
    async fn due(&self) -> Due {
        let order = self.shop.reserve(&[&[("TEA", 1)]]).await[0];
        self.shop.confirm(order).await;
        let Some((_, Numbered::Due(bill))) = self.shop.orders.number_invoices(&[order]).await.unwrap().pop() else {
            unreachable!()
        };
        let file = self.folder.path().join(document_path(&bill.number));
        Due { order, printed: PRINTER.print(bill.document().unwrap()).await.unwrap(), file }
    }

    /// Has everything looked at, which must be as it was noted.
    async fn is_sound(&self, documents: usize) {
        assert_eq!(self.keep().await, Inspection { looked_at: documents, ..Inspection::default() });
    }
}

/// The same file, of which the XML cannot be read any more.
fn with_unreadable_xml(pdf: &[u8]) -> Vec<u8> {
    let attached = b"/Type/EmbeddedFile";
    let place = pdf.windows(attached.len()).position(|window| window == attached).unwrap();
    let content = place + pdf[place..].windows(7).position(|window| window == b"stream\n").unwrap() + 7;
    let mut damaged = pdf.to_vec();
    damaged[content + 40] ^= 0xff;
    assert_eq!(PRINTER.read_back(&damaged), None);
    damaged
}

fn without_its_end(pdf: &[u8]) -> Vec<u8> {
    let cut = pdf[..pdf.len() - 20].to_vec();
    assert!(PRINTER.read_back(&cut).is_some());
    cut
}

#[tokio::test]
async fn the_orders_own_whole_document_stays_as_it_is_and_is_printed_again_with_its_xml() {
    let archive = Archive::of(1).await;
    let orders = archive.shop.orders.as_ref();
    let (by_another_printer, by_an_earlier_release) = (archive.due().await, archive.due().await);
    let noted = archive.due().await;
    let earlier =
        orders.bill(by_an_earlier_release.order, Some(Edition::First)).await.unwrap().unwrap().document().unwrap();
    let earlier = PRINTER.print(earlier).await.unwrap();
    assert_ne!(earlier.record.xml_sha256, by_an_earlier_release.printed.record.xml_sha256);
    let another_printers = |due: &Due| [due.good(), b"\n"].concat();
    let files = [another_printers(&by_another_printer), earlier.pdf, another_printers(&noted)];
    let record = PrintRecord { file: Fingerprint::of(&files[2]), ..noted.printed.record.clone() };
    assert_eq!(orders.record(&[(noted.order, record)]).await.unwrap(), HashSet::from([noted.order]));

    let all = [by_another_printer, by_an_earlier_release, noted];
    let ids = all.each_ref().map(|due| due.order);
    for (due, file) in all.iter().zip(&files) {
        due.write(file);
    }
    for _ in 0..2 {
        archive.issue(&ids).await;
        assert_eq!(all.each_ref().map(Due::found), files);
    }
    assert!(archive.set_aside().is_empty());
    archive.is_sound(4).await;

    for due in &all {
        let xml = PRINTER.read_back(&due.found()).unwrap();
        fs::remove_file(&due.file).unwrap();
        archive.issue(&[due.order]).await;
        assert_eq!(PRINTER.read_back(&due.found()).unwrap(), xml);
    }
    archive.is_sound(4).await;
}

#[tokio::test]
async fn what_cannot_be_told_is_kept_aside_and_the_invoice_is_made() {
    let archive = Archive::of(1).await;
    let whole = fs::read(archive.file(archive.ids[0]).await).unwrap();
    type Damage<'a> = &'a dyn Fn(&Due) -> Vec<u8>;
    let damages: [Damage; 6] = [
        &|_| Vec::new(),
        &|due| due.good()[..due.good().len() / 2].to_vec(),
        &|due| without_its_end(due.good()),
        &|due| with_unreadable_xml(due.good()),
        // Of another order, which nobody can tell any more.
        &|_| with_unreadable_xml(&whole),
        &|_| b"%PDF-1.4 of another program\n%%EOF\n".to_vec(),
    ];
    let mut expected = Vec::new();
    for damage in damages {
        let due = archive.due().await;
        let damaged = damage(&due);
        due.write(&damaged);
        archive.issue(&[due.order]).await;
        assert_eq!(due.found(), due.good());
        expected.extend(Some(damaged).filter(|damaged| !damaged.is_empty()));
    }
    assert_eq!(archive.set_aside().into_values().collect::<Vec<_>>(), expected);

    let pipe = archive.due().await;
    assert!(std::process::Command::new("mkfifo").arg(&pipe.file).status().unwrap().success());
    archive.issue(&[pipe.order]).await;
    assert_eq!(pipe.found(), pipe.good());
    assert_eq!(archive.set_aside().len(), expected.len() + 1);
    archive.is_sound(8).await;
}

#[tokio::test]
async fn another_invoice_stays_and_stops_the_issuing_whole_or_damaged() {
    let archive = Archive::of(1).await;
    let whole = fs::read(archive.file(archive.ids[0]).await).unwrap();
    for anothers in [whole.clone(), without_its_end(&whole)] {
        let due = archive.due().await;
        due.write(&anothers);
        for _ in 0..2 {
            let outcomes = archive.try_to_issue(&[due.order]).await;
            let named = due.file.file_name().unwrap().to_str().unwrap();
            let is_named = |why: &str| why.contains(named) && why.contains("another invoice") && why.contains("README");
            assert!(matches!(&outcomes[..], [Outcome::Retry(why)] if is_named(why)), "{outcomes:?}");
            assert_eq!(due.found(), anothers);
        }
    }
    // The order's own of another number is an invoice that somebody was given, too.
    let (due, other) = (archive.due().await, archive.due().await);
    let mut own =
        archive.shop.orders.bill(due.order, Some(Edition::CURRENT)).await.unwrap().unwrap().document().unwrap();
    own.number = other.printed.record.number;
    due.write(&PRINTER.print(own).await.unwrap().pdf);
    assert!(matches!(&archive.try_to_issue(&[due.order]).await[..], [Outcome::Retry(_)]));
    assert!(archive.set_aside().is_empty());
}

#[tokio::test]
async fn where_the_orders_document_was_noted_another_one_is_kept_aside() {
    let archive = Archive::of(1).await;
    let whole = fs::read(archive.file(archive.ids[0]).await).unwrap();
    let due = archive.due().await;
    let record = due.printed.record.clone();
    archive.shop.orders.record(&[(due.order, record)]).await.unwrap();
    due.write(&whole);
    archive.issue(&[due.order]).await;
    assert_eq!(due.found(), due.good());
    assert_eq!(archive.set_aside().into_values().collect::<Vec<_>>(), [&whole[..]]);
    // A name of its own for each, and what is kept twice is kept once.
    let cut = without_its_end(&whole);
    for another in [&whole, &cut, &whole] {
        due.write(another);
        archive.issue(&[due.order]).await;
        assert_eq!(due.found(), due.good());
    }
    assert_eq!(archive.set_aside().into_values().collect::<Vec<_>>(), [whole, cut]);
}

#[tokio::test]
async fn what_says_that_it_is_another_invoice_is_never_taken_for_one_of_which_nothing_was_noted() {
    let archive = Archive::of(2).await;
    let [id, other] = archive.ids[..] else { unreachable!() };
    let (file, whole) = (archive.file(id).await, fs::read(archive.file(other).await).unwrap());
    archive.shop.run("update invoices set size = null, sha256 = null, xml_sha256 = null").await;
    fs::write(&file, &whole).unwrap();
    let orders = archive.shop.orders.as_ref();
    let issued = orders.of(&[id]).await.unwrap().pop().unwrap();
    assert_eq!(issued.condition(&Look::Document(whole.clone())), Condition::Unproven);
    let line = adapters::audit::documents(orders, &archive.documents, &printing::PdfReader, true).await.unwrap();
    assert_eq!((line.checked, line.violations), (2, 1), "{line}");
    assert_eq!(archive.keep().await.to_mend, [id]);
    archive.issue(&[id, other]).await;
    assert!(PRINTER.read_back(&fs::read(&file).unwrap()).unwrap().is(id, &issued.number));
    assert_eq!(archive.set_aside().into_values().collect::<Vec<_>>(), [whole]);
    archive.is_sound(2).await;
}

#[tokio::test]
async fn nothing_is_noted_of_an_invoice_that_has_another_number_by_now() {
    let archive = Archive::of(1).await;
    let due = archive.due().await;
    archive.shop.run("update invoices set number = 7 where stored_at is null").await;
    let late = [(due.order, due.printed.record.clone())];
    assert!(archive.shop.orders.record(&late).await.unwrap().is_empty(), "a printer that was stopped meanwhile");
    let noted = archive.shop.orders.of(&[due.order]).await.unwrap().pop().unwrap();
    assert_eq!((noted.position.number, noted.file), (7, None));
    archive.issue(&[due.order]).await;
    assert!(!due.file.exists());
    let issued = archive.documents.get(&document_path(&noted.number)).await.unwrap().unwrap();
    assert!(PRINTER.read_back(&issued).unwrap().is(due.order, &noted.number));
}

#[tokio::test]
async fn characters_that_no_font_has_are_counted_beside_the_invoice() {
    let archive = Archive::of(1).await;
    let mut order = archive.shop.order(&[("TEA", 1)]);
    order.request.shipping_address.name = "Zoë \u{e123}\u{e123} \u{10920}".into();
    archive.shop.orders.reserve(vec![order.clone()]).await.unwrap();
    archive.shop.confirm(order.id).await;
    archive.issue(&[order.id]).await;
    let counted: Vec<i32> = archive.shop.value("select array_agg(unprintable order by number) from invoices").await;
    assert_eq!(counted, [0, 2]);
}
