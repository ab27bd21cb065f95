//! Printing an invoice, for each way to its document, and what a print is refused for.

use crate::{
    billing::Bill,
    issued_invoice::{IssuedInvoice, Printed},
    ports::{InvoicePrinter, Unavailable},
};

/// Prints an invoice, and says so if a page cannot show all of it.
pub(super) async fn print(printer: &dyn InvoicePrinter, bill: Bill) -> Result<Printed, Unavailable> {
    let (order, number) = (bill.order.id, bill.number.clone());
    let printed = printer.print(bill.document()?).await?;
    if !printed.unprintable.is_empty() {
        let characters: Vec<String> =
            printed.unprintable.iter().take(16).map(|char| format!("U+{:04X}", u32::from(*char))).collect();
        tracing::warn!(%order, number, ?characters, "an invoice has characters that no font of ours has");
    }
    Ok(printed)
}

/// Refuses what reads otherwise than what was noted of the invoice.
pub(super) fn ensure_reads_as(noted: &IssuedInvoice, printed: &Printed) -> Result<(), Unavailable> {
    if noted.xml_sha256.is_some_and(|xml| xml != printed.record.xml_sha256) {
        let why = "the invoice would read otherwise than it was issued";
        return Err(Unavailable::at_fault("invoice_printer.print", why));
    }
    Ok(())
}

/// Nothing was noted of an invoice that had this number when it was printed.
pub(super) fn renumbered(number: &str) -> Unavailable {
    let why = format!("its number is not {number} any more: it is issued with the one that it has now");
    Unavailable::at_fault("invoices.record", why)
}
