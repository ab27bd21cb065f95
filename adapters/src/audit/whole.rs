//! What is checked whole at each audit: the stock, what waits now, the series of invoice numbers. What these statements
//! read follows from what is sold and what is open, not from how many orders there ever were.

use super::{
    audited::{Audited, open_ranges},
    report::{Line, Report},
    snapshot::{Examples, close, forgotten_before, line, open_snapshot},
};
use crate::postgres::{Asked, Database, milliseconds, runtime::lease::LONGEST_IN_HAND};
use schemas::{kept::TaxCategory, money::Currency};
use std::time::Duration;
use workflows::{
    ports::Unavailable,
    wiring::{LONGEST_WAIT, QueueName, queue_names},
};

/// How many invoice numbers are looked at in one snapshot.
const NUMBERS: i32 = 50_000;
/// How long a message may be due before anybody takes it in hand. A crowd's orders wait for minutes, and what came while
/// nobody served is worked off within minutes, too.
const OLDEST_BACKLOG: Duration = Duration::from_secs(60 * 60);

/// The lines that need nothing of earlier audits.
pub(super) async fn lines(database: &Database) -> Result<Vec<Line>, Unavailable> {
    let mut snapshot = open_snapshot(database).await?;
    let forgotten = forgotten_before(&mut snapshot).await?;
    let currencies: Vec<String> = Currency::codes().map(str::to_owned).collect();
    let queues = queue_names();
    let categories: Vec<String> = TaxCategory::ALL.iter().map(|category| category.as_str().to_owned()).collect();
    // These look up by key what a few rows of an index lead to.
    sqlx::raw_sql("-- audit.plan_lookups\nset local enable_nestloop = on")
        .execute(&mut *snapshot)
        .await
        .asked("audit.plan_lookups")?;
    let lines = vec![
        line!(
            snapshot,
            "readable_products",
            "sql/audit/readable_products.sql",
            "Every product can be shown and sold: its currency and its tax category are known.",
            &currencies,
            &categories
        ),
        line!(
            snapshot,
            "stock_balances",
            "sql/audit/stock_balances.sql",
            "No balance of a SKU in a warehouse is below zero, and no unit is promised twice."
        ),
        line!(
            snapshot,
            "stock_receipts",
            "sql/audit/stock_receipts.sql",
            "What was received is the sum of the receipts."
        ),
        line!(
            snapshot,
            "unfinished_orders",
            "sql/audit/unfinished_orders.sql",
            "Every order has ended, or waits for an execution, a message or the end of its reservation.",
            forgotten,
            &[QueueName::Intake.names(), QueueName::Cancel.names()].concat(),
            &QueueName::Cancel.names()
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
            "waits",
            "sql/audit/waits.sql",
            "Nothing is due later than anything is made to wait.",
            milliseconds(LONGEST_WAIT),
            milliseconds(LONGEST_IN_HAND)
        ),
        line!(
            snapshot,
            "waiting_messages",
            "sql/audit/waiting_messages.sql",
            "No message is tried again and again for minutes, or is due for an hour and not taken in hand.",
            forgotten,
            &queues,
            milliseconds(OLDEST_BACKLOG),
            &[QueueName::Intake.to_string(), QueueName::Intake.second_lane()]
        ),
    ];
    close(snapshot).await?;
    Ok(lines)
}

/// Stock and orders in one moment: what remembered slices hold is known, the orders of all other ranges are added up.
pub(super) async fn stock_reservations(database: &Database) -> Result<Line, Unavailable> {
    let mut snapshot = open_snapshot(database).await?;
    sqlx::raw_sql("-- audit.plan_lookups\nset local enable_nestloop = on")
        .execute(&mut *snapshot)
        .await
        .asked("audit.plan_lookups")?;
    let open = open_ranges(&mut snapshot).await?;
    let line = line!(
        snapshot,
        "stock_reservations",
        "sql/audit/stock_reservations.sql",
        "What is reserved is the sum of what reserved and confirmed orders ask for.",
        &open.firsts,
        &open.lasts,
        &open.touched
    );
    close(snapshot).await?;
    Ok(line)
}

/// One line for each chunk of each series. The numbers of a chunk that is whole are remembered.
pub(super) async fn invoice_numbers(database: &Database, audited: &Audited) -> Result<Vec<Line>, Unavailable> {
    let series = sqlx::query!(
        r#"-- audit.invoice_series: those that have a number, found from one to the next, and those that should
         with recursive used as (
             (select series, year from invoices order by series, year limit 1)
             union all
             select next.series, next.year
             from used cross join lateral (
                 select i.series, i.year from invoices i
                 where (i.series, i.year) > (used.series, used.year) order by i.series, i.year limit 1
             ) as next
         )
         select series as "series!", year as "year!", coalesce(a.until, 0) as "until!"
         from (select series, year from used union select series, year from invoice_series) as s
         left join audited_numbers a using (series, year)
         order by series, year"#
    )
    .fetch_all(&database.durable)
    .await
    .asked("audit.invoice_series")?;
    let mut whole = Report::default();
    for row in series {
        let mut until = row.until;
        loop {
            let mut snapshot = open_snapshot(database).await?;
            let last = sqlx::query_scalar!(
                "-- audit.last_number
                 select last from invoice_series where series = $1 and year = $2",
                row.series,
                row.year
            )
            .fetch_optional(&mut *snapshot)
            .await
            .asked("audit.last_number")?
            .unwrap_or_default();
            let mut found = line!(
                snapshot,
                "invoice_numbers",
                "sql/audit/invoice_numbers.sql",
                "The invoice numbers of each series and year run from 1 to the last one given, without gap or double, but for what is noted as lost.",
                row.series,
                row.year,
                until,
                NUMBERS
            );
            let mut end = until.saturating_add(NUMBERS);
            if found.checked == 0 && end < last {
                // Nobody has a number here. One who has, or lost it, is looked for, instead of counting up to what a hand
                // may have written for the last; that one is looked at with what lies beyond it.
                let next = sqlx::query_scalar!(
                    "-- audit.next_number
                     select least(
                         (select min(number) from invoices where series = $1 and year = $2 and number > $3),
                         (select min(number) from lost_invoices where series = $1 and year = $2 and number > $3)
                     )",
                    row.series,
                    row.year,
                    end
                )
                .fetch_one(&mut *snapshot)
                .await
                .asked("audit.next_number")?;
                let before = next.unwrap_or(last).min(last).saturating_sub(1).max(end);
                found.violations += u64::try_from(before.saturating_sub(end)).unwrap_or_default();
                end = before;
            }
            close(snapshot).await?;
            let is_whole = found.is_settled();
            whole.add(found);
            if is_whole && whole.is_clean() {
                audited.note_numbers(database, &row.series, row.year, end.min(last)).await?;
            }
            if end >= last {
                break;
            }
            until = end;
        }
    }
    if whole.lines.is_empty() {
        whole.add(Line {
            name: "invoice_numbers".into(),
            what:
                "The invoice numbers of each series and year run from 1 to the last one given, without gap or double, but for what is noted as lost."
                    .into(),
            checked: 0,
            violations: 0,
            waiting: None,
            examples: Vec::new(),
        });
    }
    Ok(whole.lines)
}
