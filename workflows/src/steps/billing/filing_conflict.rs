//! What is done about what stands where an invoice is to be filed: an earlier try of ours, what is left of one, or what
//! somebody else was given. Decided by what was noted, and where nothing was, by what the document itself says.

use super::{
    invoice_ports::InvoicePorts,
    print_invoice::{ensure_reads_as, print},
};
use crate::{
    billing::Edition,
    issued_invoice::{Condition, Fingerprint, Look, PrintRecord, Printed, ReadBack, document_path, is_whole},
    ports::{Numbered, Unavailable},
};
use schemas::ids::OrderId;

/// Of a document that is there already, nobody knows which version of the printer made it.
const UNKNOWN_PRINTER: &str = "unknown";

/// Has the place of an invoice hold it, and says what is to be noted of it, if anything is. The order's own document stays as
/// it is if it is whole: somebody may have been given it before a database was restored. What is damaged, or cannot be told,
/// is kept aside, and the invoice printed. Where another invoice is, issuing stops: its number would be given twice.
pub(super) async fn resolve_filing_conflict(
    ports: InvoicePorts<'_>,
    order: OrderId,
    path: &str,
    found: &Look,
) -> Result<Option<PrintRecord>, Unavailable> {
    let Some((_, Numbered::Due(bill))) = ports.numbers.number_invoices(&[order]).await?.pop() else {
        // It was stored meanwhile.
        return Ok(None);
    };
    let number = bill.number.clone();
    if document_path(&number) != path {
        // What was found stands under a number that is another order's by now, perhaps.
        let why =
            format!("its number is {number} by now, and not that of {path}: it is issued with the one that it has");
        return Err(Unavailable::at_fault("documents.file", why));
    }
    let noted = ports.issued.of(&[order]).await?.pop().filter(|noted| noted.file.is_some());
    if noted.as_ref().is_some_and(|noted| noted.condition(found) == Condition::Sound) {
        return Ok(None);
    }
    let content = match found {
        Look::Document(content) => content.as_slice(),
        Look::Nothing | Look::Unreadable(_) | Look::Blocked(_) => &[],
    };
    let mut printed = print(ports.printer, *bill).await?;
    if let Some(noted) = noted {
        // The place is this order's, whatever took it since.
        ensure_reads_as(&noted, &printed)?;
    } else if let Some(says) = ports.printer.read_back(content) {
        if !says.is(order, &number) {
            return Err(Unavailable::at_fault("documents.file", another(path)));
        }
        printed = worded_as(ports, &says, printed).await?;
        if is_whole(content) {
            // It may not be on disk yet.
            ports.documents.put_over(path, found, content.to_vec()).await?;
            let (printer, file) = (UNKNOWN_PRINTER.to_owned(), Fingerprint::of(content));
            return Ok(Some(PrintRecord { printer, file, xml_sha256: says.xml_sha256, ..printed.record }));
        }
    }
    let kept = ports.documents.put_over(path, found, printed.pdf).await?;
    let kept = kept.as_deref().unwrap_or("nothing, since nothing was in it");
    tracing::error!(
        %order,
        number,
        kept,
        "what stood in the place of an invoice was no whole document of it and is set aside; look whose it is, above all after a \
         restore of the database"
    );
    Ok(Some(printed.record))
}

/// The invoice as a document words it, that was filed by an earlier release perhaps; the one given if no edition does.
async fn worded_as(ports: InvoicePorts<'_>, says: &ReadBack, printed: Printed) -> Result<Printed, Unavailable> {
    if printed.record.xml_sha256 == says.xml_sha256 {
        return Ok(printed);
    }
    for edition in Edition::ALL {
        let Some(bill) = ports.issued.bill(says.order, Some(edition)).await? else { continue };
        let other = print(ports.printer, bill).await?;
        if other.record.xml_sha256 == says.xml_sha256 {
            return Ok(other);
        }
    }
    Ok(printed)
}

fn another(path: &str) -> String {
    format!(
        "{path} is another invoice already and stays as it is: the database was restored from before that was issued, or \
         another shop keeps its documents in the same place; README.md says what to do after a restore"
    )
}
