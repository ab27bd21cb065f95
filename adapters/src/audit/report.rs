//! What the audit found: as data for programs, and as lines of text for people.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// One promise, and whether it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its short name, such as `stock_balances`.
    pub name: String,
    /// What is promised, as a sentence.
    pub what: String,
    /// How many rows were looked at.
    pub checked: u64,
    /// How many of them are wrong.
    pub violations: u64,
    /// How many are not finished but visibly on their way; absent where nothing can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// Up to 20 of the wrong ones, with what identifies them and what is wrong.
    pub examples: Vec<Value>,
}

/// The outcome of an audit. Its text is one line for each promise, and one for each example of a broken one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// One for each promise.
    pub lines: Vec<Line>,
    /// How many orders were left out, because they were audited before and have not changed since.
    #[serde(default)]
    pub audited_before: u64,
    /// Whether issued documents were looked at; which, the line `invoice_documents` says.
    #[serde(default)]
    pub documents_looked_at: bool,
    /// How many messages are set aside and wait for somebody; of each queue a thousand and one are counted at most.
    #[serde(default)]
    pub set_aside: u64,
}

/// So many messages that are set aside are counted: more than anybody looks through one by one.
pub(super) const MOST_SET_ASIDE: u32 = 1_000;

/// How many examples of a broken promise are shown. The statements in `sql/audit` give as many.
pub(super) const EXAMPLES: usize = 20;

impl Report {
    /// Whether every promise is kept.
    pub fn is_clean(&self) -> bool {
        self.lines.iter().all(|line| line.violations == 0)
    }

    /// Adds what was found in another part of the whole to the line of the same promise.
    pub(super) fn add(&mut self, found: Line) {
        match self.lines.iter_mut().find(|line| line.name == found.name) {
            Some(line) => line.add(found),
            None => self.lines.push(found),
        }
    }
}

impl Line {
    /// Whether there is nothing to be looked at again.
    pub(super) fn is_settled(&self) -> bool {
        self.violations == 0 && self.waiting.unwrap_or_default() == 0
    }

    fn add(&mut self, other: Self) {
        self.checked += other.checked;
        self.violations += other.violations;
        if let Some(waiting) = other.waiting {
            *self.waiting.get_or_insert(0) += waiting;
        }
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
    }
}

/// The field of an example that says in words what is wrong.
const PROBLEM: &str = "problem";
/// The fields that say which row it is; a reader looks for them first.
const FIRST: [&str; 3] = ["order_id", "sku", "warehouse"];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        if self.audited_before > 0 {
            let before = grouped(self.audited_before);
            writeln!(f, "{before} orders were audited before and have rested since; --all audits them too")?;
        }
        let broken = self.lines.iter().filter(|line| line.violations > 0).count();
        match broken {
            0 => write!(f, "all {} invariants hold", self.lines.len())?,
            broken => write!(f, "{broken} of {} invariants are broken", self.lines.len())?,
        }
        match self.set_aside {
            0 => Ok(()),
            many if many > u64::from(MOST_SET_ASIDE) => {
                write!(f, "; more than {} messages are set aside: sluice dlq list", grouped(MOST_SET_ASIDE.into()))
            }
            1 => write!(f, "; 1 message is set aside: sluice dlq list"),
            few => write!(f, "; {} messages are set aside: sluice dlq list", grouped(few)),
        }
    }
}

/// What to do about a broken promise, where that is known whatever the reason.
fn advice(line: &str) -> Option<&'static str> {
    match line {
        "search_index" => Some("build it anew: sluice index rebuild"),
        "invoice_documents" => Some(
            "what is missing or damaged is printed again by itself while sluice serve runs, some of it each minute; what \
             cannot be read has to be made readable",
        ),
        _ => None,
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, checked, violations, waiting, .. } = self;
        if *violations == 0 {
            write!(f, "ok    {name:<20} {:>11} checked", grouped(*checked))?;
        } else {
            write!(f, "FAIL  {name:<20} {} wrong, {} checked", grouped(*violations), grouped(*checked))?;
        }
        if let Some(count @ 1..) = waiting {
            write!(f, ", {} waiting", grouped(*count))?;
        }
        for example in &self.examples {
            write!(f, "\n        {}", described(example))?;
        }
        let shown = u64::try_from(self.examples.len()).unwrap_or(u64::MAX);
        match violations.saturating_sub(shown) {
            0 => {}
            more => write!(f, "\n        and {} more", grouped(more))?,
        }
        match advice(name) {
            // Where nothing could be looked at, the reason says what to do.
            Some(advice) if *violations > 0 && *checked > 0 => write!(f, "\n        what to do: {advice}"),
            Some(_) | None => Ok(()),
        }
    }
}

/// Digits in groups of three, as figures are printed.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `what is wrong: name value, name value`.
fn described(example: &Value) -> String {
    let nothing = Map::new();
    let fields = example.as_object().unwrap_or(&nothing);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let first = FIRST.iter().filter_map(|name| fields.get_key_value(*name));
    let others = fields.iter().filter(|(name, _)| *name != PROBLEM && !FIRST.contains(&name.as_str()));
    let facts: Vec<String> = first
        .chain(others)
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{} {}", name.replace('_', " "), plain(value)))
        .collect();
    match fields.get(PROBLEM) {
        Some(problem) => format!("{}: {}", plain(problem), facts.join(", ")),
        None => facts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(violations: u64, waiting: Option<u64>, examples: Vec<Value>) -> Line {
        Line {
            name: "stock_balances".into(),
            what: "Nothing is below zero.".into(),
            checked: 5_000,
            violations,
            waiting,
            examples,
        }
    }

    #[test]
    fn a_promise_that_is_kept_is_one_line() {
        let text = line(0, Some(0), Vec::new()).to_string();
        assert_eq!(text, "ok    stock_balances             5,000 checked");
        assert!(line(0, Some(1_234_567), Vec::new()).to_string().ends_with("5,000 checked, 1,234,567 waiting"));
    }

    #[test]
    fn a_broken_promise_names_its_rows() {
        let example = json!({ "reserved": 7, "sku": "X", "warehouse": "main", "problem": "sold twice", "note": null });
        let text = line(3, None, vec![json!({ "sku": "Y" }), example]).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "FAIL  stock_balances       3 wrong, 5,000 checked");
        assert_eq!(lines[1].trim(), "sku Y");
        assert_eq!(lines[2].trim(), "sold twice: sku X, warehouse main, reserved 7");
        assert_eq!(lines[3].trim(), "and 1 more");
    }

    #[test]
    fn one_violation_anywhere_makes_it_unclean() {
        let clean = Report { lines: vec![line(0, Some(3), Vec::new())], ..Report::default() };
        let lines = vec![line(0, None, Vec::new()), line(1, None, Vec::new())];
        let broken = Report { lines, audited_before: 7, ..Report::default() };
        assert!(clean.is_clean() && !broken.is_clean());
        assert!(clean.to_string().ends_with("all 1 invariants hold"));
        let last =
            "7 orders were audited before and have rested since; --all audits them too\n1 of 2 invariants are broken";
        assert!(broken.to_string().ends_with(last));
        let read: Report = serde_json::from_str(&serde_json::to_string(&broken).unwrap()).unwrap();
        assert_eq!(read, broken);
    }
    #[test]
    fn a_broken_promise_says_what_to_do_where_that_is_known() {
        let index = |violations| Line { name: "search_index".into(), ..line(violations, None, Vec::new()) };
        assert!(index(1).to_string().ends_with("what to do: build it anew: sluice index rebuild"));
        assert!(!index(0).to_string().contains("what to do"));
        assert!(!line(1, None, Vec::new()).to_string().contains("what to do"));
    }

    #[test]
    fn the_last_line_says_how_many_messages_wait_for_somebody() {
        for (set_aside, last) in [
            (0, "all 1 invariants hold"),
            (1, "all 1 invariants hold; 1 message is set aside: sluice dlq list"),
            (1_000, "all 1 invariants hold; 1,000 messages are set aside: sluice dlq list"),
            (1_001, "all 1 invariants hold; more than 1,000 messages are set aside: sluice dlq list"),
        ] {
            let report = Report { lines: vec![line(0, None, Vec::new())], set_aside, ..Report::default() };
            assert!(report.to_string().ends_with(last), "{report}");
        }
    }
}
