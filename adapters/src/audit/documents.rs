//! The audit's line about what no database knows: whether the store still has the documents that were issued.

use super::{Line, report::EXAMPLES};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use workflows::{
    issued_invoice::{Condition, IssuedInvoice, Look, SeriesPosition},
    ports::{Documents, InvoiceReader, IssuedInvoices, Unavailable},
    steps::billing::inspect_document::{inspect, says_so},
};

/// How many are looked at unless all are asked for: a few megabytes.
const SHARE: i64 = 200;
/// How many are read at once.
const TOGETHER: usize = 4;

/// Looks at issued documents: at all, or at the share behind the one that the pipeline itself looked at last, which is
/// another one each time. A document that is printed again at this moment is looked at twice. One that cannot be read is a
/// violation, and keeps nobody from the others.
///
/// # Errors
/// If the database or the store does not answer.
pub async fn documents(
    issued: &dyn IssuedInvoices,
    store: &dyn Documents,
    reader: &dyn InvoiceReader,
    all: bool,
) -> Result<Line, Unavailable> {
    let mut line = empty();
    let mut position = if all { SeriesPosition::default() } else { issued.checked().await? };
    loop {
        let mut page = issued.behind(position, SHARE).await?;
        if page.is_empty() && !all {
            // The schedule's last look ended with the newest.
            page = issued.behind(SeriesPosition::default(), SHARE).await?;
        }
        let Some(last) = page.last().map(|last| last.position) else { break };
        let looking = stream::iter(page).map(|one| async move { problem(issued, store, reader, one).await });
        for found in looking.buffered(TOGETHER).collect::<Vec<_>>().await {
            line.checked += 1;
            let Some(example) = found? else { continue };
            line.violations += 1;
            if line.examples.len() < EXAMPLES {
                line.examples.push(example);
            }
        }
        if !all {
            break;
        }
        position = last;
    }
    Ok(line)
}

async fn problem(
    issued: &dyn IssuedInvoices,
    store: &dyn Documents,
    reader: &dyn InvoiceReader,
    mut one: IssuedInvoice,
) -> Result<Option<Value>, Unavailable> {
    let (mut condition, mut found) = inspect(store, &one).await?;
    if matches!(condition, Condition::Missing | Condition::Damaged)
        && let Some(now) = issued.of(&[one.order]).await?.pop()
    {
        one = now;
        (condition, found) = inspect(store, &one).await?;
    }
    let problem = match condition {
        Condition::Sound => return Ok(None),
        Condition::Unproven if says_so(reader, &one, &found) => return Ok(None),
        Condition::Unproven => "nobody noted what was printed, and the document is not of this invoice",
        Condition::Missing => "the document is not in the store",
        Condition::Damaged => "the document is not what was printed",
        Condition::Unreadable | Condition::Blocked => "the document cannot be read",
    };
    let why = match found {
        Look::Unreadable(why) | Look::Blocked(why) => Some(why),
        Look::Document(_) | Look::Nothing => None,
    };
    Ok(Some(json!({ "order_id": one.order, "number": one.number, "problem": problem, "why": why })))
}

/// The same line where no document can be looked at, for the reason given.
pub fn documents_out_of_reach(why: &str) -> Line {
    Line { violations: 1, examples: vec![json!({ "problem": why })], ..empty() }
}

fn empty() -> Line {
    Line {
        name: "invoice_documents".into(),
        what: "The document store has issued invoices as they were printed.".into(),
        checked: 0,
        violations: 0,
        waiting: None,
        examples: Vec::new(),
    }
}
