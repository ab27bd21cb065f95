//! A document that is not as it was issued is printed again from what is stored. Queue `invoice` does it when it is told of an
//! invoice that was issued already.

use super::{
    inspect_document::{fingerprint, inspect, says_so},
    invoice_ports::InvoicePorts,
    print_invoice::{ensure_reads_as, print, renumbered},
};
use crate::{
    issued_invoice::{Condition, IssuedInvoice, Look, document_path},
    ports::Unavailable,
};

/// Prints a document again if the store does not have it as it was issued, and notes if that fails, so that it is not asked
/// for at every look.
pub(super) async fn mend_document(ports: InvoicePorts<'_>, issued: &IssuedInvoice) -> Result<(), Unavailable> {
    let (condition, found) = inspect(ports.documents, issued).await?;
    match condition {
        Condition::Sound => return Ok(()),
        Condition::Unproven if says_so(ports.printer, issued, &found) => {
            let adopted: Vec<_> = fingerprint(issued.order, &found).into_iter().collect();
            return ports.issued.adopt(&adopted).await;
        }
        Condition::Unproven | Condition::Missing | Condition::Damaged | Condition::Unreadable => {}
        // Nobody asks for it while it is so.
        Condition::Blocked => return Err(Unavailable::at_fault("documents.get", blocked(&issued.number, &found))),
    }
    let mended = print_again(ports, issued, condition, &found).await;
    let noted = match &mended {
        Ok(()) => ports.issued.mark_mended(issued.order).await,
        Err(_) => ports.issued.mark_unmended(issued.order).await,
    };
    if let Err(error) = noted {
        tracing::warn!(order = %issued.order, error = error.chain(), "cannot note what became of an invoice");
    }
    mended
}

/// What stands in its place is kept aside: perhaps it is the only copy of another invoice.
async fn print_again(
    ports: InvoicePorts<'_>,
    issued: &IssuedInvoice,
    condition: Condition,
    found: &Look,
) -> Result<(), Unavailable> {
    let Some(bill) = ports.issued.bill(issued.order, None).await? else {
        return Err(Unavailable::at_fault("invoices.bill", "a later release issued it: only that can print it again"));
    };
    let printed = print(ports.printer, bill).await?;
    ensure_reads_as(issued, &printed)?;
    let kept = ports.documents.put_over(&document_path(&issued.number), found, printed.pdf).await?;
    let noted = ports.issued.record(&[(issued.order, printed.record)]).await?;
    if !noted.contains(&issued.order) {
        return Err(renumbered(&issued.number));
    }
    let (order, number) = (issued.order, &issued.number);
    tracing::warn!(%order, number, ?condition, kept, "an invoice was printed again; what stood in its place is kept, if anything did");
    Ok(())
}

fn blocked(number: &str, found: &Look) -> String {
    let why = match found {
        Look::Unreadable(why) | Look::Blocked(why) => why,
        Look::Document(_) | Look::Nothing => "nobody said why",
    };
    format!("the document of invoice {number} cannot be made again: {why}")
}
