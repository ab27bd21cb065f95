//! What stands under the number of an invoice that is to be filed is judged in a bucket as in a folder.

#[allow(dead_code, reason = "a shop of other tests, of which these use a part")]
#[path = "../postgres/shop.rs"]
mod shop;

use super::account::bucket;
use adapters::documents::StoredDocuments;
use shop::{PRINTER, Shop};
use workflows::{
    issued_invoice::{Fingerprint, document_path},
    ports::{Documents, InvoiceNumbers, InvoicePrinter, IssuedInvoices, Numbered},
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices},
    },
};

/// Where a document of that path and content is kept aside.
fn aside(path: &str, content: &[u8]) -> String {
    let hash: String = Fingerprint::of(content).sha256.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("set-aside/{}.{hash}.pdf", path.strip_suffix(".pdf").unwrap())
}

#[tokio::test]
async fn what_stands_under_an_invoices_number_is_judged_as_in_a_folder() {
    let shop = Shop::open().await;
    let orders = shop.orders.as_ref();
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 5]).await;
    for id in &ids {
        shop.confirm(*id).await;
    }
    let mut due = Vec::new();
    for id in &ids {
        let Some((_, Numbered::Due(bill))) = orders.number_invoices(&[*id]).await.unwrap().pop() else {
            unreachable!()
        };
        due.push((document_path(&bill.number), PRINTER.print(bill.document().unwrap()).await.unwrap()));
    }
    let pdf = |which: usize| due[which].1.pdf.as_slice();
    orders.record(&[(ids[4], due[4].1.record.clone())]).await.unwrap();
    let found = [
        // The order's own by another printer, half of one, and none that anybody could tell.
        [pdf(0), b"\n"].concat(),
        pdf(1)[..pdf(1).len() / 2].to_vec(),
        b"%PDF-1.4 of another program\n%%EOF\n".to_vec(),
        // Another invoice: where nothing was noted, and where the order's own was.
        pdf(0).to_vec(),
        pdf(0).to_vec(),
    ];
    let documents = StoredDocuments::in_bucket(&bucket().await).unwrap();
    for ((path, _), content) in due.iter().zip(&found) {
        assert_eq!(documents.put(path, content.clone()).await.unwrap(), None);
    }
    let told = testing::Shop::new();
    let invoice_ports = InvoicePorts {
        numbers: orders,
        ledger: orders,
        issued: orders,
        printer: &PRINTER,
        documents: &documents,
        bus: told.as_ref(),
    };
    let mut outcomes = issue_invoices(invoice_ports, &ids).await;
    let stopped = outcomes.remove(3);
    assert!(matches!(&stopped, Outcome::Retry(why) if why.contains("another invoice")), "{stopped:?}");
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Done), "{outcomes:?}");
    for (which, stays) in [true, false, false, true, false].into_iter().enumerate() {
        let (path, there) = (&due[which].0, &found[which]);
        let expected = if stays { there.as_slice() } else { pdf(which) };
        assert_eq!(documents.get(path).await.unwrap().as_deref(), Some(expected), "{path}");
        let kept = documents.get(&aside(path, there)).await.unwrap();
        assert_eq!(kept.as_ref(), (!stays).then_some(there), "{path}");
    }
}
