//! What a replay says: what a file holds before anything is sent, and what became of it afterwards. Pure text.

use super::{
    figures::{grouped, lasting, percentile, rate},
    outcome::{Cancel, Outcome, Record, Stage, Summary},
    plan::{Customer, DateOrder, Plan},
    schedule::Speed,
};
use std::{
    collections::{BTreeMap, HashSet},
    fmt::{self, Write},
    time::Duration,
};

/// What the file holds, and what of it will be sent.
pub(super) fn contents(plan: &Plan, stock_days: u32) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let counts = &plan.invoices;
    write!(text, "{} rows, {} invoices", grouped(plan.rows.total), grouped(counts.total))?;
    if let (Some(first), Some(last)) = (plan.orders.first(), plan.orders.last()) {
        write!(text, ", from {} to {}", minute(first.at), minute(last.at))?;
    }
    writeln!(text, ":\n")?;
    let lines: usize = plan.orders.iter().map(|order| order.lines.len()).sum();
    let (mut customers, mut guests) = (HashSet::new(), 0_usize);
    for order in &plan.orders {
        match order.customer {
            Customer::Number(number) => _ = customers.insert(number),
            Customer::Guest { .. } => guests += 1,
        }
    }
    let buyers =
        format!("{} lines, {} customers and {} guests", grouped(lines), grouped(customers.len()), grouped(guests));
    row(&mut text, counts.orders, &format!("orders to send: {buyers}"))?;
    row(&mut text, counts.cancels, "cancellations of one of these orders, to send after it")?;
    row(&mut text, counts.returns, "returns, not sent: cancellations that reverse no whole order of this file")?;
    row(&mut text, counts.unusable_orders + counts.unusable_cancellations, "invoices without a usable row, not sent")?;
    row(&mut text, counts.adjustments, "adjustments of the books, not sent")?;
    let units: i64 = plan.products.iter().map(|product| product.stock).sum();
    let stock =
        format!("products, with {} units: {stock_days} day(s) of average sales, at least one of each", grouped(units));
    row(&mut text, u64::try_from(plan.products.len()).unwrap_or(u64::MAX), &stock)?;
    row(&mut text, plan.rows.unusable.total(), "rows that cannot be used; see why at the end")?;
    for (name, orders) in &plan.assumed_countries {
        row(&mut text, *orders, &format!("orders from \"{name}\", which is no country: another stands in"))?;
    }
    if plan.date_order == DateOrder::DayFirst {
        writeln!(text, "Dates such as 1/12/2010 are read as the first of December.")?;
    }
    Ok(text)
}

/// A count and what is counted; nothing for none.
fn row(text: &mut String, count: u64, what: &str) -> fmt::Result {
    if count == 0 { Ok(()) } else { writeln!(text, "{:>9}  {what}", grouped(count)) }
}

fn minute(at: time::PrimitiveDateTime) -> String {
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

/// What became of everything.
pub(super) fn result(plan: &Plan, summary: &Summary, speed: Speed) -> Result<String, fmt::Error> {
    let mut text = String::from("What became of the orders:\n\n");
    for (outcome, orders) in &summary.outcomes() {
        row(&mut text, *orders, &outcome.to_string())?;
    }
    writeln!(text, "{:>9}  orders in all", grouped(summary.records.len()))?;
    cancels(&mut text, plan, summary)?;
    latencies(&mut text, summary, speed)?;
    unusable(&mut text, plan)?;
    Ok(text)
}

fn cancels(text: &mut String, plan: &Plan, summary: &Summary) -> fmt::Result {
    if !plan.cancels.is_empty() {
        let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
        for cancel in &plan.cancels {
            let record = summary.records.get(cancel.of).cloned().unwrap_or_default();
            let outcome = record.outcome();
            let what = match (record.cancel, record.stage, outcome) {
                (Cancel::Refused(kind), _, outcome) => format!("answered with {kind}; the order: {outcome}"),
                (Cancel::Promised, _, Outcome::Cancelled) => "the order is cancelled".to_owned(),
                (Cancel::Promised, _, outcome) => format!("accepted; the order: {outcome}"),
                (Cancel::None | Cancel::Planned, Stage::Unsent | Stage::NotAccepted(_), _) => {
                    "not sent: there is no order".to_owned()
                }
                (Cancel::None | Cancel::Planned, _, _) => "NOT SENT".to_owned(),
            };
            *outcomes.entry(what).or_default() += 1;
        }
        writeln!(text, "\nCancellations:\n")?;
        for (what, count) in outcomes {
            row(text, count, &what)?;
        }
    }
    if plan.invoices.returns > 0 {
        writeln!(
            text,
            "\n{} return(s) were not sent: goods that come back are not dealt with yet.",
            grouped(plan.invoices.returns)
        )?;
    }
    Ok(())
}

fn latencies(text: &mut String, summary: &Summary, speed: Speed) -> fmt::Result {
    let from = match speed {
        Speed::Max => "from the moment it was an order's turn",
        Speed::Thousandths(_) => "from the moment an order was due",
    };
    writeln!(text, "\nHow long orders took, {from}:\n")?;
    writeln!(text, "{:<32} {:>10} {:>10} {:>10}", "", "p50", "p99", "max")?;
    let answered = summary.records.iter().filter_map(|record| record.answered).collect();
    latency(text, "answered by the API", answered)?;
    let decided = summary.records.iter().filter_map(|record| record.decided).collect();
    latency(text, "decided, at the latest", decided)?;
    let invoiced = summary.records.iter().filter_map(|record| record.invoiced).collect();
    latency(text, "invoiced", invoiced)?;
    let answers = count_of(summary, |record| record.answered.is_some());
    let ends = count_of(summary, |record| matches!(record.stage, Stage::Ended(..)));
    writeln!(
        text,
        "\n{} orders answered in {}: {} a second. {} at their end in {}: {} orders a second.",
        grouped(answers),
        lasting(summary.sending),
        rate(answers, summary.sending),
        grouped(ends),
        lasting(summary.working),
        rate(ends, summary.working)
    )?;
    if summary.repeated > 0 {
        writeln!(text, "{} calls got no answer and were made again.", grouped(summary.repeated))?;
    }
    Ok(())
}

fn count_of(summary: &Summary, is: impl Fn(&Record) -> bool) -> u64 {
    summary.records.iter().map(|record| u64::from(is(record))).sum()
}

fn latency(text: &mut String, what: &str, mut times: Vec<Duration>) -> fmt::Result {
    times.sort_unstable();
    let at = |per_cent| percentile(&times, per_cent).map_or_else(|| "-".to_owned(), lasting);
    writeln!(text, "  {what:<30} {:>10} {:>10} {:>10}", at(50), at(99), at(100))
}

fn unusable(text: &mut String, plan: &Plan) -> fmt::Result {
    let total = plan.rows.unusable.total();
    if total == 0 {
        return Ok(());
    }
    writeln!(
        text,
        "\nRows that could not be used ({} of {}), with the lines of the first:\n",
        grouped(total),
        grouped(plan.rows.total)
    )?;
    for (reason, tally) in plan.rows.unusable.by_reason() {
        let lines: Vec<String> = tally.example_lines.iter().map(u64::to_string).collect();
        writeln!(text, "{:>9}  {:<50} {}", grouped(tally.rows), reason.to_string(), lines.join(", "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::replay::read::read_twice;
    use schemas::api::order::{Reason, Status};

    const FILE: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
        1,A,MUG,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
        2,A,MUG,1,2010-12-01 08:28:00,2.55,,Unspecified\n\
        C3,A,MUG,-6,2010-12-02 08:28:00,2.55,17850.0,United Kingdom\n\
        C4,A,MUG,-9,2010-12-02 08:29:00,2.55,17850.0,United Kingdom\n\
        5,A,MUG,1,2010-12-03 09:00:00,0,17850.0,United Kingdom\n\
        6,POST,POSTAGE,1,2010-12-03 09:00:00,18,17850.0,United Kingdom\n";

    fn plan() -> Plan {
        read_twice(|| Ok(FILE.as_bytes()), 30).unwrap()
    }

    fn ended(status: Status, reason: Option<Reason>) -> Record {
        let time = Some(Duration::from_millis(20));
        Record {
            stage: Stage::Ended(status, reason),
            answered: time,
            decided: time,
            invoiced: None,
            cancel: Cancel::None,
        }
    }

    #[test]
    fn the_contents_account_for_every_invoice() {
        let text = contents(&plan(), 30).unwrap();
        assert!(text.starts_with("6 rows, 6 invoices, from 2010-12-01 08:26 to 2010-12-01 08:28:"), "{text}");
        for line in [
            "2  orders to send: 2 lines, 1 customers and 1 guests",
            "1  cancellations of one",
            "1  returns, not sent",
            "2  invoices without a usable row",
            "2  rows that cannot be used",
            "1  orders from \"Unspecified\"",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn the_result_counts_outcomes_cancellations_and_rows() {
        let plan = plan();
        let cancelled = Record { cancel: Cancel::Promised, ..ended(Status::Cancelled, None) };
        let summary = Summary {
            records: vec![cancelled, ended(Status::Rejected, Some(Reason::OutOfStock))],
            repeated: 3,
            sending: Duration::from_secs(1),
            working: Duration::from_secs(4),
        };
        let text = result(&plan, &summary, Speed::Max).unwrap();
        for line in [
            "1  cancelled\n",
            "1  rejected: out_of_stock\n",
            "2  orders in all\n",
            "1  the order is cancelled\n",
            "answered by the API                 20 ms      20 ms      20 ms",
            "2 orders answered in 1000 ms: 2.0 a second. 2 at their end in 4000 ms: 0.5 orders a second.",
            "3 calls got no answer",
            "stock code is no goods                             7\n",
            "price is zero                                      6\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in {text}");
        }
    }

    #[test]
    fn a_cancellation_without_an_order_is_told() {
        let plan = plan();
        let refused = Record { stage: Stage::NotAccepted("invalid-body".into()), ..Record::default() };
        let summary = Summary { records: vec![refused, Record::default()], ..Summary::default() };
        let text = result(&plan, &summary, Speed::Max).unwrap();
        assert!(text.contains("1  not sent: there is no order"), "{text}");
        assert!(text.contains("1  NOT SENT"), "{text}");
    }
}
