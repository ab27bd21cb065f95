//! A document that is not as it was issued is printed again from what is stored. Queue `invoice` does it when it is told of an
//! invoice that was issued already.

use super::{
    inspect_document::{fingerprint, inspect, says_so},
    office::{Office, ensure_reads_as, print, renumbered},
};
use crate::{
    issued::{Condition, IssuedInvoice, Look, document_path},
    ports::Unavailable,
};

/// Prints a document again if the store does not have it as it was issued, and notes if that fails, so that it is not asked
/// for at every look.
pub(super) async fn mend_document(office: Office<'_>, issued: &IssuedInvoice) -> Result<(), Unavailable> {
    let (condition, found) = inspect(office.documents, issued).await?;
    match condition {
        Condition::Sound => return Ok(()),
        Condition::Unproven if says_so(office.printer, issued, &found) => {
            let adopted: Vec<_> = fingerprint(issued.order, &found).into_iter().collect();
            return office.issued.adopt(&adopted).await;
        }
        Condition::Unproven | Condition::Missing | Condition::Damaged | Condition::Unreadable => {}
        // Nobody asks for it while it is so.
        Condition::Blocked => return Err(Unavailable::refused("documents.get", blocked(&issued.number, &found))),
    }
    let mended = print_again(office, issued, condition, &found).await;
    let noted = match &mended {
        Ok(()) => office.issued.mark_mended(issued.order).await,
        Err(_) => office.issued.mark_unmended(issued.order).await,
    };
    if let Err(error) = noted {
        tracing::warn!(order = %issued.order, error = error.chain(), "cannot note what became of an invoice");
    }
    mended
}

/// What stands in its place is kept aside: perhaps it is the only copy of another invoice.
async fn print_again(
    office: Office<'_>,
    issued: &IssuedInvoice,
    condition: Condition,
    found: &Look,
) -> Result<(), Unavailable> {
    let Some(bill) = office.issued.bill(issued.order, None).await? else {
        return Err(Unavailable::refused("invoices.bill", "a later release issued it: only that can print it again"));
    };
    let printed = print(office.printer, bill).await?;
    ensure_reads_as(issued, &printed)?;
    let kept = office.documents.put_over(&document_path(&issued.number), found, printed.pdf).await?;
    let noted = office.issued.record(&[(issued.order, printed.record)]).await?;
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
