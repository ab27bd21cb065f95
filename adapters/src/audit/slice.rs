//! What is promised of each order, checked for a slice of them in one snapshot.
//!
//! The provider's books are no part of the snapshot, so they are read on both sides of it. An entry read before must
//! have its payment in the snapshot, because the intent is stored before the call. Money that the snapshot shows as
//! taken or let go must stand so in the books read after, because the provider moves first there; only what was closed
//! between the two may differ, and a second snapshot tells which that is.

use super::{
    books::Books,
    readable,
    report::Line,
    snapshot::{Examples, Finding, close, forgotten_before, line, open_snapshot},
};
use crate::postgres::{Asked, Database, runtime::retention::EXECUTIONS, search::with_other_words};
use sqlx::PgConnection;
use std::num::NonZeroU32;
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{
    ports::{PaymentProvider, Unavailable},
    wiring::{self, QueueName},
};

/// How many entries the provider may have for each order of a slice before smaller slices are made.
const ENTRIES_AN_ORDER: i64 = 4;
/// Of how many orders, the newest, the words that search finds them by are compared: making the words of 200,000 orders
/// takes longer than the rest of the audit.
const WORDS_COMPARED: i64 = 20_000;

/// What was found in a slice.
pub(super) struct Slice {
    pub(super) last: Uuid,
    pub(super) lines: Vec<Line>,
}

impl Slice {
    /// Whether everything is as promised, and nothing on its way.
    pub(super) fn is_settled(&self) -> bool {
        self.lines.iter().all(Line::is_settled)
    }

    /// How many orders it has.
    pub(super) fn orders(&self) -> u64 {
        self.lines.iter().find(|line| line.name == "order_totals").map_or(0, |line| line.checked)
    }
}

/// The orders that a slice is about.
#[derive(Clone, Copy)]
struct Range {
    first: Uuid,
    last: Uuid,
}

/// Audits the orders from `first` on, to `last` or, if the provider has too many entries for them, not quite as far.
pub(super) async fn audit(
    database: &Database,
    provider: &dyn PaymentProvider,
    first: Uuid,
    last: Uuid,
    orders: NonZeroU32,
) -> Result<Slice, Unavailable> {
    let limit = i64::from(orders.get()).saturating_mul(ENTRIES_AN_ORDER).max(100);
    let (range, before) = books_of_some(provider, Range { first, last }, limit).await?;
    let Range { first, last } = range;
    let mut snapshot = open_snapshot(database).await?;
    let forgotten = forgotten_before(&mut snapshot).await?;
    let after = Books::read(provider, first, last, i64::MAX - 1).await?.unwrap_or_default();
    let mut lines = progress(&mut snapshot, range, forgotten).await?;
    lines.extend(events(&mut snapshot, range).await?);
    lines.extend(money(&mut snapshot, range, forgotten, &before, &after).await?);
    let (mut held, suspects) = held_authorizations(&mut snapshot, range, &after, None).await?;
    lines.extend(invoices(&mut snapshot, range, forgotten).await?);
    lines.extend(search(&mut snapshot, range, forgotten).await?);
    lines.extend(warehouses(&mut snapshot, range, forgotten).await?);
    lines.push(readable::orders(&mut snapshot, first, last).await?);
    close(snapshot).await?;
    if !suspects.is_empty() {
        let mut later = open_snapshot(database).await?;
        let (judged, _) = held_authorizations(&mut later, range, &after, Some(&suspects)).await?;
        held = Line { checked: held.checked, waiting: held.waiting, ..judged };
        close(later).await?;
    }
    lines.push(held);
    Ok(Slice { last, lines })
}

/// The books of as much of the range, from its beginning on, as has no more entries than that; of one order, all.
async fn books_of_some(
    provider: &dyn PaymentProvider,
    mut range: Range,
    limit: i64,
) -> Result<(Range, Books), Unavailable> {
    loop {
        let most = if range.first == range.last { i64::MAX - 1 } else { limit };
        if let Some(books) = Books::read(provider, range.first, range.last, most).await? {
            return Ok((range, books));
        }
        let (first, last) = (range.first.as_u128(), range.last.as_u128());
        range.last = Uuid::from_u128(first + (last - first) / 2);
    }
}

async fn progress(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    forgotten: OffsetDateTime,
) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "accepted_orders",
            "sql/audit/accepted_orders.sql",
            "Every accepted order is stored, or waits on queue intake or its dead-letter queue.",
            first,
            last,
            &QueueName::Intake.names()
        ),
        line!(
            snapshot,
            "executions",
            "sql/audit/executions.sql",
            "An order that got its stock has one execution, an order that was refused at once has none.",
            first,
            last,
            forgotten,
            &QueueName::Intake.names(),
            EXECUTIONS
        ),
    ])
}

async fn events(snapshot: &mut PgConnection, Range { first, last }: Range) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "event_sequences",
            "sql/audit/event_sequences.sql",
            "The events of each order are numbered 1 to its version without a gap, and begin with OrderSubmitted.",
            first,
            last
        ),
        line!(
            snapshot,
            "order_effects",
            "sql/audit/order_effects.sql",
            "Each thing happened to an order once, and its status, payment and invoice are what its events say.",
            first,
            last
        ),
        line!(
            snapshot,
            "closed_stock",
            "sql/audit/closed_stock.sql",
            "A refused or cancelled order says rightly whether it had held stock, and holds none.",
            first,
            last
        ),
    ])
}

async fn money(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    forgotten: OffsetDateTime,
    before: &Books,
    after: &Books,
) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![
        line!(
            snapshot,
            "order_totals",
            "sql/audit/order_totals.sql",
            "Every priced order adds up: its lines to net and tax, and these to its total.",
            first,
            last
        ),
        line!(
            snapshot,
            "paid_orders",
            "sql/audit/paid_orders.sql",
            "Every confirmed order is paid for, and every payment is of its order's total.",
            first,
            last
        ),
        line!(
            snapshot,
            "closed_payments",
            "sql/audit/closed_payments.sql",
            "By the ledger, no refused or cancelled order holds money.",
            first,
            last,
            forgotten,
            &QueueName::Void.names(),
            QueueName::Void.as_str()
        ),
        line!(
            snapshot,
            "book_entries",
            "sql/audit/book_entries.sql",
            "Every entry of the provider's books belongs to exactly one order, with its amount and currency.",
            first,
            last,
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
            first,
            last,
            forgotten,
            &after.keys,
            &after.ids,
            &after.references,
            &after.amounts,
            &after.currencies,
            &after.held,
            &QueueName::Void.names(),
            QueueName::Void.as_str()
        ),
    ])
}

/// The line, and the orders that it finds wrong; of these candidates only, if there are any.
async fn held_authorizations(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    books: &Books,
    candidates: Option<&[Uuid]>,
) -> Result<(Line, Vec<Uuid>), Unavailable> {
    let row = sqlx::query_file!(
        "sql/audit/held_authorizations.sql",
        first,
        last,
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

async fn invoices(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    forgotten: OffsetDateTime,
) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![line!(
        snapshot,
        "invoices_issued",
        "sql/audit/invoices_issued.sql",
        "Every confirmed order has exactly one invoice, and its document is stored.",
        first,
        last,
        forgotten,
        &QueueName::Invoice.names()
    )])
}

async fn search(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    forgotten: OffsetDateTime,
) -> Result<Vec<Line>, Unavailable> {
    let told: Vec<String> = wiring::rules()
        .into_iter()
        .filter(|rule| rule.queue == QueueName::Index)
        .flat_map(|rule| rule.pattern["detail-type"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let newest = sqlx::query_scalar!(
        "-- audit.newest_orders
         select id from orders order by id desc offset $1 limit 1",
        WORDS_COMPARED
    )
    .fetch_optional(&mut *snapshot)
    .await
    .asked("audit.newest_orders")?
    .unwrap_or_default();
    let other_words = with_other_words(snapshot, newest.max(first), last).await?;
    Ok(vec![line!(
        snapshot,
        "search_index",
        "sql/audit/search_index.sql",
        "Search shows every order as it is (the words of the newest 20,000 are compared), and nothing else.",
        first,
        last,
        forgotten,
        &told,
        &other_words,
        &[QueueName::Index, QueueName::Intake, QueueName::Invoice, QueueName::Cancel].map(QueueName::names).concat()
    )])
}

async fn warehouses(
    snapshot: &mut PgConnection,
    Range { first, last }: Range,
    forgotten: OffsetDateTime,
) -> Result<Vec<Line>, Unavailable> {
    Ok(vec![line!(
        snapshot,
        "warehouse_notices",
        "sql/audit/warehouse_notices.sql",
        "Each warehouse was told, once and in sequence, of its part of each confirmed order and of its cancellation.",
        first,
        last,
        forgotten,
        &[QueueName::Dispatch.names(), QueueName::Cancel.names()].concat()
    )])
}
