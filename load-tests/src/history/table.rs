//! The two databases side by side, for people.

use super::{seen::Seen, statements::Cost};
use crate::{percentile::Summary, server::WatchedAudit};
use std::{
    collections::BTreeSet,
    fmt::{Display, Formatter, Result},
};

/// What costs more than so many times what it costs without a past grows, if it is more than a little, too.
const SEVERAL_TIMES: f64 = 3.0;
/// A little: eight megabytes for one call.
const FEW_PAGES: f64 = 1_000.0;
/// And by how much longer it may take in any case: what a machine that does something else for a moment adds.
const LITTLE_LONGER_MS: f64 = 20.0;

pub(super) struct Comparison<'s> {
    pub(super) empty: &'s Seen,
    pub(super) past: &'s Seen,
}

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { empty, past } = self;
        let machine = &past.load.machine;
        writeln!(f, "machine      {} x {}; sluice: {}", machine.cores, machine.processor, machine.build)?;
        let bytes = past.bytes_an_order.unwrap_or_default();
        writeln!(f, "past         {} orders, {bytes:.0} bytes of database each\n", past.orders)?;
        self.statements(f)?;
        writeln!(f, "\n{:<34} {:>21}  {:>21}", "p50, max (ms)", "without past", "with past")?;
        for ((what, without), (_, with)) in empty.lists.iter().zip(&past.lists) {
            let mark = mark(takes_longer(without.p50_ms, with.p50_ms));
            writeln!(f, "{what:<34} {:>21}  {:>21}{mark}", times(*without), times(*with))?;
        }
        writeln!(f, "\n{:<34} {:>21}  {:>21}", "audit (s, MiB, orders looked at)", "without past", "with past")?;
        for (what, without, with) in
            [("first", &empty.first_audit, &past.first_audit), ("next", &empty.next_audit, &past.next_audit)]
        {
            writeln!(f, "{what:<34} {:>21}  {:>21}", audit(without), audit(with))?;
            for broken in [without, with].into_iter().filter(|audit| !audit.clean) {
                writeln!(f, "NOT CLEAN: {}", broken.report)?;
            }
        }
        if let Some((name, pages)) = self.heaviest() {
            writeln!(f, "heaviest of the next: {name}, {pages:.1} pages for each order that it looked at")?;
        }
        let (without, with) = (&empty.load, &past.load);
        writeln!(f, "\nunder {:.0} orders/s for {:.0} s", with.per_second.sent, with.load.seconds)?;
        let p99 = (without.api.p99_ms, with.api.p99_ms);
        writeln!(f, "API p50      {:.1} ms without, {:.1} ms with", without.api.p50_ms, with.api.p50_ms)?;
        writeln!(
            f,
            "API p99      {:.1} ms without, {:.1} ms with: {:.2} times",
            p99.0,
            p99.1,
            p99.1 / p99.0.max(0.001)
        )?;
        for fault in without.faults.iter().chain(&with.faults) {
            writeln!(f, "FAULT        {fault}")?;
        }
        Ok(())
    }
}

impl Comparison<'_> {
    fn statements(&self, f: &mut Formatter<'_>) -> Result {
        let (without, with) = (&self.empty.statements.0, &self.past.statements.0);
        writeln!(f, "{:<34} {:>8} {:>21}  {:>21}", "a call at rest (ms, pages)", "calls", "without past", "with past")?;
        for name in without.keys().chain(with.keys()).collect::<BTreeSet<_>>() {
            let (before, after) = (without.get(name).copied(), with.get(name).copied());
            let calls = after.or(before).unwrap_or_default().calls;
            let mark = mark(grows(before, after));
            writeln!(f, "{name:<34} {calls:>8} {:>21}  {:>21}{mark}", cost(before), cost(after))?;
        }
        Ok(())
    }
}

impl Comparison<'_> {
    /// The statement of the next audit with a past that reads most, and how many pages for each order looked at: one that reads
    /// all of a table again for each page of orders stands out.
    pub(super) fn heaviest(&self) -> Option<(&str, f64)> {
        let looked_at = looked_at(&self.past.next_audit).max(1) as f64;
        let statements = self.past.audit_statements.0.iter();
        let pages = statements.map(|(name, cost)| (name.as_str(), cost.pages * cost.calls as f64 / looked_at));
        pages.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The statements and lists that cost more the longer the past is, but for the audit's statements, which read old days
    /// once.
    pub(super) fn growing(&self) -> Vec<&str> {
        let (without, with) = (&self.empty.statements.0, &self.past.statements.0);
        let grown = with.iter().filter(|(name, cost)| grows(without.get(*name).copied(), Some(**cost)));
        let statements = grown.map(|(name, _)| name.as_str()).filter(|name| !name.starts_with("audit."));
        let lists = self.empty.lists.iter().zip(&self.past.lists);
        // Of many that asked the same, the one in the middle: a moment that the machine was away is no growth.
        let lists = lists.filter(|((_, without), (_, with))| takes_longer(without.p50_ms, with.p50_ms));
        statements.chain(lists.map(|((what, _), _)| *what)).collect()
    }
}

/// Whether a statement reads several times as much, or takes several times as long.
fn grows(before: Option<Cost>, after: Option<Cost>) -> bool {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let reads_more = after.pages > FEW_PAGES && after.pages > SEVERAL_TIMES * before.pages;
    reads_more || takes_longer(before.milliseconds, after.milliseconds)
}

fn takes_longer(before_ms: f64, after_ms: f64) -> bool {
    after_ms > SEVERAL_TIMES * before_ms && after_ms - before_ms > LITTLE_LONGER_MS
}

fn mark(grows: bool) -> &'static str {
    if grows { "  GROWS" } else { "" }
}

fn cost(cost: Option<Cost>) -> String {
    cost.map_or_else(|| "-".to_owned(), |cost| format!("{:.2}, {:.0}", cost.milliseconds, cost.pages))
}

fn times(of: Summary) -> String {
    format!("{:.1}, {:.1}", of.p50_ms, of.max_ms)
}

fn audit(audit: &WatchedAudit) -> String {
    format!("{:.1}, {}, {}", audit.took.as_secs_f64(), audit.peak_rss >> 20, looked_at(audit))
}

fn looked_at(audit: &WatchedAudit) -> u64 {
    let lines = audit.report["lines"].as_array();
    let totals = lines.and_then(|lines| lines.iter().find(|line| line["name"] == "order_totals"));
    totals.and_then(|line| line["checked"].as_u64()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_many_pages_and_several_times_as_many() {
        let of = |pages: f64| Some(Cost { pages, ..Cost::default() });
        assert!(grows(of(300.0), of(1_200.0)));
        assert!(grows(None, of(1_200.0)));
        for (before, after) in [(10.0, 900.0), (900.0, 1_200.0)] {
            assert!(!grows(of(before), of(after)), "{before} {after}");
        }
    }

    #[test]
    fn growth_is_also_a_call_that_takes_several_times_as_long_and_more_than_a_moment() {
        let of = |milliseconds: f64| Some(Cost { milliseconds, ..Cost::default() });
        for (before, after) in [(0.4, 25.0), (30.0, 91.0)] {
            assert!(grows(of(before), of(after)), "{before} {after}");
        }
        assert!(grows(None, of(25.0)));
        for (before, after) in [(0.4, 17.2), (50.0, 120.0), (91.0, 30.0)] {
            assert!(!grows(of(before), of(after)), "{before} {after}");
        }
    }
}
