//! Renders invoices, and compares what is printed with what the XML says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod amounts;
mod opened;
mod pages;
mod parties;
mod payment;
mod reprints;
mod scripts;
mod taxes;

use schemas::kept::Party;
use time::macros::date;
use uuid::uuid;
use workflows::billing::{Edition, InvoiceDocument, InvoiceLine, LinePrice, Payment};

fn party(name: &str) -> Party {
    Party {
        name: name.to_owned(),
        line1: "12 Harbour Road".to_owned(),
        line2: None,
        postal_code: "20457".to_owned(),
        city: "Hamburg".to_owned(),
        country: "DE".to_owned(),
        vat_id: Some("DE123456789".to_owned()),
        tax_number: None,
        legal_id: None,
        email: Some("jane@example.com".to_owned()),
    }
}

fn line(sku: &str, name: &str, quantity: i64, unit_price: i64, tax_rate: u32) -> InvoiceLine {
    InvoiceLine {
        sku: sku.to_owned(),
        name: name.to_owned(),
        price: LinePrice::net(quantity, unit_price, tax_rate),
        exemption_reason: None,
    }
}

fn invoice(lines: Vec<InvoiceLine>) -> InvoiceDocument {
    InvoiceDocument {
        edition: Edition::CURRENT,
        number: "2026-000123".to_owned(),
        issued: date!(2026 - 03 - 01),
        order: uuid!("0195a3f2-7c1e-7b6a-9a55-3f0c2d1e4b77"),
        currency: "EUR".to_owned(),
        minor_digits: 2,
        specimen: false,
        seller: party("Northwind Trading GmbH"),
        buyer: party("Jane Fothergill"),
        ship_to: None,
        lines,
        payment: Payment::Authorized { reference: "pi_3OqT2LK8mZ".to_owned() },
    }
}

fn named(name: &str) -> InvoiceDocument {
    invoice(vec![line("KB-100", name, 2, 61_728_395, 2000)])
}
