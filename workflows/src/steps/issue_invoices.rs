//! Queue `invoice`, fed by confirmed orders: a number without gaps, a PDF in the document store, and word of it.

use super::{Outcome, all};
use crate::{
    invoice::InvoiceDocument,
    lifecycle::Command,
    ports::{Applied, Documents, EventBus, InvoicePrinter, Numbered, Orders, Unavailable},
};
use futures_util::{StreamExt, stream};
use schemas::ids::OrderId;
use std::collections::HashMap;

/// How many documents are printed and written at once: more only wait for each other at the folder's lock.
const WRITES: usize = 4;

/// Where the PDF of an invoice is kept: by year and number, as bookkeepers look for it.
pub fn document_path(number: &str) -> String {
    let year = number.split_once('-').map_or("other", |(year, _)| year);
    format!("invoices/{year}/{number}.pdf")
}

/// One outcome for each order. Numbers are given first and kept: a document that cannot be written delays itself only.
/// What is stored already is only told again: it may have been read, and a later release might print it otherwise.
pub async fn issue_invoices(
    orders: &dyn Orders,
    printer: &dyn InvoicePrinter,
    documents: &dyn Documents,
    bus: &dyn EventBus,
    ids: &[OrderId],
) -> Vec<Outcome> {
    let numbered = match orders.number_invoices(ids).await {
        Ok(numbered) => numbered,
        Err(error) => return all(ids.len(), Err(error)),
    };
    let mut results: HashMap<OrderId, Result<(), Unavailable>> = stream::iter(numbered)
        .map(|(id, invoice)| async move {
            match invoice {
                Numbered::Due(document) => (id, store(printer, documents, *document).await),
                Numbered::Stored => (id, Ok(())),
            }
        })
        .buffer_unordered(WRITES)
        .collect()
        .await;
    let stored = results.iter().filter(|(_, r)| r.is_ok()).map(|(id, _)| (*id, Command::RecordInvoice)).collect();
    let told = async {
        let applied = orders.apply(stored).await?;
        let facts: Vec<_> = applied.into_iter().flat_map(Applied::into_events).collect();
        bus.publish(&facts).await
    };
    if let Err(error) = told.await {
        return all(ids.len(), Err(error));
    }
    ids.iter()
        .map(|id| match results.remove(id) {
            Some(Err(error)) => Outcome::from(error),
            // Not confirmed any more: it was cancelled before its invoice was due.
            Some(Ok(())) | None => Outcome::Done,
        })
        .collect()
}

async fn store(
    printer: &dyn InvoicePrinter,
    documents: &dyn Documents,
    invoice: InvoiceDocument,
) -> Result<(), Unavailable> {
    let path = document_path(&invoice.number);
    let pdf = printer.print(invoice).await?;
    documents.put(&path, pdf).await
}
