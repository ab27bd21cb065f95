//! The audit: every promise of the pipeline, checked in SQL on the live system; each line is a statement in `sql/audit`.
//!
//! All lines look at one snapshot, so nothing half done is seen. What the snapshot shows on its way (a message, an
//! execution, or a step so young that the sweep still waits for it) is counted as waiting and is no violation.
//!
//! The provider's books are no part of the snapshot, so they are read on both sides of it. An entry read before must
//! have its payment in the snapshot, because the intent is stored before the call. Money that the snapshot shows as
//! taken or let go must stand so in the books read after, because the provider moves first there; only what was closed
//! between the two may differ, and a second snapshot tells which that is.

mod documents;
mod report;

pub use documents::documents;
pub use report::{Line, Report, grouped};

use crate::postgres::{Asked, Database, search::with_other_words};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    ports::{BookEntry, PaymentProvider, Unavailable},
    steps::sweep::PATIENCE,
    wiring,
};

/// How long something may lie about before it is forgotten: the sweep must have had its chance, also with many to mend.
pub const GRACE: Duration = PATIENCE.saturating_add(Duration::minutes(3));

/// Of how many orders, the newest, the words that search finds them by are compared: making the words of 200,000 orders
/// takes longer than the rest of the audit.
const WORDS_COMPARED: i64 = 20_000;

/// What a statement in `sql/audit` answers.
struct Finding {
    checked: i64,
    violations: i64,
    waiting: Option<i64>,
    examples: Examples,
}

/// Up to twenty rows that are wrong.
type Examples = Json<Vec<Value>>;

/// The provider's books, column by column as `unnest` takes them.
#[derive(Default)]
struct Books {
    keys: Vec<String>,
    ids: Vec<String>,
    references: Vec<String>,
    amounts: Vec<i64>,
    currencies: Vec<String>,
    held: Vec<bool>,
}

impl Books {
    async fn read(provider: &dyn PaymentProvider) -> Result<Self, Unavailable> {
        let entries = provider.books().await.map_err(|error| Unavailable::because("payment_provider.books", error))?;
        let mut books = Self::default();
        for BookEntry { key, id, reference, amount, currency, holds_money } in entries {
            books.keys.push(key);
            books.ids.push(id);
            books.references.push(reference);
            books.amounts.push(amount);
            books.currencies.push(currency);
            books.held.push(holds_money);
        }
        Ok(books)
    }
}

impl Finding {
    fn into_line(self, name: &'static str, what: &'static str) -> Line {
        Line {
            name: name.into(),
            what: what.into(),
            checked: self.checked.unsigned_abs(),
            violations: self.violations.unsigned_abs(),
            waiting: self.waiting.map(i64::unsigned_abs),
            examples: self.examples.0,
        }
    }
}

/// Runs one statement and makes a line of what it finds.
macro_rules! line {
    ($connection:expr, $name:literal, $file:literal, $what:literal $(, $argument:expr)*) => {
        sqlx::query_file_as!(Finding, $file $(, $argument)*)
            .fetch_one(&mut *$connection)
            .await
            .asked(concat!("audit.", $name))?
            .into_line($name, $what)
    };
}

/// Checks everything. Safe on a live system: it only reads, and takes no lock that anybody waits for. It holds one
/// connection while it asks the provider, so a sandbox on the same pool needs a second one.
///
/// # Errors
/// If the database or the provider does not answer; a violation is no error but a line of the report.
pub async fn audit(database: &Database, provider: &dyn PaymentProvider) -> Result<Report, Unavailable> {
    let books_before = Books::read(provider).await?;
    let mut snapshot = open_snapshot(database).await?;
    let forgotten = forgotten_before(&mut snapshot).await?;
    let books_after = Books::read(provider).await?;
    let mut lines = stock(&mut snapshot).await?;
    lines.extend(progress(&mut snapshot, forgotten).await?);
    lines.extend(events(&mut snapshot).await?);
    lines.extend(money(&mut snapshot, forgotten, &books_before, &books_after).await?);
    let (mut held, suspects) = held_authorizations(&mut snapshot, &books_after, None).await?;
    lines.extend(invoices(&mut snapshot, forgotten).await?);
    lines.extend(search(&mut snapshot, forgotten).await?);
    lines.extend(warehouses(&mut snapshot, forgotten).await?);
    close(snapshot).await?;
    if !suspects.is_empty() {
        let mut later = open_snapshot(database).await?;
        let (judged, _) = held_authorizations(&mut later, &books_after, Some(&suspects)).await?;
        held = Line { checked: held.checked, waiting: held.waiting, ..judged };
        close(later).await?;
    }
    lines.push(held);
    Ok(Report { lines })
}

/// A transaction that sees one moment. It does without nested loops: statistics of a table that just grew are wrong,
/// and a loop over it would take hours where a hash takes a second.
async fn open_snapshot(database: &Database) -> Result<Transaction<'static, Postgres>, Unavailable> {
    let mut transaction = database
        .durable
        .begin_with("begin isolation level repeatable read, read only")
        .await
        .asked("audit.open_snapshot")?;
    sqlx::raw_sql(
        "-- audit.plan
         set local enable_nestloop = off; set local jit = off; set local work_mem = '64MB';
         set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *transaction)
    .await
    .asked("audit.plan")?;
    Ok(transaction)
}

async fn close(snapshot: Transaction<'static, Postgres>) -> Result<(), Unavailable> {
    snapshot.rollback().await.asked("audit.close_snapshot")
}

/// What was last touched before then and is still not done has been forgotten. This is the first statement of the
/// snapshot, and so the one that takes it.
async fn forgotten_before(connection: &mut PgConnection) -> Result<OffsetDateTime, Unavailable> {
    sqlx::query_scalar!(
        r#"-- audit.forgotten_before
         select sluice_now() - $1::bigint * interval '1 second' as "moment!""#,
        GRACE.whole_seconds()
    )
    .fetch_one(connection)
    .await
    .asked("audit.forgotten_before")
}

async fn stock(snapshot: &mut PgConnection) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "stock_balances",
            "sql/audit/stock_balances.sql",
            "No balance of a SKU in a warehouse is below zero, and no unit is promised twice."
        ),
        line!(
            snapshot,
            "stock_reservations",
            "sql/audit/stock_reservations.sql",
            "What is reserved is the sum of what reserved and confirmed orders ask for."
        ),
        line!(
            snapshot,
            "stock_receipts",
            "sql/audit/stock_receipts.sql",
            "What was received is the sum of the receipts."
        ),
    ])
}

async fn progress(snapshot: &mut PgConnection, forgotten: OffsetDateTime) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "accepted_orders",
            "sql/audit/accepted_orders.sql",
            "Every accepted order is stored, or waits on queue intake or its dead-letter queue."
        ),
        line!(
            snapshot,
            "unfinished_orders",
            "sql/audit/unfinished_orders.sql",
            "Every order has ended, or waits for an execution, a message or the end of its reservation.",
            forgotten
        ),
        line!(
            snapshot,
            "executions",
            "sql/audit/executions.sql",
            "An order that got its stock has one execution, an order that was refused at once has none.",
            forgotten
        ),
        line!(
            snapshot,
            "leases",
            "sql/audit/leases.sql",
            "What is in hand moves, or its lease ends and it is taken up; what is due is taken in hand.",
            forgotten
        ),
        line!(
            snapshot,
            "waiting_messages",
            "sql/audit/waiting_messages.sql",
            "No message is tried again and again for minutes.",
            forgotten
        ),
    ])
}

async fn events(snapshot: &mut PgConnection) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "event_sequences",
            "sql/audit/event_sequences.sql",
            "The events of each order are numbered 1 to its version without a gap, and begin with OrderSubmitted."
        ),
        line!(
            snapshot,
            "order_effects",
            "sql/audit/order_effects.sql",
            "Each thing happened to an order once, and its status, payment and invoice are what its events say."
        ),
        line!(
            snapshot,
            "closed_stock",
            "sql/audit/closed_stock.sql",
            "A refused or cancelled order says rightly whether it had held stock, and holds none."
        ),
    ])
}

async fn money(
    snapshot: &mut PgConnection,
    forgotten: OffsetDateTime,
    before: &Books,
    after: &Books,
) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "order_totals",
            "sql/audit/order_totals.sql",
            "Every priced order adds up: its lines to net and tax, and these to its total."
        ),
        line!(
            snapshot,
            "paid_orders",
            "sql/audit/paid_orders.sql",
            "Every confirmed order is paid for, and every payment is of its order's total."
        ),
        line!(
            snapshot,
            "closed_payments",
            "sql/audit/closed_payments.sql",
            "By the ledger, no refused or cancelled order holds money.",
            forgotten
        ),
        line!(
            snapshot,
            "book_entries",
            "sql/audit/book_entries.sql",
            "Every entry of the provider's books belongs to exactly one order, with its amount and currency.",
            &before.keys,
            &before.ids,
            &before.references,
            &before.amounts,
            &before.currencies,
            &before.held
        ),
        line!(
            snapshot,
            "released_money",
            "sql/audit/released_money.sql",
            "The provider holds no money for a refused or cancelled order.",
            &after.keys,
            &after.ids,
            &after.references,
            &after.amounts,
            &after.currencies,
            &after.held,
            forgotten
        ),
    ])
}

/// The line, and the orders that it finds wrong; of these candidates only, if there are any.
async fn held_authorizations(
    snapshot: &mut PgConnection,
    books: &Books,
    candidates: Option<&[Uuid]>,
) -> Result<(Line, Vec<Uuid>), Unavailable> {
    let row = sqlx::query_file!(
        "sql/audit/held_authorizations.sql",
        &books.keys,
        &books.ids,
        &books.references,
        &books.amounts,
        &books.currencies,
        &books.held,
        candidates
    )
    .fetch_one(snapshot)
    .await
    .asked("audit.held_authorizations")?;
    let finding =
        Finding { checked: row.checked, violations: row.violations, waiting: row.waiting, examples: row.examples };
    let what = "The provider holds every payment that the ledger calls authorized.";
    Ok((finding.into_line("held_authorizations", what), row.suspects))
}

async fn invoices(snapshot: &mut PgConnection, forgotten: OffsetDateTime) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "invoices_issued",
            "sql/audit/invoices_issued.sql",
            "Every confirmed order has exactly one invoice, and its document is stored.",
            forgotten
        ),
        line!(
            snapshot,
            "invoice_numbers",
            "sql/audit/invoice_numbers.sql",
            "The invoice numbers of each series and year run from 1 to the last one given, without gap or double."
        ),
    ])
}

async fn search(snapshot: &mut PgConnection, forgotten: OffsetDateTime) -> Result<Vec<Line>, Unavailable> {
    let told: Vec<String> = wiring::rules()
        .into_iter()
        .filter(|rule| rule.queue == "index")
        .flat_map(|rule| rule.pattern["detail-type"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let other_words = with_other_words(snapshot, WORDS_COMPARED).await?;
    Ok(vec![line!(
        snapshot,
        "search_index",
        "sql/audit/search_index.sql",
        "Search shows every order as it is (the words of the newest 20,000 are compared), and nothing else.",
        &told,
        forgotten,
        &other_words
    )])
}

async fn warehouses(snapshot: &mut PgConnection, forgotten: OffsetDateTime) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![line!(
        snapshot,
        "warehouse_notices",
        "sql/audit/warehouse_notices.sql",
        "Each warehouse was told, once and in sequence, of its part of each confirmed order and of its cancellation.",
        forgotten
    )])
}
