//! Who sells and who buys, whatever they are called and however they are known.

use super::{
    invoice, line, named,
    opened::{between, open},
};
use workflows::billing::InvoiceDocument;

#[test]
fn a_seller_without_a_vat_number_is_known_by_others() {
    let mut document = named("Jar");
    document.seller.vat_id = None;
    document.seller.tax_number = Some("27/123/45678".to_owned());
    document.seller.legal_id = Some("HRB 12345 B".to_owned());
    let opened = open(&document);
    let xml = opened.xml();
    let seller = between(&xml, "<ram:SellerTradeParty>", "</ram:SellerTradeParty>");
    assert!(seller.contains("</ram:Name><ram:SpecifiedLegalOrganization><ram:ID>HRB 12345 B</ram:ID></ram:Spec"));
    assert!(seller.ends_with("<ram:ID schemeID=\"FC\">27/123/45678</ram:ID></ram:SpecifiedTaxRegistration>"));
    assert!(opened.pages()[0].contains("Tax number 27/123/45678\nRegistered as HRB 12345 B\n"));
}

#[test]
fn an_address_without_a_postal_code_has_none() {
    let mut document = named("Jar");
    document.buyer.postal_code = String::new();
    document.buyer.city = "Kowloon".to_owned();
    document.buyer.country = "HK".to_owned();
    let opened = open(&document);
    let xml = opened.xml();
    assert!(!between(&xml, "<ram:BuyerTradeParty>", "</ram:BuyerTradeParty>").contains("PostcodeCode"));
    assert!(opened.pages()[0].contains("12 Harbour Road\nKowloon\nHong Kong\n"));
}

#[test]
fn a_specimen_says_so_wherever_it_is_looked_at() {
    let lines = (0..60).map(|at| line(&format!("SKU-{at}"), "Jar", 1, 100, 2000)).collect();
    let opened = open(&InvoiceDocument { specimen: true, ..invoice(lines) });
    let pages = opened.pages();
    assert!(pages.len() > 1 && pages.iter().all(|page| page.starts_with("SPECIMEN\n")), "{pages:?}");
    assert!(between(&opened.xml(), "<ram:Content>", "<").starts_with("SPECIMEN"));
    assert!(!open(&named("Jar")).xml().contains("IncludedNote"));
}

#[test]
fn markup_in_a_name_stays_text() {
    let mut document = named("<b>Tea & \"coffee\"</b> 'n' ]]> (x\\) \r\u{0}\u{8}\u{1b}\u{ffff}end");
    document.number = "A&B<1>".to_owned();
    document.currency = "E\"R".to_owned();
    document.seller.name = "Müller & Söhne (Paris\\)".to_owned();
    let opened = open(&document);
    let xml = opened.xml();
    assert!(
        xml.contains(
            "<ram:Name>&lt;b&gt;Tea &amp; &quot;coffee&quot;&lt;/b&gt; &apos;n&apos; ]]&gt; (x\\) end</ram:Name>"
        ),
        "{xml}"
    );
    assert!(xml.contains("currencyID=\"E&quot;R\""));
    let metadata = opened.objects.values().find(|(head, _)| head.contains("/Type/Metadata")).unwrap();
    assert!(std::str::from_utf8(&metadata.1).unwrap().contains("Invoice A&amp;B&lt;1&gt;"));
    assert!(opened.pages()[0].contains("<b>Tea & \"coffee\"</b> 'n' ]]> (x\\) end"));
}
