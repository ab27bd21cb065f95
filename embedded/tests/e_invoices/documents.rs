//! Invoices of every kind, made without a pipeline: what shops sell, who sells it, and what buyers are called.

use schemas::kept::{Party, TaxCategory};
use time::macros::date;
use uuid::uuid;
use workflows::billing::{Edition, InvoiceDocument, InvoiceLine, LinePrice, Payment, sold_by};

fn party(name: &str, country: &str, postal_code: &str) -> Party {
    Party {
        name: name.to_owned(),
        line1: "1 High Street".to_owned(),
        line2: None,
        postal_code: postal_code.to_owned(),
        city: "Anywhere".to_owned(),
        country: country.to_owned(),
        vat_id: None,
        tax_number: None,
        legal_id: None,
        email: Some("buyer@example.com".to_owned()),
    }
}

fn seller() -> Party {
    Party { vat_id: Some("DE123456789".to_owned()), ..party("Northwind Trading GmbH", "DE", "20457") }
}

fn line(quantity: i64, unit_price: i64, tax_rate: u32) -> InvoiceLine {
    InvoiceLine {
        sku: "TEA-1".to_owned(),
        name: "Tea".to_owned(),
        price: LinePrice::net(quantity, unit_price, tax_rate),
        exemption_reason: None,
    }
}

fn gross(quantity: i64, unit_price: i64, tax_rate: u32) -> InvoiceLine {
    let net = line(quantity, unit_price, tax_rate);
    InvoiceLine { price: LinePrice { includes_tax: true, ..net.price }, ..net }
}

fn untaxed(category: TaxCategory, reason: Option<&str>) -> InvoiceLine {
    let net = line(2, 1_050, 0);
    let price = LinePrice { category, ..net.price };
    InvoiceLine { price, exemption_reason: reason.map(str::to_owned), ..net }
}

fn invoice(lines: Vec<InvoiceLine>) -> InvoiceDocument {
    InvoiceDocument {
        edition: Edition::CURRENT,
        number: "2026-000123".to_owned(),
        issued: date!(2026 - 12 - 31),
        order: uuid!("0195a3f2-7c1e-7b6a-9a55-3f0c2d1e4b77"),
        currency: "EUR".to_owned(),
        minor_digits: 2,
        seller: seller(),
        specimen: false,
        buyer: party("Jane Fothergill", "FR", "75001"),
        ship_to: None,
        lines,
        payment: Payment::Authorized { reference: "pi_3OqT2LK8mZ".to_owned() },
    }
}

fn abroad(document: InvoiceDocument) -> InvoiceDocument {
    InvoiceDocument { ship_to: Some(party("Ana Ortiz", "EC", "170401")), ..document }
}

/// A seller who has no VAT number.
fn small() -> Party {
    Party {
        tax_number: Some("27/123/45678".to_owned()),
        legal_id: Some("HRB 12345 B".to_owned()),
        vat_id: None,
        ..seller()
    }
}

/// Invoices by a name each.
pub(crate) fn good() -> Vec<(String, InvoiceDocument)> {
    let plain = || invoice(vec![line(2, 1_250, 1900)]);
    let mut all: Vec<(String, InvoiceDocument)> = vec![
        ("plain".into(), plain()),
        ("specimen".into(), InvoiceDocument { specimen: true, ..plain() }),
        ("free".into(), {
            let payment = Payment::Authorized { reference: String::new() };
            InvoiceDocument { payment, ..invoice(vec![line(1, 0, 1900)]) }
        }),
        ("free-gift-among-others".into(), invoice(vec![line(1, 0, 1900), line(1, 999, 1900)])),
        ("zero-rated".into(), invoice(vec![line(3, 95, 0)])),
        ("exempt".into(), invoice(vec![untaxed(TaxCategory::Exempt, Some("Small business, § 19 UStG"))])),
        ("exempt-without-words".into(), invoice(vec![untaxed(TaxCategory::Exempt, None)])),
        ("export".into(), abroad(invoice(vec![untaxed(TaxCategory::Export, None)]))),
        ("export-in-words".into(), abroad(invoice(vec![untaxed(TaxCategory::Export, Some("Ausfuhrlieferung"))]))),
        ("export-into-the-eu".into(), {
            let seller = Party { vat_id: Some("GB123456789".to_owned()), ..party("Tea Ltd", "GB", "N1") };
            InvoiceDocument { seller, ..invoice(vec![untaxed(TaxCategory::Export, None)]) }
        }),
        ("every-category".into(), {
            let exempt = |reason| untaxed(TaxCategory::Exempt, Some(reason));
            let lines = vec![line(1, 999, 1900), line(9, 1, 0), exempt("One"), untaxed(TaxCategory::Export, None)];
            invoice([lines, vec![exempt("Two"), line(1, 1_599, 700)]].concat())
        }),
        ("gross".into(), invoice(vec![gross(1, 400_000, 1900)])),
        ("gross-and-net".into(), {
            invoice(vec![
                gross(3, 999, 1900),
                gross(7, 333, 1900),
                gross(1, 1, 1900),
                line(5, 1_999, 1900),
                gross(2, 501, 700),
            ])
        }),
        (
            "odd-rates".into(),
            invoice(vec![line(1, 100, 1), gross(1, 105, 550), line(3, 7_777, 1925), line(1, 5, 10_000)]),
        ),
        ("yen".into(), {
            let yen = invoice(vec![line(3, 4_800, 1000), gross(1, 1_999, 800)]);
            InvoiceDocument { currency: "JPY".to_owned(), minor_digits: 0, ..yen }
        }),
        ("thousand-lines".into(), invoice((0..1_000).map(|at| gross(1 + at % 7, 1 + at * 37 % 9_973, 1900)).collect())),
        ("large".into(), invoice(vec![line(1_000_000, 999_999_999, 1900)])),
        ("billed-elsewhere".into(), { InvoiceDocument { ship_to: Some(party("Neighbour", "BE", "1000")), ..plain() } }),
        ("transfer".into(), {
            let payment =
                Payment::Transfer { iban: "DE89 3704 0044 0532 0130 00".to_owned(), due: date!(2027 - 01 - 31) };
            InvoiceDocument { payment, ..plain() }
        }),
        ("edition-2".into(), {
            let lines =
                vec![line(1, 999, 1900), untaxed(TaxCategory::Exempt, None), untaxed(TaxCategory::Export, None)];
            InvoiceDocument { edition: Edition::Second, ..invoice(lines) }
        }),
        ("edition-3".into(), InvoiceDocument { edition: Edition::Third, ..invoice(vec![gross(3, 999, 1900)]) }),
        ("release-0.1.0".into(), {
            let payment = Payment::Prepaid { reference: "pi_1".to_owned() };
            InvoiceDocument { edition: Edition::First, payment, ..plain() }
        }),
        ("names-of-nothing".into(), {
            let mut odd = plain();
            odd.lines = vec![InvoiceLine { name: "\u{ffff}\u{0}".to_owned(), ..line(1, 1, 1900) }];
            odd.buyer.line1 = String::new();
            odd.buyer.line2 = Some(" ".to_owned());
            odd
        }),
    ];
    for (name, country) in [("hong-kong", "HK"), ("emirates", "AE"), ("bahamas", "BS")] {
        all.push((format!("no-postal-code-{name}"), InvoiceDocument { buyer: party("Lee", country, ""), ..plain() }));
    }
    for (at, name) in
        ["ଓଡ଼ିଆ ནོར་བུ ދިވެހި", "𠮷田 👩‍👩‍👧", "a\u{200b}b \u{202e}c", "<&>\"']]>", "\u{1fffe}\u{e123}", "Mu\u{308}ller"]
            .into_iter()
            .enumerate()
    {
        let mut odd = InvoiceDocument { buyer: party(name, "DE", "10115"), ..plain() };
        odd.lines.push(InvoiceLine { name: name.to_owned(), ..line(1, 1, 700) });
        all.push((format!("odd-name-{at}"), odd));
    }
    let sellers = [
        ("greek", Party { vat_id: Some("EL123456789".to_owned()), ..party("Hellas", "GR", "10431") }),
        ("british", Party { vat_id: Some("GB123456789".to_owned()), ..party("Tea Ltd", "GB", "N1") }),
        ("northern-irish", Party { vat_id: Some("XI123456789".to_owned()), ..party("Linen Ltd", "GB", "BT1") }),
        ("british-with-spaces", Party { vat_id: Some("GB 123 4567 89".to_owned()), ..party("Tea Ltd", "GB", "N1") }),
        ("swiss", Party { vat_id: Some("CHE-123.456.789 MWST".to_owned()), ..party("Käse AG", "CH", "8001") }),
        ("norwegian", Party { vat_id: Some("NO 123 456 789 MVA".to_owned()), ..party("Fisk AS", "NO", "0151") }),
        ("of-hong-kong", Party { vat_id: Some("HK1234567".to_owned()), ..party("Harbour Ltd", "HK", "") }),
    ];
    for (name, seller) in sellers {
        all.push((format!("seller-{name}"), InvoiceDocument { seller, ..plain() }));
    }
    for (name, lines) in [
        ("taxed", vec![line(1, 999, 1900)]),
        ("zero", vec![line(1, 999, 0)]),
        ("exempt", vec![untaxed(TaxCategory::Exempt, Some("Small business, § 19 UStG")), line(1, 1, 0)]),
        // What it lists for export, an invoice of it calls so.
        ("export", vec![untaxed(sold_by(TaxCategory::Export, &small()), Some("Export outside the EU"))]),
    ] {
        all.push((
            format!("seller-without-vat-number-{name}"),
            InvoiceDocument { seller: small(), ..abroad(invoice(lines)) },
        ));
    }
    all
}

/// Invoices that break a rule each: nothing that the pipeline issues.
pub(crate) fn bad() -> Vec<(&'static str, InvoiceDocument, &'static str)> {
    let plain = || invoice(vec![line(2, 1_250, 1900)]);
    let unknown = Party { vat_id: None, ..seller() };
    let mut nameless = plain();
    nameless.buyer.name = "\u{ffff}".to_owned();
    let mut elsewhere = plain();
    elsewhere.buyer.country = "UK".to_owned();
    let nowhere = Party { vat_id: Some("ZZ123456789".to_owned()), ..seller() };
    let exported = abroad(invoice(vec![untaxed(TaxCategory::Export, None)]));
    vec![
        ("export-without-vat-number", InvoiceDocument { seller: small(), ..exported }, "BR-G-02"),
        ("vat-number-of-nowhere", InvoiceDocument { seller: nowhere, ..plain() }, "BR-CO-09"),
        ("no-vat-number", InvoiceDocument { seller: unknown, ..plain() }, "BR-CO-26"),
        ("nameless", nameless, "BR-07"),
        ("unknown-country", elsewhere, "'ram:CountryID' is not allowed"),
        ("standard-at-nothing", invoice(vec![untaxed(TaxCategory::Standard, None)]), "BR-S-0"),
    ]
}
