//! What is printed is what the XML says, and what was added up.

use super::{
    invoice, line, named,
    opened::{Opened, between, open},
};
use crate::{RenderError, render};
use workflows::billing::{Edition, InvoiceDocument, InvoiceLine, LinePrice, TotalsError};

#[test]
fn the_page_and_the_xml_say_the_same_amounts() {
    let lines =
        vec![line("A", "Keyboard", 2, 61_728_395, 2000), line("B", "Book", 3, 1599, 700), line("C", "Stamp", 1, 95, 0)];
    let opened = open(&invoice(lines));
    let (xml, pages) = (opened.xml(), opened.pages());
    let printed = |text: &str| assert!(pages[0].lines().any(|line| line == text), "{text} is not in:\n{}", pages[0]);
    for (tag, printed_as) in [
        ("<ram:TaxBasisTotalAmount>", "1,234,616.82"),
        ("<ram:TaxTotalAmount currencyID=\"EUR\">", "246,916.94"),
        ("<ram:GrandTotalAmount>", "EUR 1,481,533.76"),
        ("<ram:DuePayableAmount>", "EUR 1,481,533.76"),
    ] {
        printed(printed_as);
        let figure: String = printed_as.chars().filter(|char| char.is_ascii_digit() || *char == '.').collect();
        assert_eq!(between(&xml, tag, "<"), figure, "{tag}");
    }
    for (rate, basis, tax) in [("20", "1,234,567.90", "246,913.58"), ("7", "47.97", "3.36"), ("0", "0.95", "0.00")] {
        printed(&format!("VAT {rate} % on {basis}"));
        printed(tax);
        let category = if rate == "0" { "Z" } else { "S" };
        assert!(xml.contains(&format!(
            "<ram:CalculatedAmount>{}</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>{}</ram:BasisAmount>\
             <ram:CategoryCode>{category}</ram:CategoryCode><ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent>",
            tax.replace(',', ""),
            basis.replace(',', "")
        )));
    }
    for fact in [
        "2026-000123",
        "1 March 2026",
        "0195a3f2-7c1e-7b6a-9a55-3f0c2d1e4b77",
        "Northwind Trading GmbH",
        "Jane Fothergill",
    ] {
        printed(fact);
    }
    assert_eq!(between(&xml, "<ram:IssuerAssignedID>", "<"), "0195a3f2-7c1e-7b6a-9a55-3f0c2d1e4b77");
}

#[test]
fn currencies_without_and_with_three_decimals_are_written_their_way() {
    let yen = InvoiceDocument { currency: "JPY".to_owned(), minor_digits: 0, ..named("Keyboard") };
    assert!(open(&yen).pages()[0].contains("JPY 148,148,148"));
    assert_eq!(between(&open(&yen).xml(), "<ram:GrandTotalAmount>", "<"), "148148148");
    // EN 16931 cannot say it, so the file does not claim to be one; what release 0.1.0 issued stays as it was.
    let dinars = InvoiceDocument { currency: "KWD".to_owned(), minor_digits: 3, ..named("Keyboard") };
    let opened = open(&dinars);
    assert!(opened.pages()[0].contains("KWD 148,148.148"));
    let says = |opened: &Opened, what: &str| {
        opened.objects.values().any(|(head, body)| head.contains(what) || String::from_utf8_lossy(body).contains(what))
    };
    assert!(!says(&opened, "EmbeddedFile") && !says(&opened, "factur-x"));
    let opened = open(&InvoiceDocument { edition: Edition::First, ..dinars });
    assert_eq!(between(&opened.xml(), "<ram:GrandTotalAmount>", "<"), "148148.148");
}

#[test]
fn prices_that_include_tax_are_what_is_paid() {
    let price = LinePrice { includes_tax: true, ..LinePrice::net(1, 999, 1900) };
    let opened = open(&invoice(vec![InvoiceLine { price, ..line("A", "Tea", 1, 999, 1900) }]));
    let (xml, page) = (opened.xml(), opened.pages().remove(0));
    for (tag, figure) in [
        ("<ram:ChargeAmount>", "8.394958"),
        ("<ram:LineTotalAmount>", "8.39"),
        ("<ram:CalculatedAmount>", "1.60"),
        ("<ram:GrandTotalAmount>", "9.99"),
    ] {
        assert_eq!(between(&xml, tag, "<"), figure, "{tag}");
    }
    let note = "Unit price with VAT: EUR 9.99";
    assert_eq!(between(&xml, "<ram:IncludedNote><ram:Content>", "<"), note);
    assert!(page.contains(note), "{page}");
    assert!(!open(&named("Keyboard")).xml().contains("IncludedNote"), "a price without tax needs none");
    assert!(page.contains("8.394958\n19 %\n8.39\n") && page.contains("Total\nEUR 9.99\n"), "{page}");
}

#[test]
fn an_amount_without_room_beside_its_label_stands_below_it() {
    for (unit_price, basis, tax, is_below) in [
        (1_234_567_890, "12,345,678.90", "2,345,678.99", false),
        (1_000_000_000_000_000_000, "10,000,000,000,000,000.00", "1,900,000,000,000,000.00", true),
    ] {
        let heights = open(&invoice(vec![line("A", "Everything", 1, unit_price, 1900)])).heights();
        let label = format!("VAT 19 % on {basis}");
        let at = heights.iter().position(|(text, _)| *text == label).unwrap();
        assert_eq!(heights[at + 1].0, tax);
        assert_eq!(heights[at].1 != heights[at + 1].1, is_below, "{heights:?}");
        assert_ne!(heights[at + 1].1, heights[at + 2].1, "the next row has a line of its own: {heights:?}");
    }
}

#[test]
fn amounts_beyond_64_bits_are_refused() {
    let document = invoice(vec![line("A", "Everything", i64::MAX, 2, 0)]);
    assert_eq!(render(&document), Err(RenderError::Totals(TotalsError::Overflow)));
}
