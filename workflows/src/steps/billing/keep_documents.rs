//! Issued documents are kept as they were: what is damaged or lost is found, and printed again from what is stored.
//!
//! The schedule and the API put the order of one that they find on queue `invoice`, whose step mends it: that has a printer
//! and a store to write to, on both runtimes. The audit only says so.

use super::inspect_document::{fingerprint, inspect, says_so};
use crate::{
    issued_invoice::{Condition, Look, SeriesPosition},
    ports::{Documents, InvoiceReader, IssuedInvoices, OutgoingMessage, Queue, Unavailable},
    wiring::QueueName,
};
use futures_util::{StreamExt, stream};
use schemas::ids::OrderId;

/// How many documents a run looks at: a few megabytes, and a million of them within a week.
const SHARE: i64 = 150;
/// How many are read at once.
const TOGETHER: usize = 4;

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// How many documents were looked at.
    pub looked_at: usize,
    /// Those that are not as they were issued, and are to be printed again.
    pub to_mend: Vec<OrderId>,
    /// Those that cannot be read, and why: by number. What can be printed again of them is to be mended, too.
    pub unreadable: Vec<(String, String)>,
}

/// Has the invoices of orders looked at, and printed again if need be: by one message each, however often it is asked. One
/// that cannot be printed again is found at every look, and would fill the dead letters.
///
/// # Errors
/// If something it needs is away.
pub async fn ask_to_mend(
    issued: &dyn IssuedInvoices,
    queue: &dyn Queue,
    orders: &[OrderId],
) -> Result<(), Unavailable> {
    let unasked = issued.unasked(orders).await?;
    if unasked.is_empty() {
        return Ok(());
    }
    queue.send(QueueName::Invoice, unasked.into_iter().map(OutgoingMessage::naming).collect()).await
}

/// Looks at the next share of all documents, and has mended what is wrong and can be. One that cannot be read keeps nobody
/// from the others.
///
/// # Errors
/// If something it needs is away. What was found wrong by then is found again.
pub async fn keep_documents(
    issued: &dyn IssuedInvoices,
    documents: &dyn Documents,
    reader: &dyn InvoiceReader,
    queue: &dyn Queue,
) -> Result<Inspection, Unavailable> {
    let from = issued.checked().await?;
    let share = issued.behind(from, SHARE).await?;
    // Behind the last one it begins anew.
    let full = usize::try_from(SHARE).is_ok_and(|full| share.len() >= full);
    let next = share.last().filter(|_| full).map_or(SeriesPosition::default(), |last| last.position);
    let mut inspection = Inspection { looked_at: share.len(), ..Inspection::default() };
    let looking = stream::iter(share).map(|one| async move {
        let found = inspect(documents, &one).await;
        (one, found)
    });
    let mut adopted = Vec::new();
    for (one, found) in looking.buffered(TOGETHER).collect::<Vec<_>>().await {
        let (condition, found) = found?;
        match condition {
            Condition::Unproven if says_so(reader, &one, &found) => adopted.extend(fingerprint(one.order, &found)),
            Condition::Unproven | Condition::Missing | Condition::Damaged | Condition::Unreadable => {
                inspection.to_mend.push(one.order);
            }
            Condition::Sound | Condition::Blocked => {}
        }
        if let Look::Unreadable(why) | Look::Blocked(why) = found {
            inspection.unreadable.push((one.number, why));
        }
    }
    issued.adopt(&adopted).await?;
    ask_to_mend(issued, queue, &inspection.to_mend).await?;
    issued.mark_checked(next).await?;
    Ok(inspection)
}
