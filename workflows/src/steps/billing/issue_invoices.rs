//! Queue `invoice`, fed by confirmed orders: a number without gaps, a PDF in the document store, and word of it.

use super::{
    filing_conflict::resolve_filing_conflict,
    invoice_ports::InvoicePorts,
    mend_document::mend_document,
    print_invoice::{print, renumbered},
};
use crate::{
    billing::Bill,
    issued_invoice::{Look, PrintRecord, document_path},
    lifecycle::Command,
    ports::{Applied, Filed, Numbered, Unavailable},
    steps::{Outcome, all},
};
use futures_util::{StreamExt, stream};
use schemas::ids::OrderId;
use std::collections::HashMap;

/// How many documents are printed, or looked at, at once.
const TOGETHER: usize = 4;

/// One outcome for each order. Numbers are given first and kept: a document that cannot be written delays itself only.
/// What is stored already is told again; it is printed again only if the store does not have it as it was.
pub async fn issue_invoices(ports: InvoicePorts<'_>, ids: &[OrderId]) -> Vec<Outcome> {
    let numbered = match ports.numbers.number_invoices(ids).await {
        Ok(numbered) => numbered,
        Err(error) => return all(ids.len(), Err(error)),
    };
    let (mut due, mut stored, mut unpriced) = (Vec::new(), Vec::new(), Vec::new());
    for (id, invoice) in numbered {
        match invoice {
            Numbered::Due(bill) => due.push((id, *bill)),
            Numbered::Stored => stored.push(id),
            Numbered::Unpriced(error) => unpriced.push((id, Err(error.into()))),
        }
    }
    let mut results = store(ports, due).await;
    results.extend(unpriced);
    results.extend(look_after(ports, stored).await);
    let settled = results.iter().filter(|(_, r)| r.is_ok()).map(|(id, _)| (*id, Command::RecordInvoice)).collect();
    let told = async {
        let applied = ports.ledger.apply(settled).await?;
        let facts: Vec<_> = applied.into_iter().flat_map(Applied::into_events).collect();
        ports.bus.publish(&facts).await
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

/// Prints invoices and puts them into the store together, so that they share what it costs to be on disk.
async fn store(ports: InvoicePorts<'_>, due: Vec<(OrderId, Bill)>) -> HashMap<OrderId, Result<(), Unavailable>> {
    let printing = stream::iter(due).map(|(id, bill)| async move {
        let path = document_path(&bill.number);
        (id, path, print(ports.printer, bill).await)
    });
    let mut results = HashMap::new();
    let (mut records, mut files) = (Vec::new(), Vec::new());
    for (id, path, printed) in printing.buffer_unordered(TOGETHER).collect::<Vec<_>>().await {
        match printed {
            Ok(printed) => {
                records.push((id, path.clone(), printed.record));
                files.push((path, printed.pdf));
            }
            Err(error) => drop(results.insert(id, Err(error))),
        }
    }
    let filed = ports.documents.file_all(files).await;
    let mut kept: Vec<(OrderId, PrintRecord)> = Vec::with_capacity(records.len());
    let mut taken = Vec::new();
    for ((id, path, record), result) in records.into_iter().zip(filed) {
        match result {
            Ok(Filed::Stored) => {
                kept.push((id, record));
                results.insert(id, Ok(()));
            }
            Ok(Filed::Taken(found)) => taken.push((id, path, Look::Document(found))),
            Ok(Filed::Unreadable(why)) => taken.push((id, path, Look::Unreadable(why))),
            Err(error) => drop(results.insert(id, Err(error))),
        }
    }
    for (id, path, found) in taken {
        let placed = resolve_filing_conflict(ports, id, &path, &found).await;
        results.insert(id, placed.map(|record| kept.extend(record.map(|record| (id, record)))));
    }
    let noted = ports.issued.record(&kept).await;
    for (id, record) in kept {
        match &noted {
            Ok(noted) if noted.contains(&id) => {}
            Ok(_) => drop(results.insert(id, Err(renumbered(&record.number)))),
            Err(error) => drop(results.insert(id, Err(error.shared()))),
        }
    }
    results
}

async fn look_after(ports: InvoicePorts<'_>, stored: Vec<OrderId>) -> HashMap<OrderId, Result<(), Unavailable>> {
    if stored.is_empty() {
        return HashMap::new();
    }
    let mut results: HashMap<OrderId, Result<(), Unavailable>> = stored.iter().map(|id| (*id, Ok(()))).collect();
    match ports.issued.of(&stored).await {
        Ok(issued) => {
            let mending = stream::iter(issued).map(|one| async move { (one.order, mend_document(ports, &one).await) });
            results.extend(mending.buffer_unordered(TOGETHER).collect::<Vec<_>>().await);
        }
        Err(error) => results.values_mut().for_each(|result| *result = Err(error.shared())),
    }
    results
}
