//! Why something is not taxed: said where EN 16931 wants it, and only as far as it is true.

use super::{
    invoice, line,
    opened::{between, open},
    party,
};
use schemas::kept::{Party, TaxCategory};
use workflows::billing::{Edition, InvoiceDocument, InvoiceLine, LinePrice};

fn untaxed(category: TaxCategory, reason: Option<&str>) -> InvoiceLine {
    InvoiceLine {
        price: LinePrice { category, ..LinePrice::net(1, 1000, 0) },
        exemption_reason: reason.map(str::to_owned),
        ..line("A", "Thing", 1, 1000, 0)
    }
}

fn sent_to(country: &str, postal_code: &str, lines: Vec<InvoiceLine>) -> InvoiceDocument {
    let there = Party { country: country.to_owned(), postal_code: postal_code.to_owned(), ..party("Ana Ortiz") };
    InvoiceDocument { ship_to: Some(there), ..invoice(lines) }
}

#[test]
fn what_is_not_taxed_says_why() {
    let opened = open(&sent_to(
        "US",
        "10001",
        vec![
            untaxed(TaxCategory::Exempt, Some("Insurance")),
            untaxed(TaxCategory::Export, None),
            untaxed(TaxCategory::Exempt, Some("Medical care")),
            untaxed(TaxCategory::Exempt, Some("Insurance")),
            untaxed(TaxCategory::Zero, None),
        ],
    ));
    let (xml, page) = (opened.xml(), opened.pages().remove(0));
    for (basis, code, reason) in [
        ("10.00", "Z", None),
        ("30.00", "E", Some("Insurance; Medical care")),
        ("10.00", "G", Some("Export outside the EU")),
    ] {
        let reason =
            reason.map_or(String::new(), |reason| format!("<ram:ExemptionReason>{reason}</ram:ExemptionReason>"));
        let told = format!(
            "<ram:CalculatedAmount>0.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>{reason}\
             <ram:BasisAmount>{basis}</ram:BasisAmount><ram:CategoryCode>{code}</ram:CategoryCode>"
        );
        assert!(xml.contains(&told), "{told} is not in {xml}");
    }
    assert!(xml.contains("<ram:ExemptionReasonCode>VATEX-EU-G</ram:ExemptionReasonCode>"));
    let printed = "VAT 0 % on 10.00\n0.00\nVAT 0 % (exempt) on 30.00\n0.00\nInsurance; Medical care\nVAT 0 % (export) on 10.00\n0.00\nExport outside the EU\n";
    assert!(page.contains(printed), "{page}");
}

#[test]
fn an_export_is_said_to_leave_the_eu_only_if_it_does() {
    for (country, postal_code, reason, coded) in [
        ("US", "10001", "Export outside the EU", true),
        ("ES", "35001", "Export outside the EU", true),
        ("GB", "N1", "Export outside the EU", true),
        // A seller who is outside exports to here.
        ("FR", "75001", "Export", false),
        ("GB", "BT1 1AA", "Export", false),
    ] {
        let mut document = sent_to(country, postal_code, vec![untaxed(TaxCategory::Export, None)]);
        // Who pays changes nothing in where the goods go.
        document.buyer.country = "CH".to_owned();
        let opened = open(&document);
        let (xml, page) = (opened.xml(), opened.pages().remove(0));
        assert_eq!(between(&xml, "<ram:ExemptionReason>", "<"), reason, "{country} {postal_code}");
        assert_eq!(xml.contains("VATEX-EU-G"), coded, "{country} {postal_code}");
        assert!(page.contains(&format!("VAT 0 % (export) on 10.00\n0.00\n{reason}\n")), "{page}");
        let lines = vec![untaxed(TaxCategory::Export, Some("Ausfuhr"))];
        let in_words = InvoiceDocument { lines, ..document.clone() };
        assert_eq!(between(&open(&in_words).xml(), "<ram:ExemptionReason>", "<"), "Ausfuhr");
        let before = InvoiceDocument { edition: Edition::Second, ..document };
        assert!(open(&before).xml().contains("VATEX-EU-G"), "what was issued stays as it was");
    }
}
