//! The audit: every promise of the pipeline, checked in SQL on the live system; each line is a statement in `sql/audit`, but for
//! two that SQL cannot judge: whether an order can be read, and whether a document is as it was printed.
//!
//! What is promised of each order is checked slice by slice, a slice being a range of ids and so of time, each in a
//! snapshot of its own: none is held for long, nothing half done is seen, and memory does not follow from how much there
//! is. A slice that is as promised and has rested for some days is remembered, and left out until one of its orders
//! changes. What has no order, such as the stock, is checked whole, with what the remembered slices add up to.
//!
//! What a snapshot shows on its way (a message, an execution, or a step so young that the sweep still waits for it) is
//! counted as waiting and is no violation. What was set aside waits for somebody, and counts likewise; but money that is
//! held until then, for an order that is closed, is held against what was promised.

mod audited;
mod books;
mod documents;
mod readable;
mod report;
mod slice;
mod slice_ids;
mod snapshot;
mod whole;

pub use documents::{documents, documents_out_of_reach};
pub use report::{Line, Report, grouped};

use crate::postgres::{Asked, Database, runtime::queue::PgQueue};
use audited::Audited;
use report::MOST_SET_ASIDE;
use slice_ids::after;
use std::num::NonZeroU32;
use uuid::Uuid;
use workflows::ports::{PaymentProvider, Unavailable};

/// How many orders are a slice: some seconds of work, and some megabytes of the provider's books.
const SLICE: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// What is audited, and how.
#[derive(Clone, Copy)]
pub struct Scope<'p> {
    /// Orders of slices that were audited before and have rested since, too.
    pub all: bool,
    /// How many orders are looked at in one snapshot.
    pub slice: NonZeroU32,
    /// Is told how many orders are done, and how many there are by the database's estimate.
    pub progress: &'p (dyn Fn(u64, u64) + Send + Sync),
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self { all: false, slice: SLICE, progress: &|_, _| () }
    }
}

/// Checks everything that was not audited before, or has changed since.
///
/// # Errors
/// If the database or the provider does not answer; a violation is no error but a line of the report.
pub async fn audit(database: &Database, provider: &dyn PaymentProvider) -> Result<Report, Unavailable> {
    audit_within(database, provider, Scope::default()).await
}

/// Checks everything that the scope says. Safe on a live system: it takes no lock that an order waits for, and writes
/// only what it has audited. It holds one connection while it asks the provider, so a sandbox on the same pool needs a
/// second one.
///
/// # Errors
/// If the database or the provider does not answer; a violation is no error but a line of the report.
pub async fn audit_within(
    database: &Database,
    provider: &dyn PaymentProvider,
    scope: Scope<'_>,
) -> Result<Report, Unavailable> {
    let audited = Audited::reopen(database, scope.all).await?;
    let orders = estimate(database).await?;
    let mut report = Report::default();
    for line in whole::lines(database).await? {
        report.add(line);
    }
    let mut done = 0;
    let mut next = Some(Uuid::nil());
    while let Some(first) = next {
        let (last, checked) = match audited.slice_from(first) {
            Some(known) => {
                report.audited_before += known.orders;
                (known.last, known.orders)
            }
            None => {
                let end = audited.end_of_slice(database, first, scope.slice).await?;
                let slice = slice::audit(database, provider, first, end, scope.slice).await?;
                let (last, checked) = (slice.last, slice.orders());
                if slice.is_settled() {
                    audited.close_slice(database, first, last).await?;
                }
                for line in slice.lines {
                    report.add(line);
                }
                (last, checked)
            }
        };
        done += checked;
        (scope.progress)(done, orders.max(done));
        next = after(last);
    }
    for line in whole::invoice_numbers(database, &audited).await? {
        report.add(line);
    }
    report.add(whole::stock_reservations(database).await?);
    report.set_aside = PgQueue::new(database.clone()).count_dead_letters(None, MOST_SET_ASIDE + 1).await?;
    Ok(report)
}

async fn estimate(database: &Database) -> Result<u64, Unavailable> {
    let estimate = sqlx::query_scalar!(
        r#"-- audit.estimate
         select greatest(reltuples, 0)::bigint as "orders!" from pg_class where oid = 'orders'::regclass"#
    )
    .fetch_one(&database.durable)
    .await
    .asked("audit.estimate")?;
    Ok(estimate.unsigned_abs())
}
