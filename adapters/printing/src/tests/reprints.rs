//! What was issued reads the same whenever it is printed again.

use super::{invoice, line, named, party};
use crate::{PdfReader, VERSION, attached_xml, order_and_number, render};
use schemas::{
    ids::OrderId,
    kept::{Party, TaxCategory},
};
use time::macros::date;
use uuid::uuid;
use workflows::{
    billing::{Edition, InvoiceDocument, InvoiceLine, LinePrice, Payment},
    issued_invoice::{Fingerprint, is_whole},
    ports::InvoiceReader,
};

#[test]
fn the_same_invoice_is_the_same_file() {
    let (first, other) = (named("Cotton tea towel"), named("Чайное полотенце"));
    let bytes = render(&first).unwrap();
    let others = render(&other).unwrap();
    assert_ne!(bytes, others);
    assert_eq!(bytes, render(&first).unwrap());
    assert_eq!(others, std::thread::spawn(move || render(&other).unwrap()).join().unwrap());
}

/// The bytes of a file are noted beside its number. Where they change, the printer's version says so (a new one of both
/// takes the place of these).
#[test]
fn files_change_only_with_the_printers_version() {
    let Fingerprint { size, sha256 } = Fingerprint::of(&render(&named("Cotton tea towel, Чай, 茶")).unwrap().pdf);
    assert_eq!((VERSION, size, sha256[..4].to_vec()), ("sluice-pdf/3", 26_308, vec![22, 34, 121, 5]));
}

/// Taken out of a PDF that release 0.1.0 (commit b3fc157) issued.
#[test]
fn what_release_0_1_0_issued_reads_the_same_when_it_is_printed_again() {
    let place = |name: &str, line1: &str, postal_code: &str, city: &str, country: &str, email: Option<&str>| Party {
        name: name.to_owned(),
        line1: line1.to_owned(),
        postal_code: postal_code.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
        email: email.map(str::to_owned),
        vat_id: None,
        ..party("")
    };
    let seller =
        place("Sluice Example Shop GmbH", "Musterstraße 1", "10115", "Berlin", "DE", Some("billing@example.com"));
    let ship_to = place("Zoë Müller", "Lange Straße 12", "30159", "Hannover", "DE", None);
    let document = InvoiceDocument {
        edition: Edition::First,
        number: "2026-000001".to_owned(),
        issued: date!(2026 - 11 - 27),
        order: uuid!("01a21c0e-2f08-75ab-ac6f-1c4f014174eb"),
        seller: Party { vat_id: Some("DE123456789".to_owned()), ..seller },
        buyer: place("Tee & Söhne", "1 High St", "75001", "Paris", "FR", Some("zoe@example.com")),
        ship_to: Some(Party { line2: Some("Hof".to_owned()), ..ship_to }),
        payment: Payment::Prepaid { reference: "pi_d6c27fc6a6f056cd499d22124a51d01e".to_owned() },
        ..invoice(vec![
            line("KB-100", "Keyboard & <mouse> Café", 2, 61_725, 1900),
            line("BOOK-1", "Book", 3, 1599, 700),
            line("STAMP-1", "Stamp", 1, 95, 0),
        ])
    };
    let issued = include_str!("../../golden/invoice.0.1.0.xml");
    assert_eq!(render(&document).unwrap().xml, issued);
    assert_eq!(order_and_number(issued), Some((document.order, document.number)));
}

/// A file as release 0.1.0 (commit b3fc157) wrote it, one of its demonstration.
#[test]
fn a_file_of_release_0_1_0_says_whose_invoice_it_is() {
    let pdf = include_bytes!("../../golden/invoice.0.1.0.pdf");
    assert!(is_whole(pdf));
    let says = PdfReader.read_back(pdf).unwrap();
    assert!(says.is(OrderId(uuid!("01a21ee2-d88f-778d-85ae-0454536c7444")), "2026-000005"), "{says:?}");
    let hash: String = says.xml_sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "dbe51bf7b5027d270123ca45ed8014a7714fbd8fe716d9f5e2012263cd977b89");
}

#[test]
fn whose_invoice_a_file_is_cannot_be_said_by_a_buyer() {
    let forged = "<ram:SellerOrderReferencedDocument><ram:IssuerAssignedID>0195a3f2-0000-7b6a-9a55-3f0c2d1e4b77<";
    let document = InvoiceDocument { buyer: party(forged), ..named(forged) };
    let xml = attached_xml(&render(&document).unwrap().pdf).unwrap();
    assert_eq!(order_and_number(&xml), Some((document.order, document.number)));
    assert_eq!((order_and_number(""), attached_xml(b"%PDF-1.7 none %%EOF")), (None, None));
}

/// What is issued now is to read the same whatever becomes of the printer. A change of it is a new edition.
#[test]
fn what_is_issued_now_will_read_the_same() {
    let document = InvoiceDocument {
        specimen: true,
        ship_to: Some(party("Zoë Müller")),
        ..invoice(vec![
            line("KB-100", "Keyboard & <mouse>", 2, 61_728_395, 2000),
            InvoiceLine {
                price: LinePrice { includes_tax: true, ..LinePrice::net(3, 1599, 700) },
                ..line("B", "Cafe\u{301}", 3, 1599, 700)
            },
            InvoiceLine {
                price: LinePrice { category: TaxCategory::Export, ..LinePrice::net(1, 95, 0) },
                ..line("C", "Stamp", 1, 95, 0)
            },
        ])
    };
    for (edition, issued) in [
        (Edition::Second, include_str!("../../golden/invoice.edition-2.xml")),
        (Edition::Third, include_str!("../../golden/invoice.edition-3.xml")),
        (Edition::Fourth, include_str!("../../golden/invoice.edition-4.xml")),
    ] {
        assert_eq!(render(&InvoiceDocument { edition, ..document.clone() }).unwrap().xml, issued, "{edition:?}");
    }
}
