//! However much is to be printed, pages are whole, and files small.

use super::{invoice, line, named, opened::open, party};
use crate::render;
use workflows::billing::InvoiceDocument;

#[test]
fn every_page_has_the_table_head_and_its_number_and_no_row_is_lost() {
    for count in [1, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 60, 1000] {
        let lines = (0..count).map(|at| line(&format!("SKU-{at:04}"), "Glass storage jar", 1, 100, 2000)).collect();
        let pages = open(&invoice(lines)).pages();
        let all = pages.concat();
        for at in 0..count {
            assert_eq!(all.matches(&format!("SKU-{at:04}\n")).count(), 1, "row {at} of {count}");
        }
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains("Description\nQty\n"), "page {} of {count} rows", at + 1);
            assert!(page.contains(&format!("Page {} of {}\n", at + 1, pages.len())), "{page}");
        }
        let last = pages.last().unwrap();
        assert!(
            last.contains(&format!("SKU-{:04}\n", count - 1)) && last.contains("Net total\n"),
            "the totals of {count} rows stand alone"
        );
        assert!(last.contains("Amount due\n"));
    }
}

#[test]
fn more_tax_rates_than_fit_on_a_page_flow_over() {
    let lines = (0..200).map(|rate| line("R", "Rate", 1, 1000, rate * 10)).collect();
    let pages = open(&invoice(lines)).pages();
    assert_eq!(pages.concat().matches(" % on 10.00\n").count(), 200);
    assert!(pages.last().unwrap().contains("Amount due\n"));
}

#[test]
fn an_overlong_name_is_cut_on_the_page_only() {
    let name = "word ".repeat(5_000);
    let opened = open(&InvoiceDocument { buyer: party(&name), ..named(&name) });
    let pages = opened.pages();
    assert!(pages.len() <= 2 && pages.concat().matches("word…\n").count() == 2, "{pages:?}");
    assert!(opened.xml().contains(name.trim_end()));
}

#[test]
fn what_is_cut_is_counted_but_for_the_footer_that_only_repeats() {
    let long = "word ".repeat(5_000);
    let seller = party(&"Northwind Trading GmbH ".repeat(6));
    for (document, cut) in [
        (named("Keyboard"), 0),
        (named(&long), 1),
        (InvoiceDocument { buyer: party(&long), ..named(&long) }, 2),
        (InvoiceDocument { seller, ..named("Keyboard") }, 0),
    ] {
        assert_eq!(render(&document).unwrap().cut, cut, "{:.20} {:.20}", document.seller.name, document.buyer.name);
    }
}

#[test]
fn a_file_carries_few_letters_that_it_does_not_need() {
    let size = |name: &str| render(&InvoiceDocument { buyer: party(name), ..named(name) }).unwrap().pdf.len();
    let [ascii, western, other] = ["Jane Fothergill", "Zoë Müller", "Čeněk Łukasz"].map(size);
    assert!(ascii < 24_000 && western < 28_000, "{ascii} {western} {other}");
}
