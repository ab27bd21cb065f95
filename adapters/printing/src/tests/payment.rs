//! How an invoice is settled, in the same words on the page and in the XML.

use super::{
    invoice, line, named,
    opened::{between, open},
};
use time::macros::date;
use workflows::billing::{InvoiceDocument, Payment};

#[test]
fn a_transfer_asks_for_the_whole_amount() {
    let mut document = named("Keyboard");
    document.payment = Payment::Transfer { iban: "DE89 3704 0044 0532 0130 00".to_owned(), due: date!(2026 - 03 - 31) };
    let opened = open(&document);
    let (xml, page) = (opened.xml(), opened.pages().remove(0));
    assert_eq!(between(&xml, "<ram:DuePayableAmount>", "<"), "1481481.48");
    assert_eq!(between(&xml, "<ram:IBANID>", "<"), "DE89370400440532013000");
    assert!(page.contains("Please pay by 31 March 2026 to\nIBAN DE89 3704 0044 0532 0130 00\nquoting 2026-000123."));
    assert!(page.contains("Amount due\nEUR 1,481,481.48\n"));
}

#[test]
fn nothing_is_called_paid_that_is_only_authorised() {
    let opened = open(&named("Keyboard"));
    let page = opened.pages().remove(0);
    assert!(!page.to_lowercase().contains("paid"), "{page}");
    assert!(page.contains("Payment\nAuthorised\n") && page.contains("no transfer is needed"), "{page}");
    let xml = opened.xml();
    assert!(!xml.contains("TotalPrepaidAmount"), "{xml}");
    assert_eq!(between(&xml, "<ram:DuePayableAmount>", "<"), "1481481.48");
    assert_eq!(between(&xml, "<ram:PaymentReference>", "<"), "pi_3OqT2LK8mZ");
}

#[test]
fn a_reference_stands_in_one_piece() {
    let reference = "pi_d6c27fc6a6f056cd499d22124a51d01e";
    for payment in
        [Payment::Authorized { reference: reference.to_owned() }, Payment::Prepaid { reference: reference.to_owned() }]
    {
        let page = open(&InvoiceDocument { payment, ..named("Keyboard") }).pages().remove(0);
        assert!(page.contains(&format!("Payment reference:\n{reference}\n")), "{page}");
    }
    assert!(open(&named("Keyboard")).pages()[0].contains("Payment reference: pi_3OqT2LK8mZ\n"));
}

#[test]
fn a_free_invoice_asks_for_nothing_and_has_no_minus() {
    let mut document = invoice(vec![line("A", "Sample", 3, 0, 2000)]);
    document.payment = Payment::Authorized { reference: String::new() };
    for payment in [document.payment.clone(), Payment::Prepaid { reference: "pi".to_owned() }] {
        let page = open(&InvoiceDocument { payment, ..document.clone() }).pages().remove(0);
        assert!(!page.contains("-0.00") && page.contains("Amount due\nEUR 0.00\n"), "{page}");
    }
    let opened = open(&document);
    assert!(opened.pages()[0].contains("Nothing to pay.\n"));
    assert!(!opened.xml().contains("PaymentMeans") && !opened.xml().contains("PaymentReference"));
}
